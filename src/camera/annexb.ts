/** Splits an H.264 byte stream (ITU-T H.264, annex B) into access units, however it is cut. */

/** What a NAL unit holds: `nal_unit_type`, table 7-1. */
export const NAL_TYPE = {
  slice: 1,
  keySlice: 5,
  supplementalInformation: 6,
  sequenceParameters: 7,
  pictureParameters: 8,
  delimiter: 9,
} as const;

/** One coded picture and what stands before it. */
export interface AccessUnit {
  /** Without start codes, in the stream's order; each at least one byte. */
  readonly nals: readonly Uint8Array[];
  /** Whether a decoder can begin here: an IDR picture. */
  readonly isKey: boolean;
}

/** The type of a NAL unit. */
export function nalType(nal: Uint8Array): number {
  return nal[0]! & 31;
}

/**
 * Takes the stream in pieces of any length and gives the access units that are complete. The end of
 * one is only known by the beginning of the next, so that it comes one picture late. The pieces
 * are copied, and may be reused. Pictures in arbitrary slice order are not told apart.
 */
export class AccessUnitSplitter {
  /** From the first byte of the NAL unit that is not complete yet; undefined before the first. */
  #rest = new Uint8Array(0);
  /** Whether a start code was seen: what stands before the first belongs to nothing. */
  #isAligned = false;
  #nals: Uint8Array[] = [];
  #hasPicture = false;

  /** Takes the next piece; gives what it completed. */
  push(piece: Uint8Array): AccessUnit[] {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const units: AccessUnit[] = [];
    // A start code may lie across the seam.
    let from = Math.max(0, this.#rest.length - 2);
    let nalStart = 0;
    for (let at; (at = findStartCode(bytes, from)) !== -1;) {
      if (this.#isAligned) this.#add(bytes.subarray(nalStart, at), units);
      this.#isAligned = true;
      nalStart = at + 3;
      from = nalStart;
    }
    this.#rest = bytes.subarray(nalStart);
    return units;
  }

  /** Gives what is left when the stream has ended, and begins anew. */
  end(): AccessUnit[] {
    const units: AccessUnit[] = [];
    if (this.#isAligned) this.#add(this.#rest, units);
    this.#complete(units);
    this.#rest = new Uint8Array(0);
    this.#isAligned = false;
    return units;
  }

  #add(bytes: Uint8Array, units: AccessUnit[]): void {
    const nal = withoutTrailingZeros(bytes);
    if (nal.length === 0) return;
    if (this.#hasPicture && beginsAccessUnit(nal)) this.#complete(units);
    this.#nals.push(nal);
    this.#hasPicture ||= isSlice(nal);
  }

  #complete(units: AccessUnit[]): void {
    if (this.#hasPicture) {
      const isKey = this.#nals.some((nal) => nalType(nal) === NAL_TYPE.keySlice);
      units.push({ nals: this.#nals, isKey });
    }
    this.#nals = [];
    this.#hasPicture = false;
  }
}

/** Where 0, 0, 1 stands from `from` on; −1 where it does not. */
function findStartCode(bytes: Uint8Array, from: number): number {
  for (let one = bytes.indexOf(1, from + 2); one !== -1; one = bytes.indexOf(1, one + 1)) {
    if (bytes[one - 1] === 0 && bytes[one - 2] === 0) return one - 2;
  }
  return -1;
}

/** A NAL unit never ends in a zero: they are padding, or the first byte of a long start code. */
function withoutTrailingZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

function isSlice(nal: Uint8Array): boolean {
  const type = nalType(nal);
  return type >= NAL_TYPE.slice && type <= NAL_TYPE.keySlice;
}

/** Whether a NAL unit that follows a picture belongs to the next one: §7.4.1.2.3. */
function beginsAccessUnit(nal: Uint8Array): boolean {
  const type = nalType(nal);
  // first_mb_in_slice is 0, which Exp-Golomb coding writes as a single one bit.
  if (isSlice(nal)) return (nal[1]! & 0x80) !== 0;
  const isBeforePicture = type >= NAL_TYPE.supplementalInformation && type <= NAL_TYPE.delimiter;
  return isBeforePicture || (type >= 14 && type <= 18);
}
