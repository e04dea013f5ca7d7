/** What happens to live streams as lines of a log, for people or for machines, and as counts. */
import { formatDuration } from "../frame/duration.ts";
import { formatSize } from "../frame/geometry.ts";
import type { StreamEvent } from "../frame/stream_event.ts";

/** How a log is written: sentences, or a JSON object a line. */
export type LogFormat = "text" | "json";

/** How a {@link StreamLog} writes. */
export interface StreamLogOptions {
  /** For people or for machines. */
  readonly format: LogFormat;
  /** Takes a line, without its line break. Must not throw. */
  readonly write: (line: string) => void;
  /** The time of an event, in milliseconds of the epoch; now by default. */
  readonly nowMs?: () => number;
}

/** How often a line may come again while nothing but its figures changed. */
const REPEAT_INTERVAL_MS = 60_000;

/** Kinds that come again and again while a camera or an output is away. */
const REPEATING: ReadonlySet<StreamEvent["kind"]> = new Set(
  ["lost", "stalled", "retrying", "rejected", "output lost"] as const,
);

/** Different reasons of a stream that are told apart; the ones beyond count as one. */
const MOST_REASONS = 16;

/** A line that was written and may come again. */
interface Repetition {
  writtenMs: number;
  /** Lines like it that were left out since. */
  hidden: number;
}

/**
 * Writes events as they come, each as one line.
 *
 * A line that says the same as one of the last minute is left out, and counted in the next of its
 * kind: a camera that is away for weeks writes a line a minute. Once something is back, everything is
 * news again. Memory is bounded by the number of streams.
 */
export class StreamLog {
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;
  readonly #nowMs: () => number;
  /** By stream, then by what is said. */
  readonly #said = new Map<string, Map<string, Repetition>>();

  /** Writes nothing yet. */
  constructor({ format, write, nowMs = Date.now }: StreamLogOptions) {
    this.#format = format;
    this.#write = write;
    this.#nowMs = nowMs;
  }

  /** Writes a line for the event of a stream, unless it only repeats one. */
  add(stream: string, event: StreamEvent): void {
    const atMs = this.#nowMs();
    const hidden = this.#repetitions(stream, event, atMs);
    if (hidden === undefined) return;
    const line = this.#format === "json"
      ? JSON.stringify({ ...eventRecord(stream, event, atMs), ...(hidden > 0 && { hidden }) })
      : `${formatTime(atMs)} ${stream} ${describeEvent(event)}` +
        (hidden > 0 ? ` (${hidden} more like it)` : "");
    this.#write(line);
  }

  /** How many lines like this one were left out before it; undefined if it is to be left out. */
  #repetitions(stream: string, event: StreamEvent, atMs: number): number | undefined {
    let said = this.#said.get(stream);
    if (said === undefined) this.#said.set(stream, said = new Map());
    if (event.kind === "connected" || event.kind === "output restored") said.clear();
    if (!REPEATING.has(event.kind)) return 0;
    const key = repetitionKey(event, said);
    const last = said.get(key);
    if (last !== undefined && atMs - last.writtenMs < REPEAT_INTERVAL_MS) {
      last.hidden += 1;
      return undefined;
    }
    said.set(key, { writtenMs: atMs, hidden: 0 });
    return last?.hidden ?? 0;
  }
}

/** Counts events by kind, for the metrics and the end of a run. */
export class EventCounts {
  readonly #counts: Partial<Record<StreamEvent["kind"], number>> = {};

  /** Counts an event. */
  add({ kind }: StreamEvent): void {
    this.#counts[kind] = this.of(kind) + 1;
  }

  /** How many there were of a kind. */
  of(kind: StreamEvent["kind"]): number {
    return this.#counts[kind] ?? 0;
  }

  /** All that came at least once, by kind: a copy. */
  get all(): Readonly<Partial<Record<StreamEvent["kind"], number>>> {
    return { ...this.#counts };
  }
}

/** An event with its time and its stream, as machines read it. */
export function eventRecord(stream: string, event: StreamEvent, atMs: number): EventRecord {
  return { time: new Date(atMs).toISOString(), stream, ...event };
}

/** What {@link eventRecord} gives: plain data. */
export type EventRecord = StreamEvent & {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The stream's name. */
  readonly stream: string;
};

/** An event as a part of a sentence: "stalled: no frame for 10 s". */
export function describeEvent(event: StreamEvent): string {
  return `${event.kind}: ${detail(event)}`;
}

function detail(event: StreamEvent): string {
  switch (event.kind) {
    case "connected": {
      const { codec, size, attempt, awayMs } = event;
      const away = awayMs > 0 ? ` after ${formatDuration(awayMs)} without frames` : "";
      const attempts = attempt > 1 ? `, at attempt ${attempt}` : "";
      return `${codec}, ${formatSize(size)}${attempts}${away}`;
    }
    case "resized":
      return `the camera sends ${formatSize(event.to)} instead of ${formatSize(event.from)}`;
    case "stalled":
      return `no frame for ${formatDuration(event.silentMs)}`;
    case "retrying":
      return `attempt ${event.attempt} in ${formatDuration(event.delayMs)} (${event.reason})`;
    case "rejected":
      return `${event.reason}; asked again in ${formatDuration(event.delayMs)}`;
    case "gave up":
      return `${event.reason}, at each of ${event.attempts} attempts`;
    case "clock jumped":
      return `by ${formatDuration(Math.abs(event.jumpMs))}${event.jumpMs < 0 ? " back" : ""}; ` +
        "frames are timed by their arrival from here";
    case "segment closed":
      return event.path;
    case "output lost":
      return `${event.output}: ${event.reason}; tried again in ${formatDuration(event.delayMs)}`;
    case "output restored":
      return event.output;
    case "stepped":
      return `the network runs at ${formatSize(event.to)} instead of ${formatSize(event.from)} ` +
        `(${event.reason})`;
    case "lost":
    case "failed":
    case "worker replaced":
    case "encoder replaced":
      return event.reason;
  }
}

/** What is said apart from its figures: attempts, delays and ports are no news. */
function repetitionKey(event: StreamEvent, said: ReadonlyMap<string, unknown>): string {
  const output = "output" in event ? event.output : "";
  const reason = "reason" in event ? event.reason.replaceAll(/\d+/g, "0") : "";
  const key = [event.kind, output, reason].join("\n");
  return said.has(key) || said.size < MOST_REASONS ? key : event.kind;
}

/** To the second: what a person reads. */
function formatTime(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}
