import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import type { Colour } from "../frame/colour.ts";
import { formatSize, type I420Layout, i420Layout, type Size } from "../frame/geometry.ts";
import { type FrameBuffer, FrameKernels, type FrameMemoryOptions } from "../wasm/frame_kernels.ts";
import { Scratch } from "../wasm/memory.ts";
import { BLEND_SCRATCH_BYTES } from "./blend_block.ts";
import { BLEND_KERNELS, type BlendKernel } from "./blend_kernel.ts";
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
 * `weight = round(256 · alpha)`, or `round(weight · confidence / 255)` where there is a confidence;
 * each chroma sample takes the mean over its four pixels, `c + (Σ (tint − c) · weight + 512 >> 10)`,
 * which is what blending at full chroma resolution and subsampling afterwards gives.
 *
 * One for each worker: it holds tables, and copies of frames that lie elsewhere than in `frames`.
 * Fastest when the width is a multiple of 16.
 */
export class OverlayBlender {
  /** Of the frames that {@link OverlayBlender.blend} gives. */
  readonly outputSize: Size;
  /** As asked for. */
  readonly view: View;
  readonly #layout: I420Layout;
  readonly #tints: TintTable;
  readonly #kernels: FrameKernels<BlendKernel>;

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
    this.#layout = i420Layout(size);
    this.#tints = view === "mask"
      ? maskTints(palette, visible, colour)
      : overlayTints(palette, visible, alpha, colour);
    this.#kernels = new FrameKernels(BLEND_KERNELS, scratchWith(this.#tints), options);
  }

  /**
   * Draws one frame and returns the buffer it is in: `output`, or `pixels` without one.
   *
   * @throws {RangeError} If a buffer is not of its size, or `side-by-side` has no output.
   */
  blend({ pixels, labels, confidence, output }: OverlayFrame): Uint8Array {
    const { y, byteLength } = this.#layout;
    const pixelCount = y.width * y.height;
    this.#requireLength("pixels", pixels, byteLength);
    this.#requireLength("labels", labels, pixelCount);
    if (confidence) this.#requireLength("confidence", confidence, pixelCount);
    if (output) this.#requireLength("output", output, i420Layout(this.outputSize).byteLength);

    const target = output ?? pixels;
    if (this.view === "side-by-side") {
      if (target === pixels) {
        throw new RangeError("Cannot draw side by side: an output buffer of its own is needed.");
      }
      this.#copyTwice(pixels, target);
    } else if (target !== pixels && this.view === "overlay") {
      target.set(pixels);
    }
    this.#tint(target, labels, this.view === "mask" ? undefined : confidence);
    return target;
  }

  /** Each row of each plane, twice in a row. */
  #copyTwice(pixels: Uint8Array, output: Uint8Array): void {
    const { y, u, v } = this.#layout;
    const buffers = [{ bytes: pixels, isRead: true }, { bytes: output, isWritten: true }];
    this.#kernels.run("double", buffers, y.width, y.height, u.width, u.height + v.height);
  }

  /** Tints the class map's place in the target: the right half where that is twice as wide. */
  #tint(target: Uint8Array, labels: Uint8Array, confidence: Uint8Array | undefined): void {
    const { width, height } = this.#layout.size;
    const { y, u, v } = i420Layout(this.outputSize);
    const left = y.width - width;
    const buffers: FrameBuffer[] = [
      { bytes: target, isRead: this.view !== "mask", isWritten: true },
      { bytes: labels, isRead: true },
    ];
    if (confidence) buffers.push({ bytes: confidence, isRead: true });
    this.#kernels.run(
      confidence ? "fade" : "blend",
      buffers,
      ...[width, height, y.width],
      ...[left, u.offset + left / 2, v.offset - u.offset],
      ...[this.#tints.weight, this.#tints.unlabelled],
    );
  }

  #requireLength(name: keyof OverlayFrame, bytes: Uint8Array, expected: number): void {
    if (bytes.length === expected) return;
    const size = formatSize(this.#layout.size);
    throw new RangeError(
      `Cannot blend a ${size} frame: ${name} has ${bytes.length} bytes instead of ${expected}.`,
    );
  }
}

/** The kernels' own memory, with the table at its start. */
function scratchWith({ bytes }: TintTable): WebAssembly.Memory {
  const scratch = new Scratch();
  const at = scratch.reserve(BLEND_SCRATCH_BYTES);
  const memory = scratch.allocate();
  new Uint8Array(memory.buffer).set(bytes, at);
  return memory;
}
