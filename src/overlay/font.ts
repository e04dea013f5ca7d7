/**
 * Text at any size from one small dot matrix: dots that touch are joined to strokes, and a pixel's
 * coverage follows from its distance to the nearest stroke. At one pixel a dot that is the dot matrix
 * itself; at larger sizes the strokes are smooth and round.
 */
import type { Size } from "../frame/geometry.ts";
import { GLYPH_COLUMNS, GLYPH_ROWS, hasDot } from "./glyphs.ts";

/** The coverage of one character's pixels, row-major, 0–256. */
export interface Glyph {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The strokes. */
  readonly fill: Uint16Array;
  /** The strokes and a rim around them, which keeps them apart from any background. */
  readonly rim: Uint16Array;
}

/** A straight line between the centres of two dots, or one dot where the ends are the same. */
type Stroke = readonly [x0: number, y0: number, x1: number, y1: number];

/** A size of the font, with the glyphs that were asked for so far. */
export class Font {
  /** Pixels a dot; need not be whole. */
  readonly dot: number;
  /** Pixels from a character to the next. */
  readonly advance: number;
  /** Pixels that glyphs reach beyond their place, for the rim. */
  readonly rim: number;
  /** Pixels from the top of a capital to the baseline. */
  readonly capHeight: number;
  readonly #glyphs = new Map<string, Glyph>();

  /** A font of `dot` pixels a dot; a capital is 7 dots high. */
  constructor(dot: number) {
    this.dot = dot;
    this.advance = Math.round(6 * dot);
    this.rim = Math.ceil(dot * 0.75);
    this.capHeight = Math.round(7 * dot);
  }

  /** Pixels from the start of a text to its end. */
  widthOf(text: string): number {
    return text.length * this.advance;
  }

  /** The glyph of a character. Its place begins at (rim, rim) of the coverage. */
  glyph(character: string): Glyph {
    let glyph = this.#glyphs.get(character);
    if (!glyph) this.#glyphs.set(character, glyph = this.#draw(strokesOf(character)));
    return glyph;
  }

  #draw(strokes: readonly Stroke[]): Glyph {
    const width = Math.ceil(GLYPH_COLUMNS * this.dot) + 2 * this.rim;
    const height = Math.ceil(GLYPH_ROWS * this.dot) + 2 * this.rim;
    const fill = new Uint16Array(width * height);
    const rim = new Uint16Array(width * height);
    const radius = this.dot / 2;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const pixel = y * width + x;
        const gridX = (x + 0.5 - this.rim) / this.dot - 0.5;
        const gridY = (y + 0.5 - this.rim) / this.dot - 0.5;
        let nearest = Infinity;
        for (const stroke of strokes) nearest = Math.min(nearest, distanceTo(stroke, gridX, gridY));
        const distance = nearest * this.dot;
        fill[pixel] = coverage(radius - distance);
        rim[pixel] = coverage(radius + this.rim - distance);
      }
    }
    return { width, height, fill, rim };
  }
}

/**
 * The font for a frame: capitals of 7 pixels at 640×360, 18 at 1920×1080. In steps of half a pixel a
 * dot, which keep upright strokes sharp.
 */
export function fontFor(frame: Size): Font {
  const dot = Math.min(frame.height / 400, frame.width / 576);
  return new Font(Math.max(1, Math.round(2 * dot) / 2));
}

/** How much of a pixel lies inside, from how far inside its centre lies. */
function coverage(inside: number): number {
  return Math.round(256 * Math.min(1, Math.max(0, inside + 0.5)));
}

/**
 * Joins each dot to its neighbours; to a diagonal one only where no dot beside both makes a corner of
 * it. A dot that joins none stands for itself.
 */
function strokesOf(character: string): Stroke[] {
  const strokes: Stroke[] = [];
  for (let y = 0; y < GLYPH_ROWS; y++) {
    for (let x = 0; x < GLYPH_COLUMNS; x++) {
      if (!hasDot(character, x, y)) continue;
      strokes.push([x, y, x, y]);
      const right = hasDot(character, x + 1, y);
      const below = hasDot(character, x, y + 1);
      const left = hasDot(character, x - 1, y);
      if (right) strokes.push([x, y, x + 1, y]);
      if (below) strokes.push([x, y, x, y + 1]);
      if (!right && !below && hasDot(character, x + 1, y + 1)) strokes.push([x, y, x + 1, y + 1]);
      if (!left && !below && hasDot(character, x - 1, y + 1)) strokes.push([x, y, x - 1, y + 1]);
    }
  }
  return strokes;
}

function distanceTo([x0, y0, x1, y1]: Stroke, x: number, y: number): number {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const lengthSquared = dx * dx + dy * dy;
  const along = lengthSquared === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / lengthSquared;
  const nearest = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - nearest * dx, y - y0 - nearest * dy);
}
