import { oneLine } from "../ffmpeg/redact.ts";
import type { OnStreamEvent } from "../frame/stream_event.ts";
import { LinesRefused, type Transport } from "./transport.ts";

/** How an {@link EventQueue} behaves. */
export interface EventQueueOptions {
  /** Told once when lines no longer arrive, and once when they do again. */
  readonly onEvent?: OnStreamEvent;
  /** Lines that wait at most; the oldest go first. 10,000 by default. */
  readonly capacity?: number;
  /** Lines that are handed over at once; 500 by default. */
  readonly batchLines?: number;
  /** How long lines are collected, unless there is a batch of them; 0 by default. */
  readonly lingerMs?: number;
  /** How long one attempt may take; 10 seconds by default. */
  readonly timeoutMs?: number;
  /** The wait after a first failure, which doubles up to 64 times as much; 500 ms by default. */
  readonly retryMs?: number;
  /** How long close() goes on trying; 3 seconds by default. */
  readonly flushMs?: number;
}

/** What became of the lines. */
export interface DeliveryCounts {
  /** Handed over. */
  readonly sent: number;
  /** Lost, because too many waited, they were refused, or the run ended before they could be sent. */
  readonly dropped: number;
  /** Attempts that failed. */
  readonly failures: number;
}

const DEFAULTS = {
  onEvent: () => {},
  capacity: 10_000,
  batchLines: 500,
  lingerMs: 0,
  timeoutMs: 10_000,
  retryMs: 500,
  flushMs: 3000,
} as const satisfies EventQueueOptions;

const MOST_DOUBLINGS = 6;
/** Between the attempts of close(), which have little time. */
const LAST_RETRY_MS = 100;

/**
 * Lines on their way out: taken at once, delivered in order, and retried for ever in a bounded
 * queue. Lives on one thread; nothing that happens to the receiver reaches the one who writes.
 *
 * - write() never waits and never throws; beyond the capacity the oldest lines are dropped, counted.
 * - A line arrives at least once: an attempt that failed half-way may be made again as a whole.
 * - close() delivers what waits, for `flushMs` at most, and counts the rest as dropped. A transport
 *   that never answers, such as a pipe that nobody reads, is left behind.
 */
export class EventQueue {
  readonly #transport: Transport;
  readonly #options: Required<EventQueueOptions>;
  #waiting: string[] = [];
  #inHand: readonly string[] = [];
  #sent = 0;
  #dropped = 0;
  #failures = 0;
  /** Attempts that failed in a row. */
  #streak = 0;
  /** Whether the last that was told is that lines do not arrive. */
  #isLost = false;
  #running: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  /** Aborted by close(): nobody collects any more, or waits for long. */
  readonly #closing = new AbortController();
  /** Aborted when close() gives up. */
  readonly #over = new AbortController();
  #attempt = new AbortController();
  /** Of what is in hand; outlives an attempt that was given up while it went on. */
  #delivery: Promise<void> | undefined;

  /** Sends nothing before the first line. */
  constructor(transport: Transport, options: EventQueueOptions = {}) {
    this.#transport = transport;
    this.#options = { ...DEFAULTS, ...options };
    transport.watch?.((trouble) => {
      if (trouble === undefined) this.#tellRestored();
      else this.#tellLost(trouble.reason, trouble.delayMs);
    });
  }

  /** What became of the lines so far. */
  get counts(): DeliveryCounts {
    return { sent: this.#sent, dropped: this.#dropped, failures: this.#failures };
  }

  /** Takes a line, without its line break. After close() it is dropped. */
  write(line: string): void {
    if (this.#closed !== undefined) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    if (this.#waiting.length > this.#options.capacity) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#running ??= this.#run();
  }

  /** Delivers what waits, and ends. Never rejects; may be called twice. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const giveUp = setTimeout(() => {
      this.#over.abort();
      this.#attempt.abort(new Error("the run ended"));
    }, this.#options.flushMs);
    await this.#running;
    clearTimeout(giveUp);
    this.#dropped += this.#waiting.length + this.#inHand.length;
    await this.#transport.close();
  }

  async #run(): Promise<void> {
    const { lingerMs, batchLines } = this.#options;
    while (this.#waiting.length > 0 && !this.#over.signal.aborted) {
      if (this.#waiting.length < batchLines) await pause(lingerMs, this.#closing.signal);
      this.#inHand = this.#waiting.splice(0, batchLines);
      while (this.#inHand.length > 0 && !this.#over.signal.aborted) await this.#deliver();
    }
    this.#running = undefined;
  }

  /** Tries once to deliver what is in hand; waits after a failure. */
  async #deliver(): Promise<void> {
    const { timeoutMs } = this.#options;
    const attempt = this.#attempt = new AbortController();
    const timer = setTimeout(
      () => attempt.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    try {
      await unlessAborted(this.#delivery ??= this.#begin(attempt.signal), attempt.signal);
      this.#delivery = undefined;
      this.#sent += this.#inHand.length;
      this.#tellRestored();
    } catch (error) {
      this.#failures += 1;
      if (!(error instanceof LinesRefused)) return await this.#backOff(error);
      this.#dropped += this.#inHand.length;
      this.#tellLost(error, 0);
    } finally {
      clearTimeout(timer);
    }
    this.#streak = 0;
    this.#inHand = [];
  }

  #begin(signal: AbortSignal): Promise<void> {
    const delivery = this.#transport.deliver(this.#inHand, signal);
    delivery.catch(() => this.#delivery = undefined); // it may fail while nobody waits
    return delivery;
  }

  async #backOff(error: unknown): Promise<void> {
    const doublings = Math.min(this.#streak++, MOST_DOUBLINGS);
    const delayMs = this.#options.retryMs * 2 ** doublings;
    this.#tellLost(error, delayMs);
    // Those who lost the same receiver do not all come back in the same moment.
    await pause(delayMs * (0.75 + Math.random() / 2), this.#closing.signal);
    if (this.#closing.signal.aborted) await pause(LAST_RETRY_MS, this.#over.signal);
  }

  #tellLost(error: unknown, delayMs: number): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const reason = oneLine(error instanceof Error ? error.message : String(error));
    this.#options.onEvent({ kind: "output lost", output: this.#transport.name, reason, delayMs });
  }

  #tellRestored(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#options.onEvent({ kind: "output restored", output: this.#transport.name });
  }
}

/** Resolves after some time, or as soon as the signal is aborted. Leaves nothing on the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  signal.addEventListener("abort", end);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  });
}

/** Settles with the promise, or rejects with the signal's reason. Leaves nothing on the signal. */
async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
