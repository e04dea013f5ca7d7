/**
 * The blend of single 2×2 cells of a 4:2:0 frame: four luma samples, one Cb and one Cr each.
 *
 * Luma takes its pixel's label: `y + ((tint − y) · weight + 128 >> 8)`. A chroma sample takes the
 * mean over its four pixels, `c + (Σ (tint − c) · weight + 512 >> 10)`, which is what blending at full
 * chroma resolution and subsampling afterwards gives; so class boundaries look as the source's own
 * edges do.
 */
import type { TintTable } from "./tint_table.ts";

/** Where a class map lies on a packed I420 frame: all of it, or one half of a side-by-side frame. */
export interface Canvas {
  /** Of the class map, in pixels, even. */
  readonly width: number;
  /** Of the class map, in pixels, even. */
  readonly height: number;
  /** Bytes from one luma row to the next; chroma rows lie half as far apart. */
  readonly lumaStride: number;
  /** The first byte of the class map's rectangle in the luma plane. */
  readonly yAt: number;
  /** As yAt, in the Cb plane. */
  readonly uAt: number;
  /** As yAt, in the Cr plane. */
  readonly vAt: number;
}

/**
 * Blends the cells `from` to `to` (exclusive) of a row of cells; a confidence, where there is one,
 * scales each pixel's weight.
 */
export function blendCells(
  frame: Uint8Array,
  labels: Uint8Array,
  confidence: Uint8Array | undefined,
  canvas: Canvas,
  tints: TintTable,
  row: number,
  from: number,
  to: number,
): void {
  const { width, lumaStride } = canvas;
  const { weight, fade, shown, y, u, v } = tints;
  let label = 2 * (row * width + from);
  let luma = canvas.yAt + 2 * (row * lumaStride + from);
  let cb = canvas.uAt + row * (lumaStride >> 1) + from;
  let cr = canvas.vAt + row * (lumaStride >> 1) + from;
  for (let cell = from; cell < to; cell++, label += 2, luma += 2, cb++, cr++) {
    const l0 = labels[label]!;
    const l1 = labels[label + 1]!;
    const l2 = labels[label + width]!;
    const l3 = labels[label + width + 1]!;
    const w0 = confidence ? fade[confidence[label]! & shown[l0]!]! : weight[l0]!;
    const w1 = confidence ? fade[confidence[label + 1]! & shown[l1]!]! : weight[l1]!;
    const w2 = confidence ? fade[confidence[label + width]! & shown[l2]!]! : weight[l2]!;
    const w3 = confidence ? fade[confidence[label + width + 1]! & shown[l3]!]! : weight[l3]!;
    if ((w0 | w1 | w2 | w3) === 0) continue;

    const under = luma + lumaStride;
    const y0 = frame[luma]!;
    const y1 = frame[luma + 1]!;
    const y2 = frame[under]!;
    const y3 = frame[under + 1]!;
    frame[luma] = y0 + ((y[l0]! - y0) * w0 + 128 >> 8);
    frame[luma + 1] = y1 + ((y[l1]! - y1) * w1 + 128 >> 8);
    frame[under] = y2 + ((y[l2]! - y2) * w2 + 128 >> 8);
    frame[under + 1] = y3 + ((y[l3]! - y3) * w3 + 128 >> 8);

    const b = frame[cb]!;
    const r = frame[cr]!;
    frame[cb] = b + ((u[l0]! - b) * w0 + (u[l1]! - b) * w1 + (u[l2]! - b) * w2 +
        (u[l3]! - b) * w3 + 512 >> 10);
    frame[cr] = r + ((v[l0]! - r) * w0 + (v[l1]! - r) * w1 + (v[l2]! - r) * w2 +
        (v[l3]! - r) * w3 + 512 >> 10);
  }
}

/** As {@link blendCells} with a confidence, where all pixels have one label: most of every frame. */
export function fadeUniformCells(
  frame: Uint8Array,
  id: number,
  confidence: Uint8Array,
  canvas: Canvas,
  tints: TintTable,
  row: number,
  from: number,
  to: number,
): void {
  const { width, lumaStride } = canvas;
  const { fade } = tints;
  const ty = tints.y[id]!;
  const tu = tints.u[id]!;
  const tv = tints.v[id]!;
  let label = 2 * (row * width + from);
  let luma = canvas.yAt + 2 * (row * lumaStride + from);
  let cb = canvas.uAt + row * (lumaStride >> 1) + from;
  let cr = canvas.vAt + row * (lumaStride >> 1) + from;
  for (let cell = from; cell < to; cell++, label += 2, luma += 2, cb++, cr++) {
    const w0 = fade[confidence[label]!]!;
    const w1 = fade[confidence[label + 1]!]!;
    const w2 = fade[confidence[label + width]!]!;
    const w3 = fade[confidence[label + width + 1]!]!;

    const under = luma + lumaStride;
    const y0 = frame[luma]!;
    const y1 = frame[luma + 1]!;
    const y2 = frame[under]!;
    const y3 = frame[under + 1]!;
    frame[luma] = y0 + ((ty - y0) * w0 + 128 >> 8);
    frame[luma + 1] = y1 + ((ty - y1) * w1 + 128 >> 8);
    frame[under] = y2 + ((ty - y2) * w2 + 128 >> 8);
    frame[under + 1] = y3 + ((ty - y3) * w3 + 128 >> 8);

    const sum = w0 + w1 + w2 + w3;
    const b = frame[cb]!;
    const r = frame[cr]!;
    frame[cb] = b + ((tu - b) * sum + 512 >> 10);
    frame[cr] = r + ((tv - r) * sum + 512 >> 10);
  }
}
