/** Seeded damage to media files. */
import { pick, type Random, seededRandom } from "../../../src/source/street/random.ts";

/** What can happen to a file. */
export const DAMAGES = ["bit flips", "truncation", "zeroed range", "swapped blocks"] as const;

/** One of {@link DAMAGES}. */
export type Damage = typeof DAMAGES[number];

/** A file that was damaged. */
export interface DamagedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What was done and where, for reports. */
  readonly description: string;
}

/**
 * Where the parts of a file begin: boxes of MP4, elements of Matroska and WebM. The first 64 and the
 * last 64 bytes are parts of their own in every file.
 */
const LANDMARKS: readonly (string | readonly number[])[] = [
  ...["moov", "trak", "stbl", "avcC", "stsz", "stco", "ctts", "mdat", "moof"],
  [0x15, 0x49, 0xA9, 0x66], // segment information
  [0x16, 0x54, 0xAE, 0x6B], // tracks
  [0x1F, 0x43, 0xB6, 0x75], // cluster
  [0x1C, 0x53, 0xBB, 0x6B], // cues
];

const EDGE_BYTES = 64;

/** Damages a copy of `bytes`; the same seed does the same. */
export function damage(bytes: Uint8Array, kind: Damage, seed: number): DamagedFile {
  const random = seededRandom(seed);
  const [start, end] = pickPart(bytes, random);
  const at = start + whole(random, end - start);
  switch (kind) {
    case "bit flips": {
      const count = 2 ** whole(random, 8);
      return {
        bytes: flipBits(bytes, start, end, count, random),
        description: `${count} in ${start}–${end}`,
      };
    }
    case "truncation":
      return { bytes: bytes.slice(0, Math.max(1, at)), description: `at ${at} of ${bytes.length}` };
    case "zeroed range": {
      const length = Math.min(2 ** whole(random, 12), bytes.length - at);
      const copy = bytes.slice();
      copy.fill(0, at, at + length);
      return { bytes: copy, description: `${length} bytes at ${at}` };
    }
    case "swapped blocks": {
      const length = pick(random, [16, 188, 512, 1024]);
      const other = whole(random, Math.max(1, bytes.length - length));
      return {
        bytes: swap(bytes, at, other, length),
        description: `${length} bytes at ${at} and ${other}`,
      };
    }
  }
}

/** One part of the file, so that small headers are hit as often as the bulk of the data. */
function pickPart(bytes: Uint8Array, random: Random): readonly [start: number, end: number] {
  const starts = new Set([0, EDGE_BYTES, bytes.length - EDGE_BYTES]);
  for (const mark of LANDMARKS) {
    const at = indexOf(bytes, typeof mark === "string" ? new TextEncoder().encode(mark) : mark);
    if (at > 0) starts.add(at);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  const part = whole(random, sorted.length);
  return [sorted[part]!, sorted[part + 1] ?? bytes.length];
}

function flipBits(bytes: Uint8Array, start: number, end: number, count: number, random: Random) {
  const copy = bytes.slice();
  for (let bit = 0; bit < count; bit++) {
    copy[start + whole(random, end - start)]! ^= 1 << whole(random, 8);
  }
  return copy as Uint8Array<ArrayBuffer>;
}

function swap(bytes: Uint8Array, a: number, b: number, length: number): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice() as Uint8Array<ArrayBuffer>;
  const count = Math.min(length, bytes.length - a, bytes.length - b);
  copy.set(bytes.subarray(b, b + count), a);
  copy.set(bytes.subarray(a, a + count), b);
  return copy;
}

function indexOf(bytes: Uint8Array, mark: ArrayLike<number>): number {
  for (let at = bytes.indexOf(mark[0]!); at !== -1; at = bytes.indexOf(mark[0]!, at + 1)) {
    let same = 1;
    while (same < mark.length && bytes[at + same] === mark[same]) same++;
    if (same === mark.length) return at;
  }
  return -1;
}

function whole(random: Random, below: number): number {
  return Math.floor(random() * below);
}
