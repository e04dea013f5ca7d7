/** A file or a drawn street, played as a camera would give it: each frame at its own time. */
import { nowMs } from "../frame/clock.ts";
import type { StreamInfo } from "../frame/stream.ts";
import { HEADER } from "../frame/timing.ts";
import type { LiveSource } from "./live.ts";
import { type OpenOptions, openSource } from "./open.ts";
import type { FrameSource, LiveSlotFiller, SlotFiller } from "./source.ts";

/**
 * Opens what the user named and plays it in real time, once. Nothing is dropped: what is too slow
 * for it plays slower.
 *
 * @throws As {@link openSource} does.
 */
export async function openPacedSource(
  input: string,
  options: OpenOptions = {},
): Promise<LiveSource> {
  return new PacedSource((await openSource(input, options)).source);
}

class PacedSource implements LiveSource {
  readonly #source: FrameSource;
  readonly #frameMs: number;
  #epochMs = nowMs();
  #framesIn = 0;
  #lastPtsUs = 0;
  #state: LiveSource["state"] = "live";

  constructor(source: FrameSource) {
    this.#source = source;
    const { numerator, denominator } = source.info.frameRate;
    this.#frameMs = 1000 * denominator / numerator;
  }

  get info(): StreamInfo {
    return this.#source.info;
  }

  get cpuMs(): number | undefined {
    return this.#source.cpuMs;
  }

  get epochMs(): number {
    return this.#epochMs;
  }

  get state(): LiveSource["state"] {
    return this.#state;
  }

  get reason(): undefined {
    return undefined;
  }

  get counts(): LiveSource["counts"] {
    return { framesIn: this.#framesIn, dropped: {}, reconnects: 0 };
  }

  async run(ring: LiveSlotFiller, signal: AbortSignal): Promise<void> {
    try {
      await this.#source.run(this.#paced(ring), signal);
    } finally {
      this.#state = "ended";
    }
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  /** The ring, with a slot only when its frame is due. */
  #paced(ring: SlotFiller): SlotFiller {
    return {
      acquire: async (signal) => {
        if (this.#framesIn > 0) {
          const dueMs = this.#epochMs + this.#lastPtsUs / 1000 + this.#frameMs;
          await sleepUntil(dueMs, signal);
        }
        return await ring.acquire(signal);
      },
      publish: (slot) => {
        const header = ring.header(slot);
        this.#lastPtsUs = header[HEADER.ptsUs]!;
        if (this.#framesIn === 0) this.#epochMs = nowMs();
        header[HEADER.ready] = nowMs();
        this.#framesIn++;
        ring.publish(slot);
      },
      abandon: (slot) => ring.abandon(slot),
      header: (slot) => ring.header(slot),
      section: (slot, section) => ring.section(slot, section),
    };
  }
}

async function sleepUntil(dueMs: number, signal: AbortSignal | undefined): Promise<void> {
  const delayMs = dueMs - nowMs();
  if (delayMs <= 0 || signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  const onAbort = () => resolve();
  signal?.addEventListener("abort", onAbort);
  await promise;
  signal?.removeEventListener("abort", onAbort);
  clearTimeout(timer);
}
