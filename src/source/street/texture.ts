import { CLEAR, type Paint } from "./paint.ts";

/**
 * An image of paints with its reduced copies, each half as large as the one before. Texels lie
 * column by column, because upright surfaces are drawn so. Both sides are powers of two.
 */
export interface Texture {
  /** Texels across the first level. */
  readonly width: number;
  /** Texels down the first level. */
  readonly height: number;
  /** levels[n] is (width >> n) · (height >> n) paints. */
  readonly levels: readonly Int32Array[];
  /**
   * Which rows of a column have anything to show: the first, then the row after the last, for each
   * column of each level.
   */
  readonly extents: readonly Int16Array[];
}

/** A texture while it is being made. */
export class Sheet {
  /** width · height paints, column by column. */
  readonly texels: Int32Array;

  /** Starts with `width` · `height` texels of `background`; both sides are powers of two. */
  constructor(readonly width: number, readonly height: number, background: Paint) {
    this.texels = new Int32Array(width * height).fill(background);
  }

  /** Fills a rectangle given in texels; what lies outside the sheet is cut off. */
  rectangle(left: number, top: number, right: number, bottom: number, fill: Paint): void {
    const x1 = Math.min(this.width, Math.round(right));
    const y0 = Math.max(0, Math.round(top));
    const y1 = Math.min(this.height, Math.round(bottom));
    for (let x = Math.max(0, Math.round(left)); x < x1; x++) {
      if (y1 > y0) this.texels.fill(fill, x * this.height + y0, x * this.height + y1);
    }
  }

  /** Adds `strength · noise` to the luma of every opaque texel. `noise` is square and tiles. */
  roughen(noise: Float32Array, strength: number): void {
    const mask = Math.sqrt(noise.length) - 1;
    for (let x = 0; x < this.width; x++) {
      for (let y = 0; y < this.height; y++) {
        const index = x * this.height + y;
        const texel = this.texels[index]!;
        if (texel >> 24 === -1) continue;
        const luma = (texel & 255) + strength * noise[(y & mask) * (mask + 1) + (x & mask)]!;
        this.texels[index] = (texel & ~255) | Math.min(235, Math.max(16, luma));
      }
    }
  }

  /** The finished texture; the sheet's texels become its first level. */
  finish(): Texture {
    const levels = [this.texels];
    let width = this.width;
    let height = this.height;
    while (width > 1 && height > 1) {
      levels.push(halve(levels.at(-1)!, width, height));
      width >>= 1;
      height >>= 1;
    }
    const extents = levels.map((texels, level) => extentsOf(texels, this.height >> level));
    return { width: this.width, height: this.height, levels, extents };
  }
}

function extentsOf(texels: Int32Array, height: number): Int16Array {
  const columns = texels.length / height;
  const extents = new Int16Array(2 * columns);
  for (let column = 0; column < columns; column++) {
    const start = column * height;
    let first = 0;
    let end = height;
    while (first < end && texels[start + first]! >> 24 === -1) first++;
    while (end > first && texels[start + end - 1]! >> 24 === -1) end--;
    extents[2 * column] = first;
    extents[2 * column + 1] = end;
  }
  return extents;
}

/** Averages colours over 2×2 texels; the class is that of the first opaque one. */
function halve(texels: Int32Array, width: number, height: number): Int32Array {
  const halfHeight = height >> 1;
  const half = new Int32Array((width >> 1) * halfHeight);
  for (let x = 0; x < width >> 1; x++) {
    for (let y = 0; y < halfHeight; y++) {
      const at = 2 * x * height + 2 * y;
      half[x * halfHeight + y] = blend(
        texels[at]!,
        texels[at + 1]!,
        texels[at + height]!,
        texels[at + height + 1]!,
      );
    }
  }
  return half;
}

/** The average of the opaque ones of four texels; clear when fewer than two are opaque. */
function blend(a: number, b: number, c: number, d: number): number {
  if ((a >> 24) === -1 || (b >> 24) === -1 || (c >> 24) === -1 || (d >> 24) === -1) {
    return blendCutout([a, b, c, d].filter((texel) => texel >> 24 !== -1));
  }
  // Two fields of 16 bits each hold Y and V, then U: four 8-bit values cannot overflow them.
  const yv = (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff) + 0x020002;
  const u = (a & 0xff00) + (b & 0xff00) + (c & 0xff00) + (d & 0xff00) + 0x0200;
  return ((yv >> 2) & 0xff00ff) | ((u >> 2) & 0xff00) | (a & 0xff000000);
}

function blendCutout(opaque: number[]): number {
  if (opaque.length < 2) return CLEAR;
  const mean = (shift: number) =>
    Math.round(opaque.reduce((sum, texel) => sum + ((texel >> shift) & 255), 0) / opaque.length);
  return mean(0) | (mean(8) << 8) | (mean(16) << 16) | (opaque[0]! & 0xff000000);
}
