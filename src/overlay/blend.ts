import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import type { Colour } from "../frame/colour.ts";
import { formatSize, i420Layout, type Size } from "../frame/geometry.ts";
import type { FrameMemoryOptions } from "../wasm/frame_kernels.ts";
import { blendBlocks, fitsBlocks, wordsOf } from "./blend_blocks.ts";
import { blendCells, type Canvas } from "./blend_cells.ts";
import { defaultPalette, type Palette } from "./palette.ts";
import { maskTints, overlayTints, type TintTable } from "./tint_table.ts";

/** What the output shows. */
export const VIEWS = ["overlay", "mask", "side-by-side"] as const;

/**
 * - `overlay`: the source, tinted by class
 * - `mask`: the classes' flat colours alone; what is hidden or unlabelled is a dark grey
 * - `side-by-side`: the source on the left and the overlay on the right, in a frame twice as wide
 */
export type View = typeof VIEWS[number];

/** How an {@link OverlayBlender} draws. Plain data: it may cross to a worker. */
export interface OverlayOptions extends FrameMemoryOptions {
  /** The source's size; both sides are even. */
  readonly size: Size;
  /** The source's matrix and range; the tints are drawn in them. */
  readonly colour: Colour;
  /** The Cityscapes train classes by default. */
  readonly classes?: readonly SegmentationClass[];
  /** The classes' own colours by default. */
  readonly palette?: Palette;
  /** How much of the tint covers the source, 0–1. Default {@link DEFAULT_ALPHA}. */
  readonly alpha?: number;
  /** Default `overlay`. */
  readonly view?: View;
  /** Class ids to show, as from `visibleClasses()`. All by default. */
  readonly visible?: ReadonlySet<number>;
}

/** The buffers of one frame; the caller owns them all and may reuse them afterwards. */
export interface OverlayFrame {
  /** The source as packed I420 of the source's size. */
  readonly pixels: Uint8Array;
  /** uint8 [height, width]: class ids. Ids that are not classes, and 255, are left untinted. */
  readonly labels: Uint8Array;
  /** uint8 [height, width]: 255 is certain. Scales the tint; the mask view does not use it. */
  readonly confidence?: Uint8Array | undefined;
  /**
   * Packed I420 of the output's size. Without it the overlay and the mask are drawn into `pixels`;
   * `side-by-side` needs it. It must not overlap `pixels` other than by being the same.
   */
  readonly output?: Uint8Array | undefined;
}

/** Strong enough to tell road from pavement, weak enough to see what lies under it. */
export const DEFAULT_ALPHA = 0.5;

/** The size of the output: the source's, or twice its width for `side-by-side`. */
export function viewSize(view: View, size: Size): Size {
  return view === "side-by-side" ? { width: 2 * size.width, height: size.height } : size;
}

/**
 * Tints frames by class, in Y'CbCr, in the source's own matrix and range.
 *
 * A pixel becomes `source + ((tint − source) · weight + 128 >> 8)` with
 * `weight = round(256 · alpha)`, or `round(256 · alpha · confidence / 255)` where there is a
 * confidence; each chroma sample takes the mean over its four pixels.
 *
 * One for each worker: it holds tables and no frame. Of each frame it allocates only views.
 * Fastest when the width is a multiple of 8 and the buffers start at a multiple of 4.
 */
export class OverlayBlender {
  /** Of the frames that {@link OverlayBlender.blend} gives. */
  readonly outputSize: Size;
  /** As asked for. */
  readonly view: View;
  readonly #size: Size;
  readonly #canvas: Canvas;
  readonly #tints: TintTable;

  /**
   * Computes the tables.
   *
   * @throws {RangeError} If alpha is not within 0–1, or the size or the view is not valid.
   */
  constructor(options: OverlayOptions) {
    const { size, colour, classes = CITYSCAPES_CLASSES, alpha = DEFAULT_ALPHA, view = "overlay" } =
      options;
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new RangeError(`Cannot blend with an alpha of ${alpha}: it must be 0 to 1.`);
    }
    if (!VIEWS.includes(view)) {
      throw new RangeError(`Cannot draw the view "${view}": choose ${VIEWS.join(", ")}.`);
    }
    const palette = options.palette ?? defaultPalette(classes);
    const visible = options.visible ?? new Set(palette.keys());
    this.view = view;
    this.outputSize = viewSize(view, size);
    this.#size = i420Layout(size).size;
    this.#canvas = canvasOf(size, this.outputSize);
    this.#tints = view === "mask"
      ? maskTints(palette, visible, colour)
      : overlayTints(palette, visible, alpha, colour);
  }

  /**
   * Draws one frame and returns the buffer it is in: `output`, or `pixels` without one.
   *
   * @throws {RangeError} If a buffer is not of its size, or `side-by-side` has no output.
   */
  blend({ pixels, labels, confidence, output }: OverlayFrame): Uint8Array {
    const { width, height } = this.#size;
    const pixelCount = width * height;
    this.#requireLength("pixels", pixels, pixelCount * 3 / 2);
    this.#requireLength("labels", labels, pixelCount);
    if (confidence) this.#requireLength("confidence", confidence, pixelCount);
    if (output) {
      this.#requireLength("output", output, this.outputSize.width * this.outputSize.height * 3 / 2);
    }

    const target = output ?? pixels;
    if (this.view === "side-by-side") {
      if (!output || output === pixels) {
        throw new RangeError("Cannot draw side by side: an output buffer of its own is needed.");
      }
      copyTwice(pixels, output, this.#size);
    } else if (target !== pixels && this.view === "overlay") {
      target.set(pixels);
    }
    this.#tint(target, labels, this.view === "mask" ? undefined : confidence);
    return target;
  }

  #tint(target: Uint8Array, labels: Uint8Array, confidence: Uint8Array | undefined): void {
    const canvas = this.#canvas;
    const tints = this.#tints;
    const frame = wordsOf(target);
    const map = wordsOf(labels);
    if (frame && map && fitsBlocks(canvas)) {
      blendBlocks(frame, map, confidence, canvas, tints);
      return;
    }
    for (let row = 0; row < canvas.height / 2; row++) {
      blendCells(target, labels, confidence, canvas, tints, row, 0, canvas.width / 2);
    }
  }

  #requireLength(name: keyof OverlayFrame, bytes: Uint8Array, expected: number): void {
    if (bytes.length === expected) return;
    throw new RangeError(
      `Cannot blend a ${formatSize(this.#size)} frame: ${name} has ${bytes.length} bytes instead ` +
        `of ${expected}.`,
    );
  }
}

/** The class map's place in the output: the right half where that is twice as wide. */
function canvasOf(size: Size, outputSize: Size): Canvas {
  const { y, u, v } = i420Layout(outputSize);
  const left = outputSize.width - size.width;
  return {
    ...size,
    lumaStride: y.width,
    yAt: left,
    uAt: u.offset + left / 2,
    vAt: v.offset + left / 2,
  };
}

/** Each row of each plane, twice in a row. */
function copyTwice(pixels: Uint8Array, output: Uint8Array, size: Size): void {
  const { y, u, v } = i420Layout(size);
  for (const plane of [y, u, v]) {
    for (let row = 0; row < plane.height; row++) {
      const from = plane.offset + row * plane.width;
      const samples = pixels.subarray(from, from + plane.width);
      // The planes before this one are twice as long in the output, and so are the rows before.
      output.set(samples, 2 * from);
      output.set(samples, 2 * from + plane.width);
    }
  }
}
