import { nowMs } from "../frame/clock.ts";

/** How often the file is looked at until the first packet is in it. */
const INTERVAL_MS = 5;

/** As far as the headers of a video reach, and more. */
const HEAD_BYTES = 16384;

/** Watches a growing file for the bytes that its first packet begins with. */
export class FirstPacket {
  readonly #path: string;
  readonly #mark: readonly number[];
  #seenAtMs: number | undefined;
  #watching: Promise<void> | undefined;
  #isStopped = false;

  /** Looks for the bytes `mark` within the first 16 KiB. */
  constructor(path: string, mark: readonly number[]) {
    this.#path = path;
    this.#mark = mark;
  }

  /** When it was seen (`nowMs()`); undefined before. */
  get seenAtMs(): number | undefined {
    return this.#seenAtMs;
  }

  /** Begins to watch. Does nothing the second time. */
  watch(): void {
    this.#watching ??= this.#poll();
  }

  /** Looks once more, and ends watching. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#watching;
  }

  async #poll(): Promise<void> {
    while (this.#seenAtMs === undefined) {
      const isLast = this.#isStopped;
      if (await this.#isThere()) this.#seenAtMs = nowMs();
      else if (isLast) return;
      else await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }

  async #isThere(): Promise<boolean> {
    try {
      using file = await Deno.open(this.#path);
      const head = new Uint8Array(HEAD_BYTES);
      const length = await file.read(head) ?? 0;
      return includes(head.subarray(0, length), this.#mark);
    } catch {
      // The file is gone: the run was aborted, and the time is of no use any more.
      return false;
    }
  }
}

function includes(bytes: Uint8Array, mark: readonly number[]): boolean {
  for (let at = bytes.indexOf(mark[0]!); at !== -1; at = bytes.indexOf(mark[0]!, at + 1)) {
    if (mark.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}
