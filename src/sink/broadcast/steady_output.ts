import type { OnStreamEvent } from "../../frame/stream_event.ts";
import { nowMs } from "../../frame/clock.ts";
import { BackOff } from "../../frame/back_off.ts";
import type { CopyEnd } from "./copy_process.ts";
import type { BroadcastViewer, Hub } from "./hub.ts";

/** One attempt to write an output: takes the stream until it fails or the stream is over. */
export interface OutputRun extends BroadcastViewer {
  /** Resolves when it has ended, whyever; never rejects. */
  readonly ended: Promise<CopyEnd>;
  /** Stops it at once and waits for that. */
  kill(): Promise<void>;
}

/** How {@link SteadyOutput} keeps an output. */
export interface SteadyOutputOptions {
  /** The output as events name it, credentials hidden. */
  readonly name: string;
  /** Starts an attempt, which calls `onWorking` when the first picture was written. */
  readonly start: (onWorking: () => void) => OutputRun;
  readonly hub: Hub;
  readonly onEvent: OnStreamEvent;
}

/** What may wait for a disk or a network: some seconds of a good picture. */
const LIMIT_BYTES = 2 ** 24;

/** An output for as long as the stream lasts: when it falls away it is tried again, for ever. */
export class SteadyOutput {
  readonly #options: SteadyOutputOptions;
  readonly #backOff = new BackOff({ firstMs: 1000, capMs: 30_000, soundMs: 30_000 });
  readonly #work: Promise<void>;
  #run: OutputRun | undefined;
  #cpuMs = 0;
  #isOver = false;
  #isKilled = false;
  #wake = () => {};

  /** Makes the first attempt. */
  constructor(options: SteadyOutputOptions) {
    this.#options = options;
    this.#work = this.#keep();
  }

  /** CPU time in milliseconds of the attempts that have ended, where known. */
  get cpuMs(): number {
    return this.#cpuMs;
  }

  /** Resolves when everything is written; the hub is to be ended before. */
  async finish(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    await this.#work;
  }

  /** Stops at once. Safe to call twice. */
  async kill(): Promise<void> {
    this.#isOver = this.#isKilled = true;
    this.#wake();
    await this.#run?.kill();
    await this.#work;
  }

  async #keep(): Promise<void> {
    const { name, start, hub, onEvent } = this.#options;
    let isLost = false;
    do {
      const startedAtMs = nowMs();
      const run = start(() => {
        if (isLost) onEvent({ kind: "output restored", output: name });
        isLost = false;
      });
      this.#run = run;
      const unsubscribe = hub.subscribe(run, { limitBytes: LIMIT_BYTES });
      const { reason, cpuMs } = await run.ended;
      unsubscribe();
      this.#cpuMs += cpuMs ?? 0;
      if (reason === undefined || this.#isKilled) return;
      isLost = true;
      const delayMs = this.#backOff.delayAfter(nowMs() - startedAtMs);
      onEvent({ kind: "output lost", output: name, reason, delayMs });
      await this.#pause(delayMs);
    } while (!this.#isOver);
  }

  /** Ends early when the stream does. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#isOver) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
