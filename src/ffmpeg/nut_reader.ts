/** Reads the frames of a NUT stream with one video stream, such as `-c:v rawvideo -f nut -` gives. */
import { ByteReader, EndOfDataError } from "./byte_reader.ts";
import { NUT_FILE_ID, NUT_FLAG, NUT_LONG_PACKET } from "./nut.ts";
import { NUT_STARTCODE, NUT_STARTCODE_BYTE } from "./nut.ts";
import { NutFields } from "./nut_fields.ts";
import { type NutMainHeader, type NutStream, readMainHeader } from "./nut_headers.ts";
import { readStreamHeader } from "./nut_headers.ts";

export { EndOfDataError } from "./byte_reader.ts";
export type { NutStream } from "./nut_headers.ts";

/** The header of a frame; the payload follows. */
export interface NutFrame {
  /** Presentation time in microseconds, rounded from the stream's exact time base. */
  readonly ptsUs: number;
  /** Bytes of the payload. */
  readonly byteLength: number;
}

/** Checksums end every packet. */
const CHECKSUM_BYTES = 4;

/**
 * Takes a NUT stream apart as it comes, in pieces of any size: the next frame's header, then its
 * payload straight into a buffer of the caller. Holds one piece of the stream and the headers, never
 * a payload. Checksums are passed over: a pipe does not damage data.
 *
 * ```ts ignore
 * for (let frame; (frame = await reader.nextFrame());) await reader.readPayload(slot);
 * ```
 */
export class NutReader {
  #bytes: ByteReader;
  #fields: NutFields;
  #main: NutMainHeader | undefined;
  #stream: NutStream | undefined;
  #lastPts = 0;
  #elided: Uint8Array = new Uint8Array(0);
  /** Bytes of the present frame that are still in the stream. */
  #pending = 0;

  /** Locks the stream to this reader; nothing is read yet. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#bytes = new ByteReader(stream);
    this.#fields = new NutFields(this.#bytes);
  }

  /** What the headers say of the stream; undefined before the first frame. */
  get stream(): NutStream | undefined {
    return this.#stream;
  }

  /**
   * Waits for the next frame's header; undefined when the stream ends between two frames. What was
   * not read of the frame before is passed over.
   *
   * @throws {EndOfDataError} If the stream ends within a frame or a header.
   * @throws {RangeError} If the stream is malformed.
   */
  async nextFrame(): Promise<NutFrame | undefined> {
    try {
      return await this.#nextFrame();
    } catch (error) {
      throw malformed(error);
    }
  }

