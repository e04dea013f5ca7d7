import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import { type Font, fontFor } from "./font.ts";
import { Panel, roundUpToEven } from "./panel.ts";

/** One line in a box in the middle of the lower third: what a stream says that has no new frames. */
export class Banner {
  readonly #size: Size;
  readonly #colour: Colour;
  readonly #font: Font;
  #panel: Panel | undefined;
  #shown = "";

  /** `size` is that of the frames to draw on. */
  constructor(size: Size, colour: Colour) {
    this.#size = size;
    this.#colour = colour;
    this.#font = fontFor(size);
  }

  /** Draws the line on a packed I420 frame; left out where the frame is too small for it. */
  draw(frame: Uint8Array, line: string): void {
    if (line !== this.#shown || this.#panel === undefined) this.#render(line);
    const { width, height } = this.#panel!.size;
    const left = roundUpToEven((this.#size.width - width) / 2);
    const top = roundUpToEven(this.#size.height * 2 / 3 - height / 2);
    if (left < 0 || top + height > this.#size.height) return;
    this.#panel!.draw(frame, this.#size, left, top);
  }

  #render(line: string): void {
    const { dot, capHeight } = this.#font;
    const padding = Math.round(8 * dot);
    const width = this.#font.widthOf(line) + 2 * padding;
    this.#panel = new Panel({ width, height: capHeight + 2 * padding }, this.#colour);
    this.#panel.write(line, padding, padding, this.#font);
    this.#shown = line;
  }
}
