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
