/**
 * The directory of a ZIP archive whose entries are stored, not compressed, as PyTorch's are.
 *
 * Format: PKWARE's APPNOTE.TXT 6.3.10, §4.3; 64-bit sizes §4.5.3.
 */

import { ByteCursor } from "../byte_cursor.ts";
import { broken, type ByteSource } from "../byte_source.ts";

/** The bytes of one entry, as they lie in the archive. */
export interface ZipEntry {
  /** First byte. */
  readonly offset: number;
  /** How many. */
  readonly byteLength: number;
}

/** A file in the directory; its bytes begin behind a local header, whose length varies. */
interface DirectoryEntry {
  readonly headerOffset: number;
  readonly byteLength: number;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const LOCAL_HEADER_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;

/** Says that the number is in the 64-bit extra field. */
const ELSEWHERE = 0xffffffff;

/** Longest directory; PyTorch writes about 100 bytes a tensor. */
const MAX_DIRECTORY_BYTES = 1 << 26;

/** Whether a source begins as a ZIP archive. */
export function isZip(source: ByteSource): boolean {
  return source.size >= 4 && viewOf(source, 0, 4).getUint32(0, true) === LOCAL_HEADER;
}

/** Finds the entries of an archive. */
export class ZipDirectory {
  readonly #source: ByteSource;
  readonly #entries: ReadonlyMap<string, DirectoryEntry>;

  /**
   * Reads the directory, and nothing else.
   *
   * @throws {ModelError} If the archive is truncated or damaged.
   */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#entries = readDirectory(source);
  }

  /** Names of the entries. */
  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  /**
   * Where the bytes of an entry lie; undefined if there is none of that name.
   *
   * @throws {ModelError} If its header is not where the directory says.
   */
  find(name: string): ZipEntry | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const { headerOffset, byteLength } = entry;
    const header = viewOf(this.#source, headerOffset, LOCAL_HEADER_BYTES);
    if (header.getUint32(0, true) !== LOCAL_HEADER) {
      throw broken(
        this.#source.name,
        `its entry ${JSON.stringify(name)} is not where it should be`,
      );
    }
    const nameBytes = header.getUint16(26, true);
    const extraBytes = header.getUint16(28, true);
    return { offset: headerOffset + LOCAL_HEADER_BYTES + nameBytes + extraBytes, byteLength };
  }
}

function readDirectory(source: ByteSource): Map<string, DirectoryEntry> {
  const { offset, byteLength } = findDirectory(source);
  if (byteLength > MAX_DIRECTORY_BYTES) {
    throw broken(source.name, `its directory claims ${byteLength} bytes`);
  }
  const cursor = new ByteCursor(source, offset, offset + byteLength);
  const text = new TextDecoder();
  const entries = new Map<string, DirectoryEntry>();
  while (cursor.remaining > 0) {
    const header = new DataView(cursor.readBytes(46).buffer);
    if (header.getUint32(0, true) !== CENTRAL_HEADER) {
      throw broken(source.name, "its directory is damaged");
    }
    const name = text.decode(cursor.readBytes(header.getUint16(28, true)));
    const extra = new DataView(cursor.readBytes(header.getUint16(30, true)).buffer);
    cursor.skip(header.getUint16(32, true));
    if (header.getUint16(10, true) !== 0) {
      throw broken(source.name, `its entry ${JSON.stringify(name)} is compressed or encrypted`);
    }
    const fields = { size: 24, compressed: 20, offset: 42 };
    const wide = wideNumbers(extra);
    const number = (at: number) => {
      const value = header.getUint32(at, true);
      return value === ELSEWHERE ? wide.shift() ?? value : value;
    };
    // The wide numbers come in this order, each only where the narrow one says so.
    const size = number(fields.size);
    number(fields.compressed);
    entries.set(name, { byteLength: size, headerOffset: number(fields.offset) });
  }
  return entries;
}

/** The numbers of the 64-bit extra field, if there is one. */
function wideNumbers(extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const id = extra.getUint16(at, true);
    const end = at + 4 + extra.getUint16(at + 2, true);
    if (id === 1 && end <= extra.byteLength) {
      const numbers: number[] = [];
      for (let i = at + 4; i + 8 <= end; i += 8) numbers.push(Number(extra.getBigUint64(i, true)));
      return numbers;
    }
    at = end;
  }
  return [];
}

function findDirectory(source: ByteSource): ZipEntry {
  const tailBytes = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES);
  const tailStart = source.size - tailBytes;
  const tail = viewOf(source, tailStart, tailBytes);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_OF_DIRECTORY) continue;
    const byteLength = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    if (byteLength !== ELSEWHERE && offset !== ELSEWHERE) return { byteLength, offset };
    return findWideDirectory(source, tailStart + at - LOCATOR_BYTES);
  }
  throw broken(source.name, "it is truncated: it has no ZIP directory at its end");
}

function findWideDirectory(source: ByteSource, locatorAt: number): ZipEntry {
  const locator = viewOf(source, locatorAt, LOCATOR_BYTES);
  if (locator.getUint32(0, true) === LOCATOR_64) {
    const end = viewOf(source, Number(locator.getBigUint64(8, true)), 56);
    if (end.getUint32(0, true) === END_OF_DIRECTORY_64) {
      return {
        byteLength: Number(end.getBigUint64(40, true)),
        offset: Number(end.getBigUint64(48, true)),
      };
    }
  }
  throw broken(source.name, "its 64-bit ZIP directory is damaged");
}

function viewOf(source: ByteSource, offset: number, length: number): DataView {
  return new DataView(source.read(offset, length).buffer);
}
