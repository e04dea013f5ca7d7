/** How a camera's frames are drawn, and how that is changed while it runs. */
import type { SegmentationClass } from "../frame/classes.ts";
import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import type { Provider } from "../infer/providers.ts";
import { DEFAULT_ALPHA, type View, VIEWS } from "../overlay/blend.ts";
import { visibleClasses } from "../overlay/class_filter.ts";
import type { DrawOptions } from "../overlay/overlay.ts";
import { defaultPalette, type Palette } from "../overlay/palette.ts";
import type { FeedView } from "../report/feed.ts";

/** The views that keep the picture's size, so that a running stream may switch between them. */
export const LIVE_VIEWS = VIEWS.filter((view) => view !== "side-by-side");

/** How a camera's frames look at first. */
export interface LiveLook {
  /** `overlay` by default; `side-by-side` would change the picture's size. */
  readonly view?: View;
  /** 0 to 1. */
  readonly alpha?: number;
  /** Of the classes, as read from a palette file. */
  readonly palette?: (classes: readonly SegmentationClass[]) => Palette;
  /** Classes to tint: names, categories or ids, comma-separated. */
  readonly classes?: string;
  /** Classes not to tint, in the same form. */
  readonly hide?: string;
  /** Names the classes on the picture. */
  readonly legend?: boolean;
  /** Shows fps, latency, provider and resolution on the picture. */
  readonly hud?: boolean;
}

/** The view of a camera and what becomes of it in the workers. */
export class LiveDrawing {
  readonly palette: Palette;
  readonly #classes: readonly SegmentationClass[];
  #view: FeedView;

  /**
   * The look as it begins.
   *
   * @throws {RangeError} If a class is not known, or the view changes the picture's size.
   */
  constructor(classes: readonly SegmentationClass[], look: LiveLook) {
    const { view = "overlay", alpha = DEFAULT_ALPHA, legend = false, hud = false } = look;
    this.#classes = classes;
    this.palette = look.palette?.(classes) ?? defaultPalette(classes);
    const visible = visibleClasses({
      ...(look.classes === undefined ? {} : { show: look.classes }),
      ...(look.hide === undefined ? {} : { hide: look.hide }),
    }, classes);
    this.#view = this.#checked({ view, alpha, visible: [...visible], legend, hud });
  }

  /** As the page shows it. */
  get view(): FeedView {
    return this.#view;
  }

  /** @throws {TypeError | RangeError} If a value is not valid; nothing is changed then. */
  change(change: Partial<FeedView>): void {
    this.#view = this.#checked({ ...this.#view, ...change });
  }

  /** What the workers are told. */
  options(
    { size, colour, provider, modelSize }: {
      readonly size: Size;
      readonly colour: Colour;
      readonly provider: Provider;
      readonly modelSize: Size;
    },
  ): DrawOptions {
    const { view, alpha, visible, legend, hud } = this.#view;
    return {
      ...{ size, colour, alpha, legend },
      classes: this.#classes,
      palette: this.palette,
      view: view as View,
      visible: new Set(visible),
      hud: hud ? { provider, modelSize } : undefined,
    };
  }

  #checked(view: FeedView): FeedView {
    if (!(LIVE_VIEWS as readonly string[]).includes(view.view)) {
      throw new RangeError(
        `Cannot show view "${view.view}" of a live stream. Name one of ${LIVE_VIEWS.join(", ")}.`,
      );
    }
    if (typeof view.alpha !== "number" || !(view.alpha >= 0 && view.alpha <= 1)) {
      throw new RangeError(`Cannot blend with alpha ${view.alpha}. Name a number from 0 to 1.`);
    }
    const isId = (id: unknown) => Number.isInteger(id) && this.#classes[id as number] !== undefined;
    if (!Array.isArray(view.visible) || !view.visible.every(isId)) {
      throw new RangeError(
        `Cannot show classes ${JSON.stringify(view.visible)}. Name ids from 0 to ${
          this.#classes.length - 1
        }.`,
      );
    }
    if (typeof view.legend !== "boolean" || typeof view.hud !== "boolean") {
      throw new TypeError("Cannot switch legend or hud: name true or false.");
    }
    return { ...view, visible: view.visible.toSorted((a, b) => a - b) };
  }
}
