/** PNG files of class ids: 8-bit grayscale, lossless (PNG specification, third edition). */
import { Buffer } from "node:buffer";
import { constants, crc32, deflateSync } from "node:zlib";
import type { Size } from "../frame/geometry.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A);

const END = chunk("IEND", new Uint8Array(0));

/** Filter type 2 (§9.2): each sample is the difference to the one above. */
const FILTER_UP = 2;

/**
 * Class maps are flat areas: against the row above almost every sample is 0, and run lengths are all
 * that is left to compress. A 1024×512 map takes 0.7 ms and 9 KB this way; zlib's default finds the
 * same size in 1.4 ms, `CompressionStream` in 1.8 ms, and an ffmpeg that writes the files takes
 * 1.3 ms for 14 KB, and the pipe to it another 0.4.
 */
const DEFLATE = { level: 6, strategy: constants.Z_RLE } as const;

/** Encodes maps of one size; it owns its working buffer. */
export class PngEncoder {
  readonly #size: Size;
  /** Rows, each behind the byte that names its filter. */
  readonly #filtered: Uint8Array;
  readonly #header: Uint8Array;

  /** For maps of this size; odd sides are fine. */
  constructor(size: Size) {
    this.#size = size;
    this.#filtered = new Uint8Array((size.width + 1) * size.height);
    this.#header = chunk("IHDR", headerOf(size));
  }

  /**
   * The PNG file of a map; a new buffer.
   *
   * @param map uint8 [height, width]; it is only read.
   * @throws {RangeError} If its length is not width · height.
   */
  encode(map: Uint8Array): Uint8Array {
    const { width, height } = this.#size;
    if (map.length !== width * height) {
      throw new RangeError(
        `Cannot write a map of ${map.length} pixels as ${width}x${height}: that has ${
          width * height
        }.`,
      );
    }
    this.#filter(map);
    const data = deflateSync(this.#filtered, DEFLATE);
    return Buffer.concat([SIGNATURE, this.#header, chunk("IDAT", data), END]);
  }

  #filter(map: Uint8Array): void {
    const { width, height } = this.#size;
    for (let y = 0; y < height; y++) {
      const row = map.subarray(y * width, (y + 1) * width);
      const start = y * (width + 1);
      const filtered = this.#filtered.subarray(start + 1, start + 1 + width);
      this.#filtered[start] = FILTER_UP;
      if (y === 0) filtered.set(row);
      else subtract(row, map.subarray((y - 1) * width, y * width), filtered);
    }
  }
}

/** Modulo 256, as the array's elements are. */
function subtract(row: Uint8Array, above: Uint8Array, result: Uint8Array): void {
  for (let x = 0; x < row.length; x++) result[x] = row[x]! - above[x]!;
}

function headerOf({ width, height }: Size): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits a sample; grayscale, deflate, adaptive filters, no interlace are all 0
  return header;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}
