/**
 * I420 geometry: where the planes of a frame lie in one tightly packed buffer.
 *
 * I420 is planar YUV 4:2:0, 8 bit: a full-size luma plane, then Cb, then Cr at half the width and
 * half the height. Sizes here are always even; the source pads an odd one by a pixel.
 */

/** A size in pixels. */
export interface Size {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** One plane of a packed frame; its rows follow each other without padding. */
export interface Plane {
  /** First byte of the plane from the start of the frame. */
  readonly offset: number;
  /** Samples a row, which is also the stride in bytes. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** The three planes of an I420 frame and their total size. */
export interface I420Layout {
  readonly size: Size;
  readonly y: Plane;
  readonly u: Plane;
  readonly v: Plane;
  /** 1.5 · width · height. */
  readonly byteLength: number;
}

/**
 * The layout of an I420 frame.
 *
 * @throws {RangeError} If a side is not a positive even integer.
 */
export function i420Layout(size: Size): I420Layout {
  const { width, height } = size;
  if (!isPositiveEven(width) || !isPositiveEven(height)) {
    throw new RangeError(
      `Cannot lay out an I420 frame of ${width}x${height}: both sides must be positive and even.`,
    );
  }
  const lumaBytes = width * height;
  const chromaBytes = lumaBytes / 4;
  const chroma = { width: width / 2, height: height / 2 };
  return {
    size: { width, height },
    y: { offset: 0, width, height },
    u: { offset: lumaBytes, ...chroma },
    v: { offset: lumaBytes + chromaBytes, ...chroma },
    byteLength: lumaBytes + 2 * chromaBytes,
  };
}

/** The samples of one plane, as a view into the frame that holds them. */
export function planeOf(frame: Uint8Array, plane: Plane): Uint8Array {
  return frame.subarray(plane.offset, plane.offset + plane.width * plane.height);
}

/** The smallest even size that holds `size`: what 4:2:0 subsampling needs. */
export function evenSize(size: Size): Size {
  return { width: size.width + (size.width & 1), height: size.height + (size.height & 1) };
}

/** "1920x1080". */
export function formatSize(size: Size): string {
  return `${size.width}x${size.height}`;
}

function isPositiveEven(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value % 2 === 0;
}