  /**
   * Reads the payload of the frame that {@link nextFrame} announced.
   *
   * @param destination Filled as the pieces come; may lie in shared memory.
   * @throws {EndOfDataError} If the stream ends before.
   * @throws {RangeError} If its length is not the frame's.
   */
  async readPayload(destination: Uint8Array): Promise<void> {
    const length = this.#elided.length + this.#pending;
    if (destination.length !== length) {
      throw new RangeError(`Cannot read ${length} bytes into a buffer of ${destination.length}.`);
    }
    destination.set(this.#elided);
    const rest = destination.subarray(this.#elided.length);
    this.#elided = new Uint8Array(0);
    this.#pending = 0;
    try {
      await this.#bytes.readInto(rest);
    } catch (error) {
      throw malformed(error);
    }
  }

  /**
   * Passes over the payload of the frame that {@link nextFrame} announced.
   *
   * @throws {EndOfDataError} If the stream ends before.
   */
  async skipPayload(): Promise<void> {
    const count = this.#pending;
    this.#pending = 0;
    try {
      await this.#bytes.skip(count);
    } catch (error) {
      throw malformed(error);
    }
  }

  /** Stops reading and lets the stream go. */
  cancel(): Promise<void> {
    return this.#bytes.cancel();
  }

  async #nextFrame(): Promise<NutFrame | undefined> {
    await this.#bytes.skip(this.#pending);
    this.#pending = 0;
    if (this.#main === undefined) await this.#readFileId();
    while (!await this.#bytes.isAtEnd()) {
      const first = await this.#bytes.byte();
      if (first === NUT_STARTCODE_BYTE) await this.#readPacket();
      else {
        const frame = await this.#readFrameHeader(first);
        if (frame !== undefined) return frame;
      }
    }
    return undefined;
  }

  async #readFileId(): Promise<void> {
    if (await this.#bytes.isAtEnd()) return;
    const id = await this.#fields.bytes(NUT_FILE_ID.length);
    if (id.some((byte, index) => byte !== NUT_FILE_ID[index])) {
      throw new RangeError("it does not begin as a NUT file");
    }
  }

  /** Reads the packet whose "N" was read; what is of no use is passed over. */
  async #readPacket(): Promise<void> {
    const rest = await this.#fields.bytes(7);
    let startcode = BigInt(NUT_STARTCODE_BYTE);
    for (const byte of rest) startcode = (startcode << 8n) | BigInt(byte);
    const length = await this.#fields.unsigned();
    if (length > NUT_LONG_PACKET) await this.#bytes.skip(CHECKSUM_BYTES);
    const end = this.#bytes.position + length - CHECKSUM_BYTES;
    switch (startcode) {
      case NUT_STARTCODE.main:
        // Headers are repeated on the way; the same again tells nothing.
        if (this.#main === undefined) this.#main = await readMainHeader(this.#fields, end);
        break;
      case NUT_STARTCODE.stream:
        if (this.#stream === undefined) {
          this.#stream = await readStreamHeader(this.#fields, this.#expectMain());
        }
        break;
      case NUT_STARTCODE.syncpoint:
        await this.#readSyncpoint();
        break;
      case NUT_STARTCODE.info:
      case NUT_STARTCODE.index:
        break;
      default:
        throw new RangeError(`unknown startcode ${startcode.toString(16)}`);
    }
    if (this.#bytes.position > end) throw new RangeError("a header is longer than its packet");
    await this.#bytes.skip(end + CHECKSUM_BYTES - this.#bytes.position);
  }

  /** A syncpoint sets the clock that the next frame's PTS is relative to. */
  async #readSyncpoint(): Promise<void> {
    const { timeBases } = this.#expectMain();
    const coded = await this.#fields.unsigned();
    const from = timeBases[coded % timeBases.length]!;
    const ticks = Math.floor(coded / timeBases.length);
    const to = this.#expectStream().timeBase;
    this.#lastPts = Number(
      BigInt(ticks) * BigInt(from.numerator) * BigInt(to.denominator) /
        (BigInt(from.denominator) * BigInt(to.numerator)),
    );
  }

  /** Reads on after a frame code; undefined for a frame that only ends the stream. */
  async #readFrameHeader(frameCode: number): Promise<NutFrame | undefined> {
    const main = this.#expectMain();
    const stream = this.#expectStream();
    const fields = this.#fields;
    const code = main.frameCodes[frameCode]!;
    let flags = code.flags;
    if (flags & NUT_FLAG.coded) flags ^= await fields.unsigned();
    if (flags & (NUT_FLAG.invalid | NUT_FLAG.sideData)) {
      throw new RangeError(`frame code ${frameCode} has flags ${flags}`);
    }
    const streamId = flags & NUT_FLAG.streamId ? await fields.unsigned() : code.streamId;
    if (streamId !== 0) throw new RangeError(`a frame of stream ${streamId} where only 0 exists`);
    const pts = flags & NUT_FLAG.codedPts
      ? fullPts(await fields.unsigned(), this.#lastPts, stream.ptsMsbShift)
      : this.#lastPts + code.ptsDelta;
    const msb = flags & NUT_FLAG.sizeMsb ? await fields.unsigned() : 0;
    const size = code.sizeLsb + code.sizeMultiplier * msb;
    if (flags & NUT_FLAG.matchTime) await fields.signed();
    const headerIndex = flags & NUT_FLAG.headerIndex ? await fields.unsigned() : code.headerIndex;
    const reserved = flags & NUT_FLAG.reserved ? await fields.unsigned() : code.reservedCount;
    for (let index = 0; index < reserved; index++) await fields.unsigned();
    if (flags & NUT_FLAG.checksum) await this.#bytes.skip(CHECKSUM_BYTES);
    // Long frames leave nothing out, whatever the index says.
    const elided = main.elisions[size > NUT_LONG_PACKET ? 0 : headerIndex];
    if (elided === undefined || elided.length > size) {
      throw new RangeError(`a frame of ${size} bytes with elision header ${headerIndex}`);
    }
    this.#lastPts = pts;
    if (flags & NUT_FLAG.endOfRelevance && size === 0) return undefined;
    this.#elided = elided;
    this.#pending = size - elided.length;
    return { ptsUs: microseconds(pts, stream), byteLength: size };
  }

  #expectMain(): NutMainHeader {
    if (this.#main === undefined) throw new RangeError("there is no main header");
    return this.#main;
  }

  #expectStream(): NutStream {
    if (this.#stream === undefined) throw new RangeError("there is no stream header");
    return this.#stream;
  }
}

/** A coded PTS is either whole, or the low bits of the one nearest to the last. */
function fullPts(coded: number, last: number, shift: number): number {
  const span = 2 ** shift;
  if (coded >= span) return coded - span;
  const lowest = last - Math.floor((span - 1) / 2);
  return lowest + ((((coded - lowest) % span) + span) % span);
}

function microseconds(pts: number, { timeBase: { numerator, denominator } }: NutStream): number {
  const scaled = pts * numerator * 1_000_000;
  if (Number.isSafeInteger(scaled)) return Math.round(scaled / denominator);
  const exact = BigInt(pts) * BigInt(numerator) * 2_000_000n + BigInt(denominator);
  return Number(exact / (2n * BigInt(denominator)));
}

function malformed(cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause;
  const message = `Cannot read the NUT stream: ${cause.message}.`;
  return cause instanceof EndOfDataError
    ? new EndOfDataError(message, { cause })
    : new RangeError(message, { cause });
}
