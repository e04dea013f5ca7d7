import { type Colour, colourTransform } from "./colour.ts";
import { i420Layout, planeOf, type Size } from "./geometry.ts";

/**
 * A frame as a picture: R'G'B' of 0–255, each chroma sample standing for the four pixels that it
 * belongs to.
 *
 * Shapes: frame I420 of `size`; rgb uint8 [height, width, 3], a new buffer by default.
 *
 * @returns `rgb`.
 * @throws {RangeError} If a buffer's length does not fit `size`.
 */
export function toRgb(
  frame: Uint8Array,
  size: Size,
  colour: Colour,
  rgb: Uint8ClampedArray<ArrayBuffer> = new Uint8ClampedArray(3 * size.width * size.height),
): Uint8ClampedArray<ArrayBuffer> {
  const layout = i420Layout(size);
  const { width, height } = size;
  if (frame.length !== layout.byteLength || rgb.length !== 3 * width * height) {
    throw new RangeError(
      `Cannot turn ${frame.length} bytes into ${rgb.length} of a picture of ${width}x${height}: ` +
        `they must be ${layout.byteLength} and ${3 * width * height}.`,
    );
  }
  const { toRgb: m, offset } = colourTransform(colour);
  const luma = planeOf(frame, layout.y);
  const cb = planeOf(frame, layout.u);
  const cr = planeOf(frame, layout.v);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const chromaRow = (row >> 1) * layout.u.width;
    for (let column = 0; column < width; column++) {
      const y = luma[row * width + column]! - offset[0];
      const u = cb[chromaRow + (column >> 1)]! - offset[1];
      const v = cr[chromaRow + (column >> 1)]! - offset[2];
      rgb[at++] = m[0]! * y + m[1]! * u + m[2]! * v;
      rgb[at++] = m[3]! * y + m[4]! * u + m[5]! * v;
      rgb[at++] = m[6]! * y + m[7]! * u + m[8]! * v;
    }
  }
  return rgb;
}
