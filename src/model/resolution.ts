import { formatSize, type Size } from "../frame/geometry.ts";
import { SIDE_STEP } from "./fast_scnn.ts";

/** `full`, `half` and `quarter` as in the paper's tables, or a size of one's own. */
export type Resolution = "full" | "half" | "quarter" | Size;

/** The longer side of the network's input, in pixels: Cityscapes' 2048×1024, halved and again. */
export const LONGER_SIDE = { full: 2048, half: 1024, quarter: 512 } as const;

/**
 * The network's input size for a source.
 *
 * A named resolution sets the longer side; the other follows the source's aspect ratio, and nothing
 * is enlarged: a source that is smaller keeps its size. Both sides go to the nearest multiple of 32,
 * at least 32. (Below 192 the 6×6 pooling has fewer features than bins along that side: exact still,
 * but bins repeat.) A size of one's own is only rounded, so it may enlarge the source.
 *
 * @throws {RangeError} If a side is not a positive integer.
 */
export function modelSize(source: Size, resolution: Resolution): Size {
  checkSize(source);
  if (typeof resolution === "object") {
    checkSize(resolution);
    return { width: roundSide(resolution.width), height: roundSide(resolution.height) };
  }
  const longer = Math.max(source.width, source.height);
  const scale = Math.min(1, LONGER_SIDE[resolution] / longer);
  return { width: roundSide(source.width * scale), height: roundSide(source.height * scale) };
}

function roundSide(length: number): number {
  return Math.max(SIDE_STEP, Math.round(length / SIDE_STEP) * SIDE_STEP);
}

function checkSize(size: Size): void {
  const { width, height } = size;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width <= 0 || height <= 0) {
    throw new RangeError(`Cannot use the size ${formatSize(size)}: both sides must be positive.`);
  }
}
