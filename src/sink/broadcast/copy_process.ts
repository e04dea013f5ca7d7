import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import { oneLine } from "../../ffmpeg/redact.ts";
import { type FfmpegProcess, spawnFfmpeg } from "../../ffmpeg/process.ts";
import { isWritten, reasonOf } from "../frame_encoder.ts";
import type { BroadcastViewer } from "./hub.ts";

/** What {@link CopyProcess} runs. */
export interface CopyOptions {
  readonly binary: FfmpegBinary;
  /** The arguments behind the input: the format and where to. Rejecting, it is the end. */
  readonly output: Promise<readonly string[]>;
  /** The first picture was written. */
  readonly onWorking?: (() => void) | undefined;
  /** Not taking anything for that long, it is stuck and is killed. */
  readonly stallMs: number;
  /** How long it may take to end once it was told to. */
  readonly endMs: number;
}

/** How a copy ended. */
export interface CopyEnd {
  /** Why it failed, on one line; undefined where all was written. */
  readonly reason: string | undefined;
  /** CPU time in milliseconds, where known. */
  readonly cpuMs: number | undefined;
}

/**
 * The pictures are copied as they are, each with its time less that of the first. A reader of a
 * transport stream takes a jump of the clock for a fault and closes the gap: here only one of more
 * than 11 hours is, the wrap of the counter, and a gap stays a gap.
 */
const COPYING = [
  // A key frame with its headers comes first: there is nothing to look for.
  ...["-fpsprobesize", "0", "-analyzeduration", "500000", "-dts_delta_threshold", "40000"],
  ...["-f", "mpegts", "-i", "pipe:0", "-map", "0:v", "-c", "copy"],
  ...["-progress", "pipe:1"],
];

/**
 * An ffmpeg that copies the stream into a file or to a server. What it does not take at once waits
 * in a queue of its own; nothing waits for it.
 */
export class CopyProcess implements BroadcastViewer {
  /** Resolves when it has ended, whyever; never rejects. */
  readonly ended: Promise<CopyEnd>;
  readonly #options: CopyOptions;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #hasMore = Promise.withResolvers<void>();
  #isEnding = false;
  #process: FfmpegProcess | undefined;
  #killReason: string | undefined;
  #hasPictures = false;

  /** Starts ffmpeg as soon as its arguments are known. */
  constructor(options: CopyOptions) {
    this.#options = options;
    this.ended = this.#run();
  }

  /** Whether any picture was written. */
  get hasPictures(): boolean {
    return this.#hasPictures;
  }

  get backlogBytes(): number {
    return this.#queuedBytes;
  }

  send(piece: Uint8Array): void {
    if (this.#isEnding) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
    this.#hasMore.resolve();
  }

  end(): void {
    this.#isEnding = true;
    this.#hasMore.resolve();
  }

  /** Stops it at once, for that reason, and waits for that. Safe to call twice. */
  async kill(reason = "it was stopped"): Promise<void> {
    this.#kill(reason);
    await this.ended;
  }

  #kill(reason: string): void {
    this.#killReason ??= reason;
    this.end();
    this.#process?.kill();
  }

  async #run(): Promise<CopyEnd> {
    try {
      const { binary, output } = this.#options;
      const args = [...COPYING, ...await output];
      if (this.#killReason !== undefined) return { reason: this.#killReason, cpuMs: undefined };
      this.#process = spawnFfmpeg(binary, args, { stdin: true, stdout: true });
    } catch (cause) {
      const reason = oneLine(cause instanceof Error ? cause.message : String(cause));
      return { reason, cpuMs: undefined };
    }
    const { stdin, stdout, ended } = this.#process;
    const [isFed, exit] = await Promise.all([
      this.#feed(stdin),
      ended,
      this.#readProgress(stdout),
    ]);
    const isDone = isFed && isWritten(exit);
    return {
      reason: isDone ? undefined : this.#killReason ?? reasonOf(exit),
      cpuMs: exit.cpuMs,
    };
  }

  /** Whether it took everything up to the end. */
  async #feed(stdin: WritableStream<Uint8Array>): Promise<boolean> {
    const { stallMs, endMs } = this.#options;
    const writer = stdin.getWriter();
    writer.closed.catch(() => {});
    // A broken pipe means that ffmpeg is ending, and its exit says why.
    const gone = this.#process!.ended.then(() => this.end());
    try {
      for (;;) {
        const piece = this.#queue.shift();
        if (piece !== undefined) {
          await this.#within(stallMs, "it took nothing any more", () => writer.write(piece));
          this.#queuedBytes -= piece.length;
        } else if (this.#isEnding) {
          break;
        } else {
          this.#hasMore = Promise.withResolvers();
          await this.#hasMore.promise;
        }
      }
      await this.#within(endMs, "it did not end", async () => {
        await writer.close();
        await gone;
      });
      return true;
    } catch {
      await gone;
      return false;
    }
  }

  /** Kills the process where `work` takes longer. */
  async #within(limitMs: number, reason: string, work: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.#kill(reason), limitMs);
    try {
      await work();
    } finally {
      clearTimeout(timer);
    }
  }

  /** ffmpeg reports twice a second how many pictures it has written. */
  async #readProgress(stdout: ReadableStream<Uint8Array>): Promise<void> {
    let text = "";
    for await (const part of stdout.pipeThrough(new TextDecoderStream())) {
      if (this.#hasPictures) continue;
      text = (text + part).slice(-200);
      if (!/^frame=\s*[1-9]/m.test(text)) continue;
      this.#hasPictures = true;
      this.#options.onWorking?.();
    }
  }
}
