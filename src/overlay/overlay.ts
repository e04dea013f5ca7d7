import type { Size } from "../frame/geometry.ts";
import { OverlayBlender, type OverlayFrame, type OverlayOptions } from "./blend.ts";
import { Hud, type HudValues } from "./hud.ts";
import { Legend } from "./legend.ts";

/** Everything that is drawn into a frame. Plain data: it crosses to the workers. */
export interface DrawOptions extends OverlayOptions {
  /** Whether to draw the strip that names the classes. */
  readonly legend?: boolean;
  /** Draws the run's figures; what does not change from frame to frame is given here. */
  readonly hud?: Pick<HudValues, "provider" | "modelSize" | "message"> | undefined;
}

/** What the HUD shows of the moment. */
export type Gauges = Pick<HudValues, "fps" | "latencyMs"> & Partial<Pick<HudValues, "modelSize">>;

/** Tint, legend and HUD of one stream. One for each worker; the frame's buffers are the caller's. */
export class Overlay {
  readonly #blender: OverlayBlender;
  readonly #legend: Legend | undefined;
  readonly #hud: { drawing: Hud; values: HudValues } | undefined;

  /**
   * Computes the tables and draws what stays the same.
   *
   * @throws {RangeError} If alpha, size or view is not valid.
   */
  constructor(options: DrawOptions) {
    this.#blender = new OverlayBlender(options);
    const { outputSize } = this.#blender;
    if (options.legend) this.#legend = new Legend({ ...options, size: outputSize });
    if (options.hud) {
      this.#hud = { drawing: new Hud(outputSize, options.colour), values: options.hud };
    }
  }

  /** Size of the drawn frames. */
  get outputSize(): Size {
    return this.#blender.outputSize;
  }

  /**
   * Draws a frame: into `output` where it has bytes, else into `pixels`.
   *
   * @param gauges Go before what the options said.
   */
  draw(frame: OverlayFrame, gauges: Gauges): void {
    const { pixels, labels } = frame;
    const drawn = this.#blender.blend({
      pixels,
      labels,
      confidence: nonEmpty(frame.confidence),
      output: nonEmpty(frame.output),
    });
    this.#legend?.draw(drawn, labels);
    this.#hud?.drawing.draw(drawn, { ...this.#hud.values, ...gauges });
  }
}

/** A section of a slot that is not used has no bytes. */
function nonEmpty(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && bytes.length > 0 ? bytes : undefined;
}
