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
    { timeout: 15_000 },
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

/** How many seconds of the stream the page has and does not show yet. */
export function secondsBehind(page: Page): Promise<number> {
  return page.locator("video").evaluate((element) => {
    const { buffered, currentTime } = element as unknown as PageVideo;
    return buffered.end(buffered.length - 1) - currentTime;
  });
}
