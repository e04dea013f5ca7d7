/** The program's page of a camera, in a real browser: what such tests need, and how they measure. */
import type { Size } from "../../src/frame/geometry.ts";
import { played } from "../live/played.ts";
import { type ClockReadings, readBarClock } from "./bar_clock.ts";
import { needsBrowser, startBrowser } from "./browser.ts";
import { QUICK, startLive } from "./live_run.ts";
import { hasRtspServer, RTSP_SERVER_MISSING, startRtspServer } from "./rtsp_server.ts";
import { makeStreetPictures } from "./street_clip.ts";
import { temporaryDirectory } from "./temporary.ts";

/** The name of a test that wants the browser and the camera, with the reason where it is skipped. */
export function cameraPageTest(name: string): { readonly name: string; readonly ignore: boolean } {
  const browser = needsBrowser(name);
  if (browser.ignore || hasRtspServer) return browser;
  return { name: `${name} (skipped: ${RTSP_SERVER_MISSING})`, ignore: true };
}

/** What {@link measurePageLag} films. */
export interface PageLagOptions {
  /** Of the camera's pictures; the width is a multiple of 16. */
  readonly size: Size;
  /** Of the camera. */
  readonly fps: number;
  /** For how long the page's clock is read, in milliseconds. */
  readonly durationMs: number;
  /** What else the program is told. */
  readonly args?: readonly string[];
}

/**
 * How long a picture takes from the camera to the screen: the camera's encoder and RTSP server, the
 * program with its network and its encoder, and the page's player, which has settled before.
 */
export async function measurePageLag(options: PageLagOptions): Promise<ClockReadings> {
  const { size, fps, durationMs, args = [] } = options;
  await using directory = await temporaryDirectory();
  const pictures = directory.join("street.i420");
  await makeStreetPictures(pictures, size);
  await using camera = await startRtspServer({ source: { pictures, ...size, fps } });
  await using run = await startLive([camera.url, ...QUICK, ...args]);
  await run.until("frames go out", ({ framesOut }) => framesOut > 5);
  await using browser = await startBrowser();
  const { page } = await browser.open();
  await page.goto(run.url);
  await played(page, 2);
  return await readBarClock(page, durationMs);
}
