/**
 * The duration of the last frame of an MP4.
 *
 * ffmpeg 4 does not know it and writes 0, and ends the track's edit list where that frame begins:
 * players that honour edit lists then hide it. Boxes are those of ISO/IEC 14496-12 (§8.2.2 mvhd,
 * §8.3.2 tkhd, §8.4.2 mdhd, §8.6.1.2 stts, §8.6.6 elst).
 */

/** A box of the file: its type, and where its content lies. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Gives the last frame of the first video track its duration, where the file gives it none.
 *
 * Only fields of fixed size are rewritten, in place; nothing moves.
 *
 * @param path An MP4 or QuickTime file with one `moov` box.
 * @param durationUs How long the last frame is shown, in microseconds.
 */
export async function restoreLastFrame(path: string, durationUs: number): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const { size } = await file.stat();
  const movie = findBox(file, { type: "file", start: 0, end: size }, "moov");
  const track = movie && childrenOf(file, movie).find((box) => isVideoTrack(file, box));
  const times = track && findBox(file, track, "mdia", "minf", "stbl", "stts");
  if (movie === undefined || track === undefined || times === undefined) return;
  // The table's last entry is [how many frames, duration of each].
  const last = times.end - 4;
  if (readUint32(file, times.start + 4) === 0 || readUint32(file, last) !== 0) return;
  const movieHeader = header(file, findBox(file, movie, "mvhd")!, MOVIE_OR_MEDIA);
  const mediaHeader = header(file, findBox(file, track, "mdia", "mdhd")!, MOVIE_OR_MEDIA);
  const trackHeader = header(file, findBox(file, track, "tkhd")!, TRACK);
  const mediaTicks = Math.max(1, Math.round(durationUs * mediaHeader.timescale / 1e6));
  const movieTicks = Math.max(1, Math.round(durationUs * movieHeader.timescale / 1e6));
  writeUint32(file, last, mediaTicks);
  mediaHeader.write(mediaHeader.duration + mediaTicks);
  trackHeader.write(trackHeader.duration + movieTicks);
  movieHeader.write(Math.max(movieHeader.duration, trackHeader.duration + movieTicks));
  const edits = findBox(file, track, "edts", "elst");
  if (edits !== undefined) lengthenLastEdit(file, edits, movieTicks);
}

/** Where a header keeps its duration, by version 0 (32 bits) and 1 (64 bits). */
interface HeaderLayout {
  readonly timescaleAt: readonly [number, number];
  readonly durationAt: readonly [number, number];
}

const MOVIE_OR_MEDIA: HeaderLayout = { timescaleAt: [12, 20], durationAt: [16, 24] };

/** It counts in the movie's timescale and has the track's number in that place. */
const TRACK: HeaderLayout = { timescaleAt: [12, 20], durationAt: [20, 28] };

function header(file: Deno.FsFile, box: Box, layout: HeaderLayout) {
  const version = readBytes(file, box.start, 1)[0] === 1 ? 1 : 0;
  const at = box.start + layout.durationAt[version];
  return {
    timescale: readUint32(file, box.start + layout.timescaleAt[version]),
    duration: readNumber(file, at, version),
    write: (duration: number) => writeNumber(file, at, version, duration),
  };
}

/** An entry is [duration, media time, rate]; the last one plays the track to its end. */
function lengthenLastEdit(file: Deno.FsFile, edits: Box, ticks: number): void {
  const version = readBytes(file, edits.start, 1)[0] === 1 ? 1 : 0;
  const count = readUint32(file, edits.start + 4);
  if (count === 0) return;
  const at = edits.start + 8 + (count - 1) * (version === 1 ? 20 : 12);
  writeNumber(file, at, version, readNumber(file, at, version) + ticks);
}

function isVideoTrack(file: Deno.FsFile, box: Box): boolean {
  const handler = box.type === "trak" ? findBox(file, box, "mdia", "hdlr") : undefined;
  return handler !== undefined && textAt(file, handler.start + 8) === "vide";
}

function findBox(file: Deno.FsFile, parent: Box, ...path: string[]): Box | undefined {
  let box: Box | undefined = parent;
  for (const type of path) box = box && childrenOf(file, box).find((child) => child.type === type);
  return box;
}

function childrenOf(file: Deno.FsFile, parent: Box): Box[] {
  const boxes: Box[] = [];
  for (let at = parent.start; at + 8 <= parent.end;) {
    const size = readUint32(file, at);
    const isLong = size === 1;
    const length = isLong ? readNumber(file, at + 8, 1) : size === 0 ? parent.end - at : size;
    const content = isLong ? 16 : 8;
    if (length < content || at + length > parent.end) break;
    boxes.push({ type: textAt(file, at + 4), start: at + content, end: at + length });
    at += length;
  }
  return boxes;
}

function readBytes(file: Deno.FsFile, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(at, Deno.SeekMode.Start);
  for (let read = 0; read < length;) {
    const count = file.readSync(bytes.subarray(read));
    if (count === null) throw new RangeError(`The file ends at ${at + read}, within a box.`);
    read += count;
  }
  return bytes;
}

function writeBytes(file: Deno.FsFile, at: number, bytes: Uint8Array): void {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
}

function readUint32(file: Deno.FsFile, at: number): number {
  return readNumber(file, at, 0);
}

function writeUint32(file: Deno.FsFile, at: number, value: number): void {
  writeNumber(file, at, 0, value);
}

/** 32 bits in version 0 of a box, 64 in version 1. */
function readNumber(file: Deno.FsFile, at: number, version: 0 | 1): number {
  const view = new DataView(readBytes(file, at, version === 1 ? 8 : 4).buffer);
  return version === 1 ? Number(view.getBigUint64(0)) : view.getUint32(0);
}

function writeNumber(file: Deno.FsFile, at: number, version: 0 | 1, value: number): void {
  const bytes = new Uint8Array(version === 1 ? 8 : 4);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setBigUint64(0, BigInt(value));
  else view.setUint32(0, Math.min(value, 0xFFFF_FFFF));
  writeBytes(file, at, bytes);
}

function textAt(file: Deno.FsFile, at: number): string {
  return String.fromCharCode(...readBytes(file, at, 4));
}
