import { redact } from "./redact.ts";

/** How much of the messages is kept, in characters; the oldest lines go first. */
const TAIL_LENGTH = 4000;

/** Longer lines are cut: the messages are text of unknown origin. */
const LINE_LENGTH = 1000;

/** Lines that end every failed run and say nothing of the reason. */
const EPITAPHS = new RegExp(
  "^(Conversion failed|Cannot determine format of input|Error marking filters|" +
    "Error while decoding stream|Finishing stream|Last message repeated)",
);

/**
 * Reads what ffmpeg prints with `-loglevel level+info -benchmark`: keeps the last warnings and
 * errors, counts the errors, and takes the CPU time. Memory is bounded whatever comes.
 */
export class FfmpegLog {
  /** User and system CPU time in milliseconds, once ffmpeg has ended and said so. */
  cpuMs: number | undefined;
  /** How many error lines there were. */
  errorCount = 0;
  #lines: string[] = [];
  #length = 0;
  #partial = "";
  #serious = false;
  #lastError = "";
  #lastReason = "";
  readonly #onLine: ((line: string) => void) | undefined;

  /** `onLine` takes every line as it comes, of any level, credentials hidden. */
  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** The last warnings and errors, credentials hidden, one a line. */
  get tail(): string {
    return this.#lines.join("\n");
  }

  /** The last error that tells a reason, such as `h264: Invalid NAL unit size`; "" if none. */
  get lastError(): string {
    return this.#lastReason || this.#lastError;
  }

  /** Takes a piece of the output, cut anywhere. */
  push(text: string): void {
    const lines = (this.#partial + text).split(/[\r\n]+/);
    this.#partial = lines.pop()!.slice(0, LINE_LENGTH);
    for (const line of lines) this.#take(line);
  }

  /** Takes the last line, which may lack its end. */
  end(): void {
    this.#take(this.#partial);
    this.#partial = "";
  }

  #take(line: string): void {
    if (line === "") return;
    this.#onLine?.(redact(line.slice(0, LINE_LENGTH)));
    const bench = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(line);
    if (bench) this.cpuMs = Math.round((Number(bench[1]) + Number(bench[2])) * 1000);
    const level = /^(?:\[[^\]]* @ [^\]]*\] )*\[(\w+)\] /.exec(line)?.[1];
    // A line without a level goes on with the message before it.
    if (level !== undefined) this.#serious = /^(warning|error|fatal|panic)$/.test(level);
    if (!this.#serious) return;
    const component = /^(?:\[[^\]]*\] )*\[([^\]]*) @ [^\]]*\] /.exec(line)?.[1];
    const text = redact(line.slice(0, LINE_LENGTH).replace(/^(?:\[[^\]]*\] )+/, "").trim());
    const message = component === undefined ? text : `${component}: ${text}`;
    if (level !== undefined && level !== "warning") this.#note(message, text);
    this.#keep(message);
  }

  #note(message: string, text: string): void {
    this.errorCount++;
    if (!EPITAPHS.test(text)) this.#lastReason = message;
    else this.#lastError = message;
  }

  #keep(line: string): void {
    this.#lines.push(line);
    this.#length += line.length + 1;
    while (this.#length > TAIL_LENGTH && this.#lines.length > 1) {
      this.#length -= this.#lines.shift()!.length + 1;
    }
  }
}
