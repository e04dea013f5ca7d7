/**
 * Films a camera that shows a clock, reads the clock from the live page in a browser, and prints how
 * far behind the page is: from glass to glass, in one line.
 *
 * ```sh
 * deno task live-lag                                                  # 10 seconds
 * deno task live-lag --size 1024x512 --resolution half --seconds 60
 * ```
 *
 * Camera, program and browser share this machine, and so the clock; the browser draws without a GPU.
 * It exits with 1 where the project's goal is missed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { measurePageLag } from "../testing/camera_page.ts";

/** The goal, of 95% of the moments at which somebody looks at the page. */
const P95_MS = 1000;

async function measure(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "10" },
      size: { type: "string", default: "320x180" },
      fps: { type: "string", default: "25" },
      resolution: { type: "string", default: "quarter" },
    },
  });
  const { size, fps, resolution, seconds } = values;
  const [width, height] = size.split("x").map(Number) as [number, number];
  const { lagsMs, unread } = await measurePageLag({
    size: { width, height },
    ...{ fps: Number(fps), durationMs: Number(seconds) * 1000 },
    args: ["--resolution", resolution],
  });
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  const [p50, p95, largest] = [0.5, 0.95, 1].map(quantile) as [number, number, number];
  const load = Deno.loadavg()[0]!.toFixed(1);
  console.log(
    `${size} at ${fps} fps, network at ${resolution}: the page is ${p50} ms behind the camera ` +
      `(95%: ${p95} ms, largest ${largest} ms); ${lagsMs.length} readings, ${unread} unreadable; ` +
      `load average ${load} on ${navigator.hardwareConcurrency} cores`,
  );
  return p95 < P95_MS ? 0 : 1;
}

if (import.meta.main) Deno.exit(await measure(Deno.args));
