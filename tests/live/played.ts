import type { Page } from "playwright-core";

/** Waits until the first video of the page has shown that many seconds more. */
export async function played(page: Page, seconds: number, selector = "video"): Promise<void> {
  const time = await page.locator(selector).first().evaluate((video) =>
    (video as unknown as { currentTime: number }).currentTime
  );
  await page.waitForFunction(
    ([selector, time]) => {
      const video = (globalThis as unknown as PageGlobals).document.querySelector(selector);
      return video.readyState >= 3 && video.currentTime > time;
    },
    [selector, time + seconds] as const,
  );
}

/** What the functions use that run in the page; the tests' own types know no browser. */
export interface PageGlobals {
  readonly document: { querySelector(selector: string): PageVideo };
}

/** As much of a video element as the tests ask for. */
export interface PageVideo {
  readonly readyState: number;
  readonly currentTime: number;
  readonly videoWidth: number;
  readonly playbackRate: number;
  readonly buffered: { readonly length: number; end(index: number): number };
}

/** Sends the video back, as one is behind to which the machine gave no time for so long. */
export async function fallBehind(page: Page, seconds: number): Promise<void> {
  await page.locator("video").evaluate((element, seconds) => {
    const video = element as unknown as { currentTime: number };
    video.currentTime -= seconds;
  }, seconds);
}

/** Waits until the page has less than so many seconds of the stream that it does not show yet. */
export async function caughtUp(page: Page, seconds: number): Promise<void> {
  await page.waitForFunction((seconds) => {
    const video = (globalThis as unknown as PageGlobals).document.querySelector("video");
    const { buffered, currentTime } = video;
    return buffered.length > 0 && buffered.end(buffered.length - 1) - currentTime < seconds;
  }, seconds);
}
