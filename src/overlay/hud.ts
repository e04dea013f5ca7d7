import type { Colour } from "../frame/colour.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import { type Font, fontFor } from "./font.ts";
import { Panel, roundUpToEven } from "./panel.ts";

/** What the HUD shows: plain data, as measured by whoever draws it. */
export interface HudValues {
  /** Frames a second; undefined until it is known. */
  readonly fps?: number | undefined;
  /** From a frame's arrival to its display; undefined until it is known. */
  readonly latencyMs?: number | undefined;
  /** The execution provider's name. */
  readonly provider: string;
  /** The resolution that the network runs at. */
  readonly modelSize: Size;
  /** A line of its own below, such as "reconnecting". */
  readonly message?: string | undefined;
}

/** The value column's width in characters, so that the box does not breathe with its numbers. */
const VALUE_CHARACTERS = 9;

/** The longest name and a space. */
const NAME_CHARACTERS = 9;

/**
 * A box in the upper left corner with the run's figures.
 *
 * It is drawn anew when a figure changes and laid over the frame otherwise. One for each worker.
 */
export class Hud {
  readonly #size: Size;
  readonly #colour: Colour;
  readonly #font: Font;
  #panel: Panel | undefined;
  #shown = "";

  /** `size` is that of the frames to draw on: the output's. */
  constructor(size: Size, colour: Colour) {
    this.#size = size;
    this.#colour = colour;
    this.#font = fontFor(size);
  }

  /** Draws the HUD on a packed I420 frame. Left out on frames that it would more than half cover. */
  draw(frame: Uint8Array, values: HudValues): void {
    const rows = hudRows(values);
    const shown = JSON.stringify([rows, values.message]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#render(rows, values.message);
    }
    const panel = this.#panel!;
    const margin = roundUpToEven(6 * this.#font.dot);
    if (2 * panel.size.height > this.#size.height) return;
    panel.draw(frame, this.#size, margin, margin);
  }

  #render(rows: readonly (readonly [name: string, value: string])[], message?: string): void {
    const { dot, advance } = this.#font;
    const padding = Math.round(5 * dot);
    const pitch = Math.round(11 * dot);
    const values = rows.map(([, value]) => value.length);
    const characters = Math.max(
      NAME_CHARACTERS + Math.max(VALUE_CHARACTERS, ...values),
      message?.length ?? 0,
    );
    const lines = rows.length + (message ? 1 : 0);
    const size = {
      width: roundUpToEven(characters * advance + 2 * padding),
      height: roundUpToEven((lines - 1) * pitch + this.#font.capHeight + 2 * padding),
    };
    if (this.#panel && formatSize(this.#panel.size) === formatSize(size)) this.#panel.clear();
    else this.#panel = new Panel(size, this.#colour);
    for (const [index, [name, value]] of rows.entries()) {
      const y = padding + index * pitch;
      this.#panel.write(name, padding, y, this.#font, 0.72);
      this.#panel.write(value, padding + NAME_CHARACTERS * advance, y, this.#font);
    }
    if (message) this.#panel.write(message, padding, padding + rows.length * pitch, this.#font);
  }
}

function hudRows(values: HudValues): [name: string, value: string][] {
  return [
    ["fps", formatFigure(values.fps)],
    ["latency", `${formatFigure(values.latencyMs)} ms`],
    ["provider", values.provider],
    ["model", formatSize(values.modelSize)],
  ];
}

/** Three digits: 9.87, 98.7, 987; "--" for what is not known. */
function formatFigure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "--";
  return value.toFixed(value < 100 ? 1 : 0);
}
