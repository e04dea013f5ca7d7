import { type Colour, type Rgb, rgbToYuv, type Yuv } from "../frame/colour.ts";
import { i420Layout, type Plane, type Size } from "../frame/geometry.ts";
import type { Font } from "./font.ts";

/** A rectangle in pixels. */
export interface Rectangle extends Size {
  /** Its left edge. */
  readonly x: number;
  /** Its top edge. */
  readonly y: number;
}

/**
 * How much of the background's light a panel takes, of 256, and how much of its colour: more, so that
 * letters on it look grey whatever lies behind.
 */
const SHADE_LUMA = 152;
const SHADE_CHROMA = 216;

/** How much of the background the rim around letters takes, of 256. */
const RIM = 160;

/**
 * A translucent dark box to draw letters and swatches on once, and to lay over many frames.
 *
 * Each sample is premultiplied: `out = source · keep + add + 128 >> 8`, in the stream's own matrix and
 * range.
 */
export class Panel {
  /** Even, so that it covers whole chroma samples. */
  readonly size: Size;
  readonly #colour: Colour;
  readonly #black: number;
  readonly #luma: Layer;
  readonly #cb: Layer;
  readonly #cr: Layer;

  /** An empty box; an odd side is rounded up. */
  constructor(size: Size, colour: Colour) {
    const width = roundUpToEven(size.width);
    const height = roundUpToEven(size.height);
    this.size = { width, height };
    this.#colour = colour;
    this.#black = rgbToYuv([0, 0, 0], colour)[0];
    this.#luma = new Layer(width, height);
    this.#cb = new Layer(width / 2, height / 2);
    this.#cr = new Layer(width / 2, height / 2);
    this.clear();
  }

  /** Takes everything off the box again. */
  clear(): void {
    this.#luma.reset(this.#black, SHADE_LUMA);
    this.#cb.reset(128, SHADE_CHROMA);
    this.#cr.reset(128, SHADE_CHROMA);
  }

  /** Fills a rectangle with a colour; `opacity` is 0–1. What lies outside of the panel is left out. */
  fill({ x, y, width, height }: Rectangle, rgb: Rgb, opacity = 1): void {
    const [luma, cb, cr]: Yuv = rgbToYuv(rgb, this.#colour);
    const cover = Math.round(256 * opacity);
    this.#luma.cover(x, y, x + width, y + height, luma, cover);
    // Chroma samples that are half outside count as outside: a swatch keeps clean edges.
    const chroma = [Math.ceil(x / 2), Math.ceil(y / 2), x + width >> 1, y + height >> 1] as const;
    this.#cb.cover(...chroma, cb, cover);
    this.#cr.cover(...chroma, cr, cover);
  }

  /** Writes a text with the top of its capitals at `y`; `grey` is 0–1. */
  write(text: string, x: number, y: number, font: Font, grey = 1): void {
    const ink = rgbToYuv([255 * grey, 255 * grey, 255 * grey], this.#colour)[0];
    const { advance, rim } = font;
    for (const part of ["rim", "fill"] as const) {
      const code = part === "rim" ? this.#black : ink;
      const strength = part === "rim" ? RIM : 256;
      for (let index = 0; index < text.length; index++) {
        const glyph = font.glyph(text[index]!);
        const left = x - rim + index * advance;
        this.#luma.stamp(left, y - rim, glyph.width, glyph[part], code, strength);
      }
    }
  }

  /**
   * Lays the panel, or a part of it, over a packed I420 frame with its corner at (x, y). All
   * coordinates are even; what lies outside of the frame is left out.
   */
  draw(
    frame: Uint8Array,
    frameSize: Size,
    x: number,
    y: number,
    part: Rectangle = { x: 0, y: 0, ...this.size },
  ): void {
    const layout = i420Layout(frameSize);
    const half = { x: part.x / 2, y: part.y / 2, width: part.width / 2, height: part.height / 2 };
    this.#luma.draw(frame, layout.y, x, y, part);
    this.#cb.draw(frame, layout.u, x / 2, y / 2, half);
    this.#cr.draw(frame, layout.v, x / 2, y / 2, half);
  }
}

/** One plane of a panel. */
class Layer {
  readonly #width: number;
  readonly #height: number;
  readonly #keep: Uint16Array;
  readonly #add: Uint16Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#keep = new Uint16Array(width * height);
    this.#add = new Uint16Array(width * height);
  }

  reset(code: number, cover: number): void {
    this.#keep.fill(256 - cover);
    this.#add.fill(code * cover);
  }

  cover(left: number, top: number, right: number, bottom: number, code: number, cover: number) {
    for (let y = Math.max(0, top); y < Math.min(bottom, this.#height); y++) {
      for (let x = Math.max(0, left); x < Math.min(right, this.#width); x++) {
        this.#over(y * this.#width + x, code, cover);
      }
    }
  }

  stamp(
    left: number,
    top: number,
    width: number,
    coverage: Uint16Array,
    code: number,
    strength: number,
  ): void {
    for (let index = 0; index < coverage.length; index++) {
      if (coverage[index] === 0) continue;
      const x = left + index % width;
      const y = top + Math.floor(index / width);
      if (x < 0 || x >= this.#width || y < 0 || y >= this.#height) continue;
      this.#over(y * this.#width + x, code, coverage[index]! * strength >> 8);
    }
  }

  #over(at: number, code: number, cover: number): void {
    this.#keep[at] = this.#keep[at]! * (256 - cover) >> 8;
    this.#add[at] = (this.#add[at]! * (256 - cover) >> 8) + code * cover;
  }

  draw(frame: Uint8Array, plane: Plane, x: number, y: number, part: Rectangle): void {
    const keep = this.#keep;
    const add = this.#add;
    const width = Math.min(part.width, this.#width - part.x, plane.width - x);
    const height = Math.min(part.height, this.#height - part.y, plane.height - y);
    for (let row = 0; row < height; row++) {
      let from = (part.y + row) * this.#width + part.x;
      let to = plane.offset + (y + row) * plane.width + x;
      for (const end = from + width; from < end; from++, to++) {
        frame[to] = frame[to]! * keep[from]! + add[from]! + 128 >> 8;
      }
    }
  }
}

/** The smallest even number that is not below `value`. */
export function roundUpToEven(value: number): number {
  return 2 * Math.ceil(value / 2);
}
