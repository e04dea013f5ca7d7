import { type Colour, colourTransform } from "../frame/colour.ts";
import { evenSize, i420Layout, planeOf, type Size } from "../frame/geometry.ts";

/** What a camera or an encoder of high definition makes of a picture. */
export const I420_COLOUR: Colour = { matrix: "bt709", range: "limited" };

/**
 * A picture as a frame of video: 8-bit Y'CbCr in {@link I420_COLOUR}, each 2×2 pixels with the mean
 * of their chroma. An odd side is padded with its last pixels.
 *
 * @param rgb uint8 [height, width, 3]; only read.
 * @returns I420 of `evenSize(size)`; a new buffer.
 */
export function toI420(rgb: Uint8Array, size: Size): Uint8Array<ArrayBuffer> {
  const { toYuv: m, offset } = colourTransform(I420_COLOUR);
  const layout = i420Layout(evenSize(size));
  const frame = new Uint8Array(layout.byteLength);
  const luma = planeOf(frame, layout.y);
  const cb = planeOf(frame, layout.u);
  const cr = planeOf(frame, layout.v);
  for (let row = 0; row < layout.u.height; row++) {
    for (let column = 0; column < layout.u.width; column++) {
      let [red, green, blue] = [0, 0, 0];
      for (let corner = 0; corner < 4; corner++) {
        const x = 2 * column + (corner & 1);
        const y = 2 * row + (corner >> 1);
        const from = 3 * (Math.min(y, size.height - 1) * size.width + Math.min(x, size.width - 1));
        const r = rgb[from]!;
        const g = rgb[from + 1]!;
        const b = rgb[from + 2]!;
        luma[y * layout.y.width + x] = Math.round(offset[0] + m[0]! * r + m[1]! * g + m[2]! * b);
        red += r / 4;
        green += g / 4;
        blue += b / 4;
      }
      const to = row * layout.u.width + column;
      // Codes of the limited range lie well within a byte.
      cb[to] = Math.round(offset[1] + m[3]! * red + m[4]! * green + m[5]! * blue);
      cr[to] = Math.round(offset[2] + m[6]! * red + m[7]! * green + m[8]! * blue);
    }
  }
  return frame;
}
