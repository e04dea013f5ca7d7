import { parse } from "node:path";
import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import type { Ratio } from "../../frame/stream.ts";
import { type Container, containerOfFile } from "../containers.ts";
import { restoreLastFrame } from "../last_frame.ts";
import { muxVideo } from "../mux.ts";
import { PartialFile } from "../partial_file.ts";
import { type CopyEnd, CopyProcess } from "./copy_process.ts";
import { otherName } from "./segment_name.ts";

/** What the segments of one recording share. */
export interface SegmentOptions {
  readonly binary: FfmpegBinary;
  /** Gives the last frame of a segment its duration. */
  readonly frameRate: Ratio;
  /** The names of the segments that are not closed yet; each enters its own. */
  readonly taken: Set<string>;
  /** Gives up closing: what there is stays under its partial name. */
  readonly signal: AbortSignal;
  /** The first picture was written. */
  readonly onWorking: () => void;
}

/** A disk that takes nothing for that long is gone. */
const STALL_MS = 15_000;
const END_MS = 30_000;

/** How often it is looked whether the file is still there: ffmpeg goes on writing to a deleted one. */
const LOOK_MS = 2000;

/**
 * One file of a recording, written in two steps as every video file is: picture by picture into
 * `out.partial.mp4`, which can be played wherever it stops, then copied into its final form.
 */
export class SegmentFile {
  /** Takes the stream of this segment. */
  readonly copy: CopyProcess;
  readonly #options: SegmentOptions;
  readonly #container: Container;
  readonly #scratch: Promise<PartialFile>;

  /**
   * Starts to write; whatever is wrong is the end of `copy`.
   *
   * @param path Where to, unless that is taken: then `out-2.mp4`.
   */
  constructor(path: string, options: SegmentOptions) {
    this.#options = options;
    this.#container = containerOfFile(path);
    const { muxer, options: scratchOptions, extension } = this.#container.scratch;
    this.#scratch = reserve(path, extension, options.taken);
    const output = this.#scratch.then(({ path }) => [
      ...["-flush_packets", "1", ...scratchOptions, "-f", muxer, "-y", `file:${path}`],
    ]);
    const { binary, onWorking } = options;
    this.copy = new CopyProcess({ binary, output, onWorking, stallMs: STALL_MS, endMs: END_MS });
    const timer = setInterval(() => this.#look(), LOOK_MS);
    this.copy.ended.then(() => clearInterval(timer));
  }

  /**
   * Waits for the end of `copy` and gives what was written its final form and name. Where that
   * fails, what was written stays as it is: it can be played.
   *
   * @returns Where it is (undefined: there was nothing), and what went wrong.
   */
  async close(): Promise<CopyEnd & { path: string | undefined }> {
    const { reason, cpuMs } = await this.copy.ended;
    const scratch = await this.#scratch.catch(() => undefined);
    if (scratch === undefined) return { path: undefined, reason, cpuMs };
    try {
      const path = await this.#finish(scratch);
      return { path, reason, cpuMs };
    } catch (cause) {
      const failure = cause instanceof Error ? cause.message : String(cause);
      return { path: undefined, reason: reason ?? failure, cpuMs };
    } finally {
      this.#options.taken.delete(scratch.target);
    }
  }

  async #look(): Promise<void> {
    try {
      await Deno.stat((await this.#scratch).path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) await this.copy.kill("its file was removed");
    }
  }

  async #finish(scratch: PartialFile): Promise<string | undefined> {
    const { size } = await Deno.stat(scratch.path);
    if (size === 0) await scratch.discard();
    if (size === 0 || this.#options.signal.aborted) return undefined;
    const muxed = await scratch.sibling(parse(scratch.target).ext);
    try {
      await this.#mux(scratch, muxed);
    } catch (cause) {
      await muxed.discard();
      // A torn file without a picture; one with pictures is kept, and so is what was not looked at.
      if (!this.copy.hasPictures && !this.#options.signal.aborted) await scratch.discard();
      throw cause;
    }
    const path = await muxed.complete();
    await scratch.discard();
    return path;
  }

  async #mux(scratch: PartialFile, muxed: PartialFile): Promise<void> {
    const { binary, signal, frameRate } = this.#options;
    await muxVideo(binary, {
      name: scratch.target,
      picture: scratch.path,
      videoCodec: "h264",
      startUs: 0,
      audio: undefined,
      audioEndUs: undefined,
      container: this.#container,
      path: muxed.path,
      signal,
    });
    const frameUs = 1e6 * frameRate.denominator / frameRate.numerator;
    if (this.#container.hasEditLists) await restoreLastFrame(muxed.path, frameUs);
  }
}

/** Reserves the first name that no file has and no other segment is going to have. */
async function reserve(
  path: string,
  extension: string | undefined,
  taken: Set<string>,
): Promise<PartialFile> {
  for (let number = 1;; number++) {
    const target = number === 1 ? path : otherName(path, number);
    if (taken.has(target)) continue;
    taken.add(target);
    const exists = await Deno.lstat(target).then(() => true, () => false);
    if (!exists) return await PartialFile.create(target, { extension });
    taken.delete(target);
  }
}
