import { type I420Layout, i420Layout, planeOf, type Size } from "../../frame/geometry.ts";
import { type Camera, HAZE_LUMA, HAZE_U, HAZE_V, hazeAt, NEAR } from "./camera.ts";
import type { Paint } from "./paint.ts";
import { seededRandom, tileableNoise } from "./random.ts";
import type { Texture } from "./texture.ts";

/**
 * Unevenness of flat surfaces, luma to add, 64×64: paint, glass and cloth are never one colour.
 * Without it a network takes large flat areas for road or sky and does not see people at all.
 */
export const GRAIN = { smooth: grain(4), cloth: grain(13) } as const;

function grain(most: number): Int8Array {
  const random = seededRandom(0x67726169);
  const smooth = tileableNoise(random, 64, { first: 4, count: 4 });
  return Int8Array.from(
    smooth,
    (noise) => Math.round(clamp(most * (noise * 0.8 + random() - 0.5), -most, most)),
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** An upright rectangle: from (ax, az) to (bx, bz) on the ground, `bottom` to `top` above it. */
export interface Wall {
  /** What it shows. */
  texture: Texture;
  /** Where it starts, metres from the centre line. */
  ax: number;
  /** Where it starts, metres ahead. */
  az: number;
  /** Where it ends, metres from the centre line. */
  bx: number;
  /** Where it ends, metres ahead. */
  bz: number;
  /** Metres from the road to its lower edge. */
  bottom: number;
  /** Metres from the road to its upper edge. */
  top: number;
  /** Texture widths at a; the texture repeats along the wall. */
  ua: number;
  /** Texture widths at b. */
  ub: number;
  /** Light on the surface, 1 is full. */
  gain: number;
}

/**
 * Fills shapes straight into an I420 frame and its class map; later shapes cover earlier ones. A
 * pixel belongs to a shape when its centre does, a chroma sample when the centre of the upper left
 * of its four pixels does. Allocates nothing while drawing.
 */
export class Raster {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** The luma plane of the frame. */
  y: Uint8Array = new Uint8Array(0);
  /** The Cb plane. */
  u: Uint8Array = new Uint8Array(0);
  /** The Cr plane. */
  v: Uint8Array = new Uint8Array(0);
  /** The class map. */
  labels: Uint8Array = new Uint8Array(0);
  /** The corners of the next polygon, in pixels. */
  readonly xs: Float64Array = new Float64Array(24);
  /** The rows of those corners. */
  readonly ys: Float64Array = new Float64Array(24);
  readonly #layout: I420Layout;
  readonly #left: Float64Array;
  readonly #right: Float64Array;
  #firstRow = 0;
  #endRow = 0;

  /** Prepares for frames of `size`; {@link Raster.target} says where they are. */
  constructor(size: Size) {
    this.width = size.width;
    this.height = size.height;
    this.#layout = i420Layout(size);
    this.#left = new Float64Array(size.height);
    this.#right = new Float64Array(size.height);
  }

  /** Draws into this frame from now on. */
  target(pixels: Uint8Array, labels: Uint8Array): void {
    this.y = planeOf(pixels, this.#layout.y);
    this.u = planeOf(pixels, this.#layout.u);
    this.v = planeOf(pixels, this.#layout.v);
    this.labels = labels;
  }

  /**
   * Fills the convex polygon of the first `count` corners. Luma runs from `gainTop` at its highest
   * row to `gainBottom` at its lowest; `haze` is the share that the air replaces.
   */
  polygon(
    count: number,
    fill: Paint,
    gainTop: number,
    gainBottom: number,
    haze: number,
    grain: Int8Array = GRAIN.smooth,
  ): void {
    if (!this.#trace(count)) return;
    const clear = 1 - haze;
    const base = ((fill & 255) - 16) * clear;
    const lift = 16 * clear + HAZE_LUMA * haze;
    const u = ((fill >> 8) & 255) * clear + HAZE_U * haze;
    const v = ((fill >> 16) & 255) * clear + HAZE_V * haze;
    const label = fill >>> 24;
    // The grain is tied to a corner, so that it moves with the surface.
    const grainX = 4096 - (this.xs[0]! | 0);
    const grainY = 4096 - (this.ys[0]! | 0);
    const gainStep = (gainBottom - gainTop) / Math.max(1, this.#endRow - this.#firstRow);
    let gain = gainTop;
    for (let row = this.#firstRow; row < this.#endRow; row++, gain += gainStep) {
      const a = this.#spanStart(row);
      const b = this.#spanEnd(row);
      if (b <= a) continue;
      const luma = clamp(base * gain + lift, 29, 222);
      const start = row * this.width;
      const line = ((row + grainY) & 63) << 6;
      for (let x = a; x < b; x++) this.y[start + x] = luma + grain[line + ((x + grainX) & 63)]!;
      fillSpan(this.labels, start + a, start + b, label);
      if (row & 1) continue;
      const half = start >> 2;
      fillSpan(this.u, half + ((a + 1) >> 1), half + ((b + 1) >> 1), u);
      fillSpan(this.v, half + ((a + 1) >> 1), half + ((b + 1) >> 1), v);
    }
  }

  /** Darkens what lies under the convex polygon of the first `count` corners. */
  shadow(count: number, gain: number): void {
    if (!this.#trace(count)) return;
    for (let row = this.#firstRow; row < this.#endRow; row++) {
      const end = row * this.width + this.#spanEnd(row);
      for (let at = row * this.width + this.#spanStart(row); at < end; at++) {
        this.y[at] = this.y[at]! * gain;
      }
    }
  }

  /** Draws an upright textured rectangle in correct perspective, column by column. */
  wall(camera: Camera, wall: Wall): void {
    let { ax, az, bx, bz, ua, ub } = wall;
    if (az < NEAR && bz < NEAR) return;
    if (az < NEAR) {
      const t = (NEAR - az) / (bz - az);
      [ax, ua, az] = [ax + t * (bx - ax), ua + t * (ub - ua), NEAR];
    } else if (bz < NEAR) {
      const t = (NEAR - bz) / (az - bz);
      [bx, ub, bz] = [bx + t * (ax - bx), ub + t * (ua - ub), NEAR];
    }
    const { focal, centre, horizon } = camera;
    let left = centre + (focal * (ax - camera.x)) / az;
    let right = centre + (focal * (bx - camera.x)) / bz;
    if (left > right) {
      [left, right] = [right, left];
      [az, bz] = [bz, az];
      [ua, ub] = [ub, ua];
    }
    const first = Math.max(0, Math.ceil(left - 0.5));
    const end = Math.min(this.width, Math.ceil(right - 0.5));
    if (end <= first) return;
    // 1/z and u/z are linear across the screen.
    const span = right - left;
    const inverseStep = (1 / bz - 1 / az) / span;
    const uStep = (ub / bz - ua / az) / span;
    let inverse = 1 / az + (first + 0.5 - left) * inverseStep;
    let uOverZ = ua / az + (first + 0.5 - left) * uStep;
    const { texture } = wall;
    const rise = focal * (wall.top - camera.height);
    const fall = focal * (wall.bottom - camera.height);
    for (let column = first; column < end; column++, inverse += inverseStep, uOverZ += uStep) {
      const z = 1 / inverse;
      const u = uOverZ * z;
      const across = Math.abs(uStep - u * inverseStep) * z * texture.width;
      const top = horizon - rise * inverse;
      const bottom = horizon - fall * inverse;
      const down = texture.height / (bottom - top);
      // Walls are seen at a slant: the wider side would blur, the narrower would shimmer.
      const reduce = Math.sqrt(Math.max(1, across) * Math.max(1, down));
      const level = Math.min(texture.levels.length - 1, 31 - Math.clz32(reduce * 1.2));
      const strip = Math.floor((u - Math.floor(u)) * texture.width) >> level;
      this.#strip(column, top, bottom, texture, level, strip, wall.gain, hazeAt(z));
    }
  }

  #strip(
    column: number,
    top: number,
    bottom: number,
    texture: Texture,
    level: number,
    strip: number,
    gain: number,
    haze: number,
  ): void {
    const texels = texture.levels[level]!;
    const rows = texture.height >> level;
    const start = strip * rows;
    const step = ((rows * 65536) / (bottom - top)) | 0;
    const extents = texture.extents[level]!;
    const rowsATexel = (bottom - top) / rows;
    const shownFrom = top + extents[2 * strip]! * rowsATexel;
    const shownTo = top + extents[2 * strip + 1]! * rowsATexel;
    const first = Math.max(0, Math.ceil(shownFrom - 0.5));
    const end = Math.min(this.height, Math.ceil(shownTo - 0.5));
    const { width, y, u, v, labels } = this;
    const lumaGain = (gain * (1 - haze) * 256) | 0;
    const chromaGain = ((1 - haze) * 256) | 0;
    const lumaLift = (16 * 256 * (1 - gain) * (1 - haze) + HAZE_LUMA * haze * 256) | 0;
    const uLift = (HAZE_U * haze * 256 + 128) | 0;
    const vLift = (HAZE_V * haze * 256 + 128) | 0;
    const texelAt = ((first + 0.5 - top) * step) | 0;
    let next = texelAt;
    let at = first * width + column;
    for (let row = first; row < end; row++, at += width, next += step) {
      const texel = texels[start + (next >> 16)]!;
      if (texel < 0) continue; // clear: its class is 255, the sign bit is set
      y[at] = ((texel & 255) * lumaGain + lumaLift) >> 8;
      labels[at] = texel >> 24;
    }
    // Chroma in a loop of its own: a test less for each pixel is a fifth of the time.
    if (column & 1) return;
    const firstEven = (first + 1) & ~1;
    const stride = width >> 1;
    next = texelAt + (firstEven - first) * step;
    at = (firstEven * stride + column) >> 1;
    for (let row = firstEven; row < end; row += 2, at += stride, next += 2 * step) {
      const texel = texels[start + (next >> 16)]!;
      if (texel < 0) continue;
      u[at] = (((texel >> 8) & 255) * chromaGain + uLift) >> 8;
      v[at] = (((texel >> 16) & 255) * chromaGain + vLift) >> 8;
    }
  }

  /** Finds the left and right edge of each row of the polygon; false when it is off the frame. */
  #trace(count: number): boolean {
    const { xs, ys } = this;
    let low = Infinity;
    let high = -Infinity;
    for (let corner = 0; corner < count; corner++) {
      const y = ys[corner]!;
      if (y < low) low = y;
      if (y > high) high = y;
    }
    const first = this.#firstRow = Math.max(0, Math.ceil(low - 0.5));
    const end = this.#endRow = Math.min(this.height, Math.ceil(high - 0.5));
    if (end <= first) return false;
    const left = this.#left;
    const right = this.#right;
    for (let row = first; row < end; row++) {
      left[row] = Infinity;
      right[row] = -Infinity;
    }
    let previous = count - 1;
    for (let corner = 0; corner < count; previous = corner++) {
      const y0 = ys[previous]!;
      const y1 = ys[corner]!;
      if (y0 === y1) continue;
      const slope = (xs[corner]! - xs[previous]!) / (y1 - y0);
      const from = Math.max(first, Math.ceil(Math.min(y0, y1) - 0.5));
      const to = Math.min(end, Math.ceil(Math.max(y0, y1) - 0.5));
      let x = xs[previous]! + (from + 0.5 - y0) * slope;
      for (let row = from; row < to; row++, x += slope) {
        if (x < left[row]!) left[row] = x;
        if (x > right[row]!) right[row] = x;
      }
    }
    return true;
  }

  #spanStart(row: number): number {
    return Math.max(0, Math.ceil(this.#left[row]! - 0.5));
  }

  #spanEnd(row: number): number {
    return Math.min(this.width, Math.ceil(this.#right[row]! - 0.5));
  }
}

/** `fill()` costs more than a loop on spans as short as these mostly are. */
function fillSpan(plane: Uint8Array, start: number, end: number, value: number): void {
  if (end - start > 48) plane.fill(value, start, end);
  else for (let at = start; at < end; at++) plane[at] = value;
}
