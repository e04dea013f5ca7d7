/**
 * A clock that a camera draws into its pictures and a page reads from its screen: what lies between
 * the two is the lag of all that is between them.
 *
 * Sixteen bits of `Date.now()`, the highest first, are squares along the upper edge, white for 1;
 * below each lies its opposite. Which of a column's two is the brighter survives every codec and
 * every tint; pictures in which a column does not say so are not read. `rtsp_server.py` draws it.
 */
import type { Page } from "playwright-core";

/** How much brighter the one square is at least, of 255. */
const LEAST_CONTRAST = 40;

/** More than the clock can tell: what lags by more seems to lag by that much less. */
export const CLOCK_PERIOD_MS = 2 ** 16;

/** What a page's video showed, each time that it was looked at. */
export interface ClockReadings {
  /** How old the picture was that was on the screen, in milliseconds. */
  readonly lagsMs: readonly number[];
  /** How often there was no clock to be read. */
  readonly unread: number;
}

/** Looks at the clock in the page's video about 15 times a second, for that long. */
export function readBarClock(page: Page, durationMs: number): Promise<ClockReadings> {
  return page.evaluate(async ({ durationMs, contrast, period }) => {
    const { document } = globalThis as unknown as PageGlobals;
    const [columns, rows] = [16, 2];
    const video = document.querySelector("video");
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: columns, height: rows });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingEnabled = false; // the pixel in the middle of each square

    const lag = () => {
      const { videoWidth: width } = video;
      context.drawImage(video, 0, 0, width, width / columns * rows, 0, 0, columns, rows);
      const now = Date.now();
      const { data } = context.getImageData(0, 0, columns, rows);
      const brightness = (at: number) =>
        (data[4 * at]! + data[4 * at + 1]! + data[4 * at + 2]!) / 3;
      let time = 0;
      for (let column = 0; column < columns; column++) {
        const difference = brightness(column) - brightness(columns + column);
        if (Math.abs(difference) < contrast) return undefined;
        time = 2 * time + Number(difference > 0);
      }
      return (now % period - time + period) % period;
    };

    const lagsMs: number[] = [];
    let unread = 0;
    for (const end = Date.now() + durationMs; Date.now() < end;) {
      const lagMs = lag();
      if (lagMs === undefined) unread++;
      else lagsMs.push(lagMs);
      // Neither the camera's pace nor a screen's.
      await new Promise((resolve) => setTimeout(resolve, 50 + 30 * Math.random()));
    }
    return { lagsMs, unread };
  }, { durationMs, contrast: LEAST_CONTRAST, period: CLOCK_PERIOD_MS });
}

/** What the function uses that runs in the page; the tests' own types know no browser. */
interface PageGlobals {
  readonly document: {
    querySelector(selector: "video"): { readonly videoWidth: number };
    createElement(name: "canvas"): {
      getContext(kind: "2d", options: { readonly willReadFrequently: boolean }): {
        imageSmoothingEnabled: boolean;
        drawImage(image: unknown, ...fromAndTo: readonly number[]): void;
        getImageData(x: number, y: number, width: number, height: number): {
          readonly data: Uint8ClampedArray;
        };
      };
    };
  };
}
