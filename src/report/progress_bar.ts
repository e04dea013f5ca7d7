import cliProgress from "cli-progress";
import type { ProgressMeter } from "./progress_meter.ts";

const REDRAWS_A_SECOND = 10;
const LARGEST_BAR = 40;
const SMALLEST_BAR = 8;
/** Room for "12345/12345 frames  123.4 fps  ETA 1:02:03  99 dropped", so that the bar does not jump. */
const FIGURES_WIDTH = 54;

/** The terminal that a bar is drawn on. */
export interface BarOutput {
  /** Its width, asked for at each drawing. */
  columns(): number;
  /** Writes at once. */
  write(text: string): void;
}

/** A bar that is drawn anew until it is stopped. */
export interface Bar {
  /** Begins to draw. */
  start(total: number, value: number): void;
  /** Tells that there is something new to draw. */
  update(value: number): void;
  /** Draws now; `force` draws what is there already as well. */
  render(force?: boolean): void;
  /** Draws a last time and ends the line. */
  stop(): void;
}

/** What is used of cli-progress, which carries no types. */
interface TimedBar extends Bar {
  timer: { unref(): void };
}
const SingleBar: new (options: object) => TimedBar = cliProgress.SingleBar;

/** A bar whose timer does not keep the process alive. */
class BackgroundBar extends SingleBar {
  override render(force?: boolean): void {
    super.render(force);
    this.timer.unref();
  }
}

/**
 * A bar on one line of a terminal. Beyond `start()` cli-progress draws it anew ten times a second
 * until `stop()`.
 */
export function createBar(output: BarOutput, meter: ProgressMeter): Bar {
  return new BackgroundBar({
    terminal: new LineTerminal(output),
    format: () => barLine(meter, output.columns()),
    fps: REDRAWS_A_SECOND,
  });
}

/** A percentage and a bar, where the total is known, and the figures; fits the columns. */
function barLine(meter: ProgressMeter, columns: number): string {
  const figures = meter.describe().join("  ");
  const { share } = meter;
  if (share === undefined) return figures;
  const percentage = `${Math.floor(100 * share)}%`.padStart(4);
  const room = columns - FIGURES_WIDTH - `${percentage}   `.length;
  if (room < SMALLEST_BAR) return `${percentage}  ${figures}`;
  const width = Math.min(LARGEST_BAR, room);
  const done = Math.round(share * width);
  return `${percentage} ${"█".repeat(done)}${"░".repeat(width - done)}  ${figures}`;
}

/**
 * What cli-progress needs of a terminal, and no more: it goes to the start of the line and clears
 * the rest. The cursor stays visible, its position is not saved (other lines may scroll it away) and
 * line wrapping stays on, so a process that is killed leaves the terminal as it was.
 */
class LineTerminal {
  readonly #output: BarOutput;

  constructor(output: BarOutput) {
    this.#output = output;
  }

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.#output.columns();
  }

  cursorTo(): void {
    this.#output.write("\r");
  }

  write(text: string): void {
    this.#output.write(text.slice(0, Math.max(0, this.getWidth() - 1)));
  }

  clearRight(): void {
    this.#output.write("\x1b[K");
  }

  newline(): void {
    this.#output.write("\n");
  }

  cursor(): void {}
  cursorSave(): void {}
  cursorRestore(): void {}
  lineWrapping(): void {}
}
