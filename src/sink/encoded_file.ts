import type { FrameEncoder } from "./frame_encoder.ts";
import type { PartialFile } from "./partial_file.ts";
import { closedError, NOTHING, type SinkOutcome, type SinkResult } from "./sink.ts";

/** A file that one encoder writes from its first frame to its last: what such sinks share. */
export class EncodedFile {
  readonly #encoder: FrameEncoder;
  readonly #partial: PartialFile;
  #state: "open" | "closing" | "closed" | "aborted" = "open";
  #finishing: Promise<unknown> | undefined;

  /** Takes over both: they end with it. */
  constructor(encoder: FrameEncoder, partial: PartialFile) {
    this.#encoder = encoder;
    this.#partial = partial;
  }

  /** @throws {OutputError} If it takes no more frames. */
  checkOpen(): void {
    if (this.#state !== "open") throw closedError(this.#partial.target);
  }

  /** Takes one frame, as `FrameEncoder.write()` does. */
  async write(ptsUs: number, pixels: Uint8Array): Promise<void> {
    this.checkOpen();
    await this.#encoder.write(ptsUs, pixels);
  }

  /** Ends it, as `FrameSink.close()` says; without a frame nothing is left. */
  async close(outcome: SinkOutcome): Promise<SinkResult> {
    this.checkOpen();
    if (this.#encoder.lastPtsUs === undefined) {
      await this.abort();
      return NOTHING;
    }
    this.#state = "closing";
    const finishing = this.#finish();
    this.#finishing = finishing;
    const { cpuMs, bytes } = await finishing;
    const path = outcome === "complete" ? await this.#partial.complete() : this.#partial.path;
    return { path, cpuMs, bytes };
  }

  /** Stops at once and leaves nothing, but for what is closed. Safe to call at any time, and twice. */
  async abort(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "aborted";
    await this.#encoder.kill();
    await this.#finishing?.catch(() => {});
    await this.#partial.discard();
  }

  /** Up to where the result stands, and a late abort() must not delete it. */
  async #finish(): Promise<{ cpuMs: number | undefined; bytes: number }> {
    const { cpuMs } = await this.#encoder.finish();
    const { size } = await Deno.stat(this.#partial.path);
    if (this.#isAborted()) throw closedError(this.#partial.target);
    this.#state = "closed";
    return { cpuMs, bytes: size };
  }

  #isAborted(): boolean {
    return this.#state === "aborted";
  }
}
