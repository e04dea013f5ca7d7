import { oneLine } from "../../ffmpeg/redact.ts";
import { nowMs } from "../../frame/clock.ts";
import { BackOff } from "../../frame/back_off.ts";
import type { EncoderRun } from "./encoder_run.ts";

/** How {@link SteadyEncoder} keeps an encoder. */
export interface SteadyEncoderOptions {
  /** Starts one; `isReplacement` where it takes the place of another. */
  readonly start: (isReplacement: boolean) => EncoderRun;
  /** An encoder died, or could not be started, and is being replaced. */
  readonly onReplaced: (reason: string) => void;
}

/**
 * An encoder for as long as the stream lasts: one that dies or gets stuck is replaced, with the
 * frame at hand, which the next one takes again. One that dies young is replaced ever more slowly,
 * and the frames that come meanwhile are lost.
 */
export class SteadyEncoder {
  readonly #options: SteadyEncoderOptions;
  readonly #backOff = new BackOff({ firstMs: 500, capMs: 10_000, soundMs: 10_000 });
  #run: EncoderRun | undefined;
  #startsAtMs = 0;
  #replaced = 0;
  #framesLost = 0;
  #cpuMs = 0;
  #isEnded = false;

  /** Starts nothing yet: the first frame does. */
  constructor(options: SteadyEncoderOptions) {
    this.#options = options;
  }

  /** How many encoders died and were replaced. */
  get replaced(): number {
    return this.#replaced;
  }

  /** Frames that were taken and never encoded. */
  get framesLost(): number {
    return this.#framesLost;
  }

  /** CPU time in milliseconds of the encoders that ended by themselves. */
  get cpuMs(): number {
    return this.#cpuMs;
  }

  /** Takes a frame; resolves when its buffer may be reused. Never rejects. */
  async write(ptsUs: number, pixels: Uint8Array): Promise<void> {
    // A second try with the encoder that replaces the first; not a third, whatever the frame is.
    for (let attempt = 1; attempt <= 2 && !this.#isEnded; attempt++) {
      const run = this.#running();
      if (run === undefined) break;
      try {
        return await run.write(ptsUs, pixels);
      } catch (cause) {
        this.#drop(run);
        // The one frame that is not lost with it is the one at hand.
        this.#framesLost += run.framesMissing - 1;
        if (!this.#isEnded) this.#replace(cause, run.ageMs);
      }
    }
    this.#framesLost++;
  }

  /** Ends the stream: resolves when all of it was handed on. Never rejects. */
  async finish(): Promise<void> {
    this.#isEnded = true;
    const run = this.#run;
    // What it did not give is counted; there is no frame left to start another for.
    await run?.finish().catch(() => {});
    this.#cpuMs += run?.cpuMs ?? 0;
    this.#framesLost += run?.framesMissing ?? 0;
  }

  /** Stops at once. Safe to call twice. */
  async kill(): Promise<void> {
    this.#isEnded = true;
    await this.#run?.kill();
  }

  #running(): EncoderRun | undefined {
    if (this.#run !== undefined || nowMs() < this.#startsAtMs) return this.#run;
    try {
      return this.#run = this.#options.start(this.#replaced > 0);
    } catch (cause) {
      this.#replace(cause, 0);
      return undefined;
    }
  }

  #drop(run: EncoderRun): void {
    if (this.#run === run) this.#run = undefined;
  }

  #replace(cause: unknown, workedMs: number): void {
    this.#replaced++;
    this.#startsAtMs = nowMs() + this.#backOff.delayAfter(workedMs);
    this.#options.onReplaced(oneLine(cause instanceof Error ? cause.message : String(cause)));
  }
}
