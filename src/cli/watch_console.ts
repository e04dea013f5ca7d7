/** What a live run says while it runs: for people, or for machines as one JSON object a line. */
import type { StreamEvent } from "../frame/stream_event.ts";
import { describeStreams, StatusLine } from "../report/status_line.ts";
import { type LogFormat, StreamLog } from "../report/stream_log.ts";
import type { FeedStatus } from "../report/feed.ts";
import type { WatchResult } from "../watch/watch.ts";
import { describeError } from "./exit.ts";

/** How a {@link WatchConsole} speaks. */
export interface WatchConsoleOptions {
  readonly format: LogFormat;
  /** Says nothing but where the page is, and errors. */
  readonly quiet: boolean;
  /** Whether other lines go to the terminal, which would be written over. */
  readonly isShared: boolean;
  /** How the cameras are; asked once a second where a terminal shows it. */
  readonly statuses: () => readonly FeedStatus[];
}

/** A camera that answers does so in less. */
const SILENCE_MS = 2000;

/** Recordings that are named at the end; a run of months has thousands. */
const MOST_PATHS = 5;

/** Everything goes to standard error: standard output may be the events. */
export class WatchConsole {
  readonly #format: LogFormat;
  readonly #quiet: boolean;
  readonly #line: StatusLine;
  readonly #log: StreamLog;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /** Shows how the cameras are from now on. */
  constructor({ format, quiet, isShared, statuses }: WatchConsoleOptions) {
    this.#format = format;
    this.#quiet = quiet;
    const line = this.#line = new StatusLine({
      describe: (columns) => describeStreams(statuses(), columns),
      isShown: !quiet && !isShared && format === "text",
    });
    this.#log = new StreamLog({ format, write: (text) => line.print(text) });
  }

  /** What is being opened: said if nothing happens for a while. */
  expect(what: string): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(
      () => this.note(`Waiting for ${what}; Ctrl-C ends the run.`),
      SILENCE_MS,
    );
    Deno.unrefTimer(this.#waiting);
  }

  /** Something happened to a camera. */
  event(camera: string, event: StreamEvent): void {
    clearTimeout(this.#waiting);
    if (!this.#quiet) this.#log.add(camera, event);
  }

  /** A sentence about the run as a whole. */
  note(message: string): void {
    if (!this.#quiet) this.#say("note", message, { message });
  }

  /** Where the page is. It is said in any case: there may be a token in it that nothing else tells. */
  page(url: string): void {
    this.#say("page", `The live page is at ${url}`, { url });
  }

  /** How each camera ended. */
  results(results: readonly WatchResult[]): void {
    this.stop();
    for (const { name, status, paths, error } of results) {
      // Of a camera that never came there is nothing to sum up.
      if (!this.#quiet && (error === undefined || status.framesIn > 0)) {
        const { framesIn, framesOut, dropped, framesHeld, reconnects } = status;
        const counts = { framesIn, framesOut, dropped, framesHeld, reconnects };
        const text = [summary(status), ...written(paths)].join("\n");
        this.#say("summary", text, { stream: name, ...counts, paths });
      }
      if (error === undefined) continue;
      const message = describeError(error, { debug: false });
      this.#say(
        "error",
        results.length > 1 ? message.replace(/^segstream: /, `segstream: ${name}: `) : message,
        { stream: name, message: error.message },
      );
    }
  }

  /** Takes the status away. Safe to call twice. */
  stop(): void {
    clearTimeout(this.#waiting);
    this.#line.stop();
  }

  #say(kind: string, text: string, fields: object): void {
    this.#line.print(
      this.#format === "text"
        ? text
        : JSON.stringify({ time: new Date().toISOString(), kind, ...fields }),
    );
  }
}

/** One camera's run in a sentence. */
function summary({ name, framesIn, framesOut, dropped, framesHeld, reconnects }: FeedStatus) {
  const drops = Object.entries(dropped).filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} dropped (${reason})`);
  const parts = [
    `${framesIn} frames in`,
    `${framesOut} out`,
    ...drops,
    ...(framesHeld > 0 ? [`${framesHeld} repeated`] : []),
    ...(reconnects > 0 ? [`${reconnects} reconnect${reconnects === 1 ? "" : "s"}`] : []),
  ];
  return `${name}: ${parts.join(", ")}`;
}

function written(paths: readonly string[]): readonly string[] {
  const named = paths.slice(-MOST_PATHS).map((path) => `wrote ${path}`);
  const others = paths.length - named.length;
  return others > 0 ? [`wrote ${others} recordings before these:`, ...named] : named;
}
