import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import type { Colour, Rgb } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import { type Font, fontFor } from "./font.ts";
import { defaultPalette, type Palette } from "./palette.ts";
import { Panel, type Rectangle, roundUpToEven } from "./panel.ts";

/** What a {@link Legend} names. Plain data: it may cross to a worker. */
export interface LegendOptions {
  /** Of the frames to draw on: the output's. */
  readonly size: Size;
  /** The source's matrix and range. */
  readonly colour: Colour;
  /** The Cityscapes train classes by default. */
  readonly classes?: readonly SegmentationClass[];
  /** The classes' own colours by default. */
  readonly palette?: Palette;
  /** Class ids to list. All by default. */
  readonly visible?: ReadonlySet<number>;
}

/** A place in the strip. Cells tile it: some at its end may be empty. */
interface Cell extends Rectangle {
  readonly id: number | undefined;
}

/** How bright an entry is, from absent to present. */
const LEVELS = [0.5, 0.6, 0.7, 0.85, 1];

/** The share of the frame from which a class counts as fully present. */
const FULL_SHARE = 0.004;

/** About how many labels are looked at to find which classes are present. */
const SAMPLES = 20_000;

/**
 * A strip along the lower edge with the name and the colour of every visible class.
 *
 * Entries never move; those of classes that are not in the frame are dim, and brighten in steps with
 * the class's share of it. That needs no memory of earlier frames, so that workers that take turns
 * draw the same legend.
 */
export class Legend {
  readonly #size: Size;
  readonly #cells: readonly Cell[];
  readonly #panels: readonly Panel[];
  readonly #counts = new Int32Array(256);

  /** Draws the strip once for each brightness. */
  constructor(options: LegendOptions) {
    const { size, colour, classes = CITYSCAPES_CLASSES } = options;
    const palette = options.palette ?? defaultPalette(classes);
    const ids = [...classes.keys()].filter((id) => options.visible?.has(id) ?? true);
    const font = fontFor(size);
    const names = classes.map((each) => each.name);
    this.#size = size;
    this.#cells = layOutCells(ids, names, font, size.width);
    const strip = extentOf(this.#cells);
    // On a small frame a long legend would hide what it explains.
    const fits = ids.length > 0 && 2 * strip.height <= size.height;
    this.#panels = (fits ? LEVELS : []).map((level) => {
      const panel = new Panel(strip, colour);
      for (const cell of this.#cells) {
        if (cell.id !== undefined) {
          drawEntry(panel, cell, names[cell.id]!, palette[cell.id]!, font, level);
        }
      }
      return panel;
    });
  }

  /**
   * Draws the legend on a packed I420 frame. `labels` is the frame's class map, of any size. Left out
   * on frames that it would more than half cover.
   */
  draw(frame: Uint8Array, labels: Uint8Array): void {
    const { width, height } = this.#size;
    const strip = this.#panels[0]?.size;
    if (!strip) return;
    const x = Math.max(0, (width - strip.width) >> 2 << 1);
    const y = height - strip.height;
    const step = Math.max(1, Math.floor(labels.length / SAMPLES)) | 1;
    this.#counts.fill(0);
    for (let at = 0; at < labels.length; at += step) this.#counts[labels[at]!]!++;
    const full = Math.max(1, FULL_SHARE * labels.length / step);
    for (const cell of this.#cells) {
      const presence = cell.id === undefined ? 0 : Math.min(1, this.#counts[cell.id]! / full);
      const panel = this.#panels[Math.ceil(presence * (LEVELS.length - 1))]!;
      panel.draw(frame, this.#size, x + cell.x, y + cell.y, cell);
    }
  }
}

/** Lengths in a cell, in dots of the font. */
const PADDING = 4;
const SWATCH = 9;

/** As many columns as fit, filled one after the other so that categories stay together. */
function layOutCells(
  ids: readonly number[],
  names: readonly string[],
  font: Font,
  width: number,
): Cell[] {
  const rest = Math.round((3 * PADDING + SWATCH) * font.dot);
  const height = roundUpToEven(12 * font.dot);
  for (let rows = 1;; rows++) {
    const cells: Cell[] = [];
    let x = 0;
    for (let first = 0; first < ids.length; first += rows) {
      const column = ids.slice(first, first + rows);
      const longest = Math.max(...column.map((id) => font.widthOf(names[id]!)));
      const cellWidth = roundUpToEven(longest + rest);
      for (let row = 0; row < rows; row++) {
        cells.push({ id: column[row], x, y: row * height, width: cellWidth, height });
      }
      x += cellWidth;
    }
    if (x <= width || rows >= ids.length) return cells;
  }
}

function extentOf(cells: readonly Cell[]): Size {
  const last = cells.at(-1);
  return last
    ? { width: last.x + last.width, height: last.y + last.height }
    : { width: 0, height: 0 };
}

function drawEntry(
  panel: Panel,
  cell: Rectangle,
  name: string,
  rgb: Rgb,
  font: Font,
  level: number,
): void {
  const left = cell.x + roundUpToEven(PADDING * font.dot);
  const side = roundUpToEven(font.capHeight);
  const top = cell.y + 2 * Math.round((cell.height - side) / 4);
  const edge = Math.max(1, Math.round(font.dot / 2));
  const swatch = { x: left, y: top, width: roundUpToEven(SWATCH * font.dot), height: side };
  // A pale edge keeps dark colours apart from the dark box.
  panel.fill(grow(swatch, edge), [200, 200, 200], level);
  panel.fill(swatch, rgb, level);
  panel.write(name, left + swatch.width + Math.round(PADDING * font.dot), top, font, level);
}

function grow({ x, y, width, height }: Rectangle, by: number): Rectangle {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}
