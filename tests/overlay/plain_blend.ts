import { IGNORE_LABEL } from "../../src/frame/classes.ts";
import { rgbToYuv } from "../../src/frame/colour.ts";
import { type OverlayOptions, viewSize } from "../../src/overlay/blend.ts";

/** The blend as its documentation says it, one sample after the other. */
export function blendPlainly(
  options: Required<Omit<OverlayOptions, "classes" | "frames">>,
  pixels: Uint8Array,
  labels: Uint8Array,
  confidence: Uint8Array | undefined,
): Uint8Array {
  const { size: { width, height }, colour, palette, alpha, view, visible } = options;
  const outputSize = viewSize(view, options.size);
  const output = new Uint8Array(outputSize.width * outputSize.height * 1.5);

  const isShown = (label: number) =>
    label < palette.length && label !== IGNORE_LABEL && visible.has(label);
  const weightAt = (at: number) => {
    if (view === "mask") return 256;
    if (!isShown(labels[at]!)) return 0;
    const weight = Math.round(256 * alpha);
    return confidence ? Math.round(weight * confidence[at]! / 255) : weight;
  };
  const tintAt = (at: number, plane: number) => {
    const label = labels[at]!;
    const rgb = isShown(label) ? palette[label]! : [24, 24, 24] as const;
    return rgbToYuv(rgb, colour)[plane]!;
  };

  for (let plane = 0; plane < 3; plane++) {
    const step = plane === 0 ? 1 : 2;
    const columns = width / step;
    const rows = height / step;
    const planeAt = (area: number) => [0, area, area * 1.25][plane]!;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const source = pixels[planeAt(width * height) + y * columns + x]!;
        let change = 0;
        for (let j = 0; j < step; j++) {
          for (let i = 0; i < step; i++) {
            const at = (y * step + j) * width + x * step + i;
            change += (tintAt(at, plane) - source) * weightAt(at) / 256;
          }
        }
        const blended = Math.floor(source + change / (step * step) + 0.5);
        const row = planeAt(outputSize.width * height) + y * outputSize.width / step;
        if (view === "side-by-side") {
          output[row + x] = source;
          output[row + columns + x] = blended;
        } else {
          output[row + x] = blended;
        }
      }
    }
  }
  return output;
}
