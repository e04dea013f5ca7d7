/** Writes a NUT stream of I420 frames for ffmpeg to read: `-f nut -i -`. */
import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { NUT_FILE_ID, NUT_FLAG, NUT_LONG_PACKET, NUT_STARTCODE, nutChecksum } from "./nut.ts";

/** What is true of every frame of the stream. */
export interface NutVideo {
  /** In pixels, both sides even. */
  readonly size: Size;
  /** 1:1 for square pixels. */
  readonly sampleAspectRatio: Ratio;
  /** Told to the reader; ffmpeg does not listen, so tag the output as well. */
  readonly colour: Colour;
  /** Told to the reader, so that it need not estimate it from the first frames. */
  readonly frameRate?: Ratio | undefined;
}

const FRAME_FLAGS = NUT_FLAG.key | NUT_FLAG.sizeMsb | NUT_FLAG.checksum;

/** Syncpoints are nowhere farther apart: one stands before each frame. */
const MAX_DISTANCE = 65536;

/** The specification's colour space types; BT.2020 has none. */
const COLOUR_SPACES: Record<string, number> = {
  "bt601 limited": 1,
  "bt709 limited": 2,
  "bt601 full": 17,
  "bt709 full": 18,
};

/**
 * The bytes around the frames of a NUT stream with one raw video stream in microseconds. Pixels are
 * not touched: write {@link header} once, then for each frame {@link frameHeader} and the pixels.
 */
export class NutWriter {
  #video: NutVideo;

  /** Makes a writer for one stream. */
  constructor(video: NutVideo) {
    this.#video = video;
  }

  /** What the stream begins with. */
  header(): Uint8Array {
    const { frameRate } = this.#video;
    return concatenate([
      NUT_FILE_ID,
      packet(NUT_STARTCODE.main, mainHeader()),
      packet(NUT_STARTCODE.stream, streamHeader(this.#video)),
      ...(frameRate === undefined ? [] : [packet(NUT_STARTCODE.info, rateInfo(frameRate))]),
    ]);
  }

  /**
   * What stands before a frame's pixels: a syncpoint and the frame header, about 30 bytes.
   *
   * @param ptsUs Presentation time in microseconds, not negative, larger than the one before.
   * @param byteLength How many bytes of pixels follow.
   * @throws {RangeError} If either is no integer or negative.
   */
  frameHeader(ptsUs: number, byteLength: number): Uint8Array {
    // The syncpoint sets the clock, and every frame code means "at the clock": ffmpeg keeps a PTS in
    // a frame header as 32 bits, which in microseconds last for 36 minutes.
    const syncpoint = packet(NUT_STARTCODE.syncpoint, [
      ...unsigned(ptsUs),
      ...unsigned(0), // how far back the keyframes lie: this frame is one
    ]);
    const frame = Uint8Array.from([0, ...unsigned(byteLength)]);
    return concatenate([syncpoint, withChecksum(frame)]);
  }
}

function mainHeader(): number[] {
  const everyFrameCode = [
    ...unsigned(FRAME_FLAGS),
    ...unsigned(6), // fields that follow
    ...unsigned(0), // PTS delta, signed
    ...unsigned(1), // size multiplier
    ...unsigned(0), // stream
    ...unsigned(0), // size, low part
    ...unsigned(0), // reserved fields
    ...unsigned(255), // how many frame codes: all but "N"
  ];
  return [
    ...unsigned(3), // version
    ...unsigned(1), // streams
    ...unsigned(MAX_DISTANCE),
    ...unsigned(1), // time bases
    ...unsigned(1),
    ...unsigned(1_000_000),
    ...everyFrameCode,
    ...unsigned(0), // elision headers
  ];
}

function streamHeader({ size, sampleAspectRatio, colour }: NutVideo): number[] {
  return [
    ...unsigned(0), // stream
    ...unsigned(0), // class: video
    ...text("I420"),
    ...unsigned(0), // time base
    ...unsigned(0), // bits of short PTS
    ...unsigned(2 ** 31 - 1), // largest distance between two PTS without a checksum
    ...unsigned(0), // decode delay
    ...unsigned(0), // stream flags
    ...unsigned(0), // codec specific data
    ...unsigned(size.width),
    ...unsigned(size.height),
    ...unsigned(sampleAspectRatio.numerator),
    ...unsigned(sampleAspectRatio.denominator),
    ...unsigned(COLOUR_SPACES[`${colour.matrix} ${colour.range}`] ?? 0),
  ];
}

/** The frame rate as ffmpeg writes and reads it: metadata of stream 0, type "v" by its length. */
function rateInfo({ numerator, denominator }: Ratio): number[] {
  return [
    ...unsigned(1), // stream plus one
    ...unsigned(0), // chapter, signed
    ...unsigned(0), // chapter start
    ...unsigned(0), // chapter length
    ...unsigned(1), // entries
    ...text("r_frame_rate"),
    ...unsigned(2), // −1, signed: the value is text
    ...text(`${numerator}/${denominator}`),
  ];
}

function packet(startcode: bigint, body: readonly number[]): Uint8Array {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, startcode);
  const content = withChecksum(Uint8Array.from(body));
  const head = Uint8Array.from([...start, ...unsigned(content.length)]);
  return concatenate([content.length > NUT_LONG_PACKET ? withChecksum(head) : head, content]);
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length + 4);
  result.set(bytes);
  new DataView(result.buffer).setUint32(bytes.length, nutChecksum(bytes));
  return result;
}

/** Seven bits a byte, the highest first, the top bit set on all but the last. */
function unsigned(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot write ${value} to a NUT stream: it is no unsigned integer.`);
  }
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(128 + rest % 128);
  }
  return bytes;
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
