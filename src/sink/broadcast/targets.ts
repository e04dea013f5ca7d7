/** Where a broadcast goes beside its viewers: what the user wrote, and what can be done there. */
import { basename, dirname, extname, join } from "node:path";
import { OutputError } from "../../errors.ts";
import { credentialsFault, redact } from "../../ffmpeg/redact.ts";
import { checkVideoCodec, containerOfFile } from "../containers.ts";
import { PartialFile, writeError } from "../partial_file.ts";
import { segmentName } from "./segment_name.ts";

/** An output of a broadcast. */
export type BroadcastTarget =
  /** A file; with `segmentMs` one after the other, each of that length or a little more. */
  | { readonly kind: "record"; readonly path: string; readonly segmentMs?: number }
  /** A server that takes the stream: rtsp(s):// or rtmp(s)://. */
  | { readonly kind: "publish"; readonly url: string }
  /** A folder with `index.m3u8` and the newest few segments. */
  | { readonly kind: "hls"; readonly directory: string };

/** The playlist in an HLS folder. */
export const PLAYLIST = "index.m3u8";

/** What an HLS folder holds: an earlier run's is carried on. */
const HLS_FILE = /^(index\.m3u8|segment-\d+\.ts)(\.tmp)?$/;

const SHORTEST_SEGMENT_MS = 1000;

/** Times within a segment are differences of a counter that begins again after 26.5 hours. */
const LONGEST_SEGMENT_MS = 24 * 3_600_000;

/**
 * The output that a text names: a URL by its scheme; a folder by its trailing slash, or its
 * `index.m3u8`, for HLS; else a recording (.mp4, .m4v, .mov, .mkv, .ts). `segmentMs` is for
 * recordings and does not concern the others.
 *
 * @throws {OutputError} If it is none of these.
 * @throws {RangeError} If segments are to be shorter than a second or longer than a day.
 */
export function parseTarget(
  text: string,
  options: { segmentMs?: number | undefined } = {},
): BroadcastTarget {
  const fault = credentialsFault(text);
  if (fault !== undefined) {
    throw new OutputError(
      `Cannot write to ${JSON.stringify(fault.shown)}: the address can be read in two ways. ` +
        `${fault.mend}.`,
      { output: fault.shown },
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    if (/^(rtsps?|rtmps?)$/.test(scheme)) return { kind: "publish", url: text };
    throw new OutputError(
      `Cannot write to ${JSON.stringify(redact(text))}: ${scheme}:// is no output here. Use ` +
        "rtsp://, rtsps://, rtmp://, rtmps://, a file or a folder.",
      { output: redact(text) },
    );
  }
  if (/[\\/]$/.test(text)) return { kind: "hls", directory: text.replace(/(?<=.)[\\/]+$/, "") };
  if (basename(text) === PLAYLIST) return { kind: "hls", directory: dirname(text) };
  if (extname(text).toLowerCase() === ".m3u8") {
    throw new OutputError(
      `Cannot write ${JSON.stringify(text)}: the playlist of an HLS folder is ${PLAYLIST}. Name ` +
        `the folder: ${JSON.stringify(`${dirname(text)}/`)}.`,
      { output: text },
    );
  }
  checkVideoCodec(containerOfFile(text), "h264", text);
  const { segmentMs } = options;
  if (segmentMs === undefined) return { kind: "record", path: text };
  if (!(segmentMs >= SHORTEST_SEGMENT_MS && segmentMs <= LONGEST_SEGMENT_MS)) {
    throw new RangeError(
      `Cannot record segments of ${segmentMs} ms: they last from one second to 24 hours.`,
    );
  }
  return { kind: "record", path: text, segmentMs };
}

/** The output as messages and events name it. */
export function targetName(target: BroadcastTarget): string {
  switch (target.kind) {
    case "record":
      return target.path;
    case "publish":
      return redact(target.url);
    case "hls":
      return join(target.directory, PLAYLIST);
  }
}

/**
 * Checks that a target can be written, and makes an HLS folder that is not there yet. A server is
 * not asked: it may come later.
 *
 * @throws {OutputError} If there is something that is not to be replaced, or nothing can be written.
 */
export async function prepareTarget(target: BroadcastTarget): Promise<void> {
  if (target.kind === "record") {
    const { path, segmentMs } = target;
    const first = segmentMs === undefined ? path : segmentName(path, new Date());
    await checkAbsent(first);
    await checkFile(first, false);
  } else if (target.kind === "hls") {
    await checkPlaylistFolder(target.directory);
    await checkFile(join(target.directory, PLAYLIST), true);
  }
}

async function checkAbsent(path: string): Promise<void> {
  const isFile = await Deno.stat(path).then((info) => info.isFile, () => false);
  if (!isFile) return;
  throw new OutputError(
    `Cannot write ${JSON.stringify(path)}: it exists, and a recording replaces nothing. Give it ` +
      "another name, or cut it with --segment, which names each part by its time.",
    { output: path },
  );
}

/** Writes nothing, but reserves a name beside the file for a moment. */
async function checkFile(path: string, overwrite: boolean): Promise<void> {
  await (await PartialFile.create(path, { overwrite })).discard();
}

async function checkPlaylistFolder(directory: string): Promise<void> {
  const fail = (state: string) =>
    new OutputError(`Cannot write HLS to ${JSON.stringify(directory)}: ${state}`, {
      output: directory,
    });
  try {
    for await (const { name } of Deno.readDir(directory)) {
      if (!HLS_FILE.test(name)) {
        throw fail(`it holds ${JSON.stringify(name)}, which is no part of it. Name a new folder.`);
      }
    }
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    if (cause instanceof Deno.errors.NotADirectory) throw fail("that is a file. Name a folder.");
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw writeError(join(directory, PLAYLIST), cause);
    }
    await makeFolder(directory);
  }
}

/**
 * Makes a folder that may be there already.
 *
 * @throws {OutputError} If the folder around it is missing or not writable.
 */
export async function makeFolder(directory: string): Promise<void> {
  try {
    await Deno.mkdir(directory);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw writeError(directory, cause);
  }
}
