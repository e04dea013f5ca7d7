/** How running streams are, on one line of a terminal that is drawn anew beneath the log. */
import { formatDuration } from "../frame/duration.ts";
import type { FeedStatus } from "./feed.ts";
import { type ProgressOutput, standardError } from "./progress.ts";

/** Options of {@link StatusLine}. */
export interface StatusLineOptions {
  /** Gives what to draw, for so many columns; called once a second. */
  readonly describe: (columns: number) => string;
  /** Where to; standard error by default. */
  readonly output?: ProgressOutput;
  /** Whether it is drawn; on terminals by default. Lines of text are printed all the same. */
  readonly isShown?: boolean;
}

const PERIOD_MS = 1000;

/** Goes to the start of the line and clears it: no mode of the terminal is changed. */
const CLEAR = "\r\x1b[K";

/**
 * Prints lines of text, and keeps one beneath them that says how things are.
 *
 * It keeps no process alive, and a closed output does not end the run.
 */
export class StatusLine {
  readonly #describe: (columns: number) => string;
  readonly #output: ProgressOutput;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #isDrawn = false;

  /** Draws after the first second, until it is stopped. */
  constructor({ describe, output = standardError(), isShown = true }: StatusLineOptions) {
    this.#describe = describe;
    this.#output = output;
    if (!isShown || !output.isTerminal) return;
    this.#timer = setInterval(() => this.#draw(), PERIOD_MS);
    Deno.unrefTimer(this.#timer);
  }

  /** Prints a line of text; the next drawing is beneath it. */
  print(line: string): void {
    this.#clear();
    this.#output.write(`${line}\n`);
  }

  /** Takes the line away for good. Safe to call twice. */
  stop(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #draw(): void {
    // The last column is left free: what is written there may begin a new line.
    const columns = this.#output.columns() - 1;
    this.#output.write(CLEAR + this.#describe(columns).slice(0, columns));
    this.#isDrawn = true;
  }

  #clear(): void {
    if (this.#isDrawn) this.#output.write(CLEAR);
    this.#isDrawn = false;
  }
}

/** Streams in a line of at most so many columns: each of them, or where they are too many a count. */
export function describeStreams(
  streams: readonly FeedStatus[],
  columns: number,
  nowMs: number = Date.now(),
): string {
  const each = streams.map((stream) => describeStream(stream, nowMs)).join("  |  ");
  if (each.length <= columns || streams.length === 1) return each.slice(0, columns);
  const counts = Map.groupBy(streams, ({ state }) => state).entries()
    .map(([state, { length }]) => `${length} ${state}`);
  const fps = streams.filter(({ state }) => state === "live")
    .reduce((sum, stream) => sum + stream.fps, 0);
  return `${streams.length} streams: ${[...counts].join(", ")}, ${fps.toFixed(1)} fps in all`
    .slice(0, columns);
}

function describeStream(stream: FeedStatus, nowMs: number): string {
  const { name, state, stateSince, fps, latencyMs, dropped } = stream;
  if (state !== "live") {
    return `${name} ${state}` + (state === "ended" ? "" : ` ${formatDuration(nowMs - stateSince)}`);
  }
  const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return [
    `${name} ${fps.toFixed(1)} fps`,
    ...(latencyMs ? [`${Math.round(latencyMs.p95)} ms`] : []),
    ...(drops > 0 ? [`${drops} dropped`] : []),
  ].join(", ");
}
