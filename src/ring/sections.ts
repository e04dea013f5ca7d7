import { i420Layout, type Size } from "../frame/geometry.ts";

/** What the byte sections of a frame's slot hold, by position. */
export const SECTION = {
  /** The source's I420 frame; the overlay is blended into it. */
  pixels: 0,
  /** One class id a pixel, row-major, of the source's size. */
  labels: 1,
  /** Softmax of the winning class in 1/255, like the labels; no bytes unless it was asked for. */
  confidence: 2,
  /** The output's I420 frame where its size differs from the source's; no bytes where not. */
  output: 3,
} as const;

/** The bytes of each section for frames of a size, by position; what is not wanted has none. */
export function sectionBytes(
  { size, outputSize, hasConfidence = false }: {
    readonly size: Size;
    /** Of the drawn frames, where it is not the source's. */
    readonly outputSize?: Size | undefined;
    readonly hasConfidence?: boolean;
  },
): number[] {
  const pixels = size.width * size.height;
  const bytes = [0, 0, 0, 0];
  bytes[SECTION.pixels] = i420Layout(size).byteLength;
  bytes[SECTION.labels] = pixels;
  bytes[SECTION.confidence] = hasConfidence ? pixels : 0;
  bytes[SECTION.output] = outputSize ? i420Layout(outputSize).byteLength : 0;
  return bytes;
}
