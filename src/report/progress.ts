import { createBar } from "./progress_bar.ts";
import { ProgressMeter } from "./progress_meter.ts";

/** Where progress is shown; standard error by default. */
export interface ProgressOutput {
  /** Whether a line can be drawn anew. */
  readonly isTerminal: boolean;
  /** Width of the terminal, asked for at each drawing. */
  columns(): number;
  /** Writes at once. */
  write(text: string): void;
}

/** Options of {@link startProgress}. */
export interface ProgressOptions {
  /** How many frames there will be, as far as is known; an estimate is good enough. */
  readonly total?: number | undefined;
  /** What is counted, in the plural; frames by default. */
  readonly unit?: string;
  /** Shows nothing at all, notes included. */
  readonly quiet?: boolean;
  /** Where to show it. */
  readonly output?: ProgressOutput;
  /** The clock in milliseconds, for tests. */
  readonly nowMs?: () => number;
}

/**
 * Shows how far a run is. Lives on the main thread.
 *
 * - On a terminal: one line that is drawn anew ten times a second. The cursor stays visible and no
 *   mode of the terminal is changed, so that nothing needs mending after a hard stop.
 * - Elsewhere: a plain line every five seconds at most.
 * - It keeps no process alive, and a closed standard error does not end the run.
 */
export interface Progress {
  /** Tells how many frames were written and how many were dropped so far. */
  update(frames: number, dropped?: number): void;
  /** Prints a line of text without harming the bar. */
  note(line: string): void;
  /** Ends the display and leaves its last state on the screen. Safe to call twice. */
  stop(outcome?: "complete" | "interrupted"): void;
}

/** Begins to show progress; call `stop()` when the run ends, however it ends. */
export function startProgress(options: ProgressOptions = {}): Progress {
  if (options.quiet === true) return { update() {}, note() {}, stop() {} };
  const output = options.output ?? standardError();
  const nowMs = options.nowMs ?? (() => performance.now());
  const meter = new ProgressMeter(options.total, nowMs, options.unit);
  return output.isTerminal ? progressBar(output, meter) : progressLines(output, meter, nowMs);
}

const LINE_INTERVAL_MS = 5000;

function progressBar(output: ProgressOutput, meter: ProgressMeter): Progress {
  const bar = createBar(output, meter);
  let running = true;
  bar.start(0, 0);
  return {
    update(frames, dropped = 0) {
      meter.update(frames, dropped);
      if (running) bar.update(frames);
    },
    note(line) {
      if (running) output.write("\r\x1b[K");
      output.write(`${line}\n`);
      if (running) bar.render(true);
    },
    stop(outcome = "complete") {
      if (!running) return;
      running = false;
      if (outcome === "complete") meter.complete();
      bar.stop();
    },
  };
}

function progressLines(
  output: ProgressOutput,
  meter: ProgressMeter,
  nowMs: () => number,
): Progress {
  let printedMs = nowMs();
  let running = true;
  return {
    update(frames, dropped = 0) {
      meter.update(frames, dropped);
      if (!running || nowMs() - printedMs < LINE_INTERVAL_MS) return;
      printedMs = nowMs();
      const share = meter.share === undefined ? [] : [`${Math.floor(100 * meter.share)}%`];
      output.write(`${[...share, ...meter.describe()].join(", ")}\n`);
    },
    note(line) {
      output.write(`${line}\n`);
    },
    stop() {
      running = false;
    },
  };
}

/** Standard error; once it cannot be written, progress is lost and the run goes on. */
export function standardError(): ProgressOutput {
  const encoder = new TextEncoder();
  const isTerminal = Deno.stderr.isTerminal();
  let broken = false;
  return {
    isTerminal,
    columns: () => isTerminal ? Deno.consoleSize().columns : 80,
    write(text) {
      if (broken) return;
      try {
        const bytes = encoder.encode(text);
        for (let offset = 0; offset < bytes.length;) {
          offset += Deno.stderr.writeSync(bytes.subarray(offset));
        }
      } catch {
        broken = true;
      }
    },
  };
}
