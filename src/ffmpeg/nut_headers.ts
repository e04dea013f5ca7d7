/** Reads the headers of a NUT file: the main header with its frame codes, and the stream header. */
import type { Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { NUT_FLAG, NUT_STARTCODE_BYTE } from "./nut.ts";
import type { NutFields } from "./nut_fields.ts";

/** What a frame code stands for. */
export interface FrameCode {
  /** Bits of NUT_FLAG. */
  readonly flags: number;
  /** Ticks after the PTS before, where none is coded. */
  readonly ptsDelta: number;
  /** The stream, where none is coded. */
  readonly streamId: number;
  /** What a coded part of the size counts. */
  readonly sizeMultiplier: number;
  /** The part of the size that is not coded, in bytes. */
  readonly sizeLsb: number;
  /** Fields to pass over. */
  readonly reservedCount: number;
  /** The elision header, where none is coded. */
  readonly headerIndex: number;
}

/** What the main header says. */
export interface NutMainHeader {
  /** Seconds a tick. */
  readonly timeBases: readonly Ratio[];
  /** 256 entries, by the frame's first byte. */
  readonly frameCodes: readonly FrameCode[];
  /** Bytes that frames leave out because many begin with them; the first is empty. */
  readonly elisions: readonly Uint8Array[];
}

/** The one video stream of a file. */
export interface NutStream {
  /** The codec's four characters: "I420" for planar 4:2:0. */
  readonly codec: string;
  /** In pixels. */
  readonly size: Size;
  /** As written; 0:0 where it is not known. */
  readonly sampleAspectRatio: Ratio;
  /** Seconds a tick. */
  readonly timeBase: Ratio;
  /** Which of the time bases of the main header it is. */
  readonly timeBaseId: number;
  /** A coded PTS below two to this power holds the low bits only. */
  readonly ptsMsbShift: number;
}

const INVALID: FrameCode = {
  flags: NUT_FLAG.invalid,
  ptsDelta: 0,
  streamId: 0,
  sizeMultiplier: 1,
  sizeLsb: 0,
  reservedCount: 0,
  headerIndex: 0,
};

/** Larger values than these are taken for damage. */
const LIMITS = { timeBases: 256, elisions: 128, elidedBytes: 1024, codecLength: 16 };

/**
 * Reads the body of a main header.
 *
 * @param end Where the packet ends, its checksum excluded.
 * @throws {RangeError} If it is malformed, of a version other than 2 or 3, or of several streams.
 */
export async function readMainHeader(fields: NutFields, end: number): Promise<NutMainHeader> {
  const version = await fields.unsigned();
  if (version !== 2 && version !== 3) throw new RangeError(`version ${version} is not supported`);
  const streamCount = await fields.unsigned();
  if (streamCount !== 1) throw new RangeError(`${streamCount} streams where one is expected`);
  await fields.unsigned(); // max_distance: how far apart syncpoints are
  const timeBases: Ratio[] = [];
  const timeBaseCount = await fields.below("time bases", LIMITS.timeBases);
  for (let id = 0; id < timeBaseCount; id++) {
    const [numerator, denominator] = [await fields.unsigned(), await fields.unsigned()];
    if (numerator === 0 || denominator === 0) throw new RangeError("a time base of 0");
    timeBases.push({ numerator, denominator });
  }
  const frameCodes = await readFrameCodes(fields);
  const elisions = fields.position < end ? await readElisions(fields) : [new Uint8Array(0)];
  return { timeBases, frameCodes, elisions };
}

/** The table is written in runs; what a run leaves out it has from the run before, or is 0. */
async function readFrameCodes(fields: NutFields): Promise<readonly FrameCode[]> {
  const codes: FrameCode[] = [];
  let [ptsDelta, sizeMultiplier, streamId, headerIndex] = [0, 1, 0, 0];
  while (codes.length < 256) {
    const flags = await fields.unsigned();
    const given = await fields.below("fields of a frame code", 64);
    if (given > 0) ptsDelta = await fields.signed();
    if (given > 1) sizeMultiplier = await fields.unsigned();
    if (given > 2) streamId = await fields.unsigned();
    const sizeLsb = given > 3 ? await fields.unsigned() : 0;
    const reservedCount = given > 4 ? await fields.below("reserved fields", 64) : 0;
    const count = given > 5 ? await fields.unsigned() : sizeMultiplier - sizeLsb;
    if (given > 6) await fields.signed();
    if (given > 7) headerIndex = await fields.unsigned();
    for (let field = 8; field < given; field++) await fields.unsigned();
    if (count <= 0 || count > 256) throw new RangeError(`a run of ${count} frame codes`);
    for (let step = 0; step < count; step++) {
      if (codes.length === NUT_STARTCODE_BYTE) codes.push(INVALID);
      codes.push({
        flags,
        ptsDelta,
        streamId,
        sizeMultiplier,
        sizeLsb: sizeLsb + step,
        reservedCount,
        headerIndex,
      });
    }
  }
  if (codes.length !== 256) throw new RangeError(`${codes.length} frame codes where 256 belong`);
  return codes;
}

async function readElisions(fields: NutFields): Promise<readonly Uint8Array[]> {
  const elisions = [new Uint8Array(0)];
  const count = await fields.below("elision headers", LIMITS.elisions);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const length = await fields.below("bytes of an elision header", 256);
    total += length;
    if (total > LIMITS.elidedBytes) throw new RangeError("elision headers of over 1024 bytes");
    elisions.push(await fields.bytes(length));
  }
  return elisions;
}

/**
 * Reads the body of a stream header.
 *
 * @throws {RangeError} If it is malformed or its stream is no video.
 */
export async function readStreamHeader(
  fields: NutFields,
  main: NutMainHeader,
): Promise<NutStream> {
  const id = await fields.unsigned();
  const streamClass = await fields.unsigned();
  if (id !== 0 || streamClass !== 0) {
    throw new RangeError(`stream ${id} has class ${streamClass} where stream 0 must be video`);
  }
  const codec = await fields.bytes(await fields.below("bytes of the codec", LIMITS.codecLength));
  const timeBaseId = await fields.unsigned();
  const timeBase = main.timeBases[timeBaseId];
  if (timeBase === undefined) throw new RangeError(`time base ${timeBaseId} does not exist`);
  const ptsMsbShift = await fields.below("bits of the PTS", 16);
  await fields.unsigned(); // max_pts_distance
  await fields.unsigned(); // decode_delay
  await fields.unsigned(); // stream_flags
  await fields.skip(await fields.unsigned()); // codec_specific_data
  const size = { width: await fields.unsigned(), height: await fields.unsigned() };
  if (size.width === 0 || size.height === 0) throw new RangeError("a picture without area");
  const sampleAspectRatio = {
    numerator: await fields.unsigned(),
    denominator: await fields.unsigned(),
  };
  return {
    codec: String.fromCharCode(...codec),
    size,
    sampleAspectRatio,
    timeBase,
    timeBaseId,
    ptsMsbShift,
  };
}
