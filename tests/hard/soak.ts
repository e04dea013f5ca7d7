/**
 * Segments a very long street and prints what the process holds on the way: memory, open handles,
 * threads and the latency of the frames, a line for each tenth of the run.
 *
 * ```sh
 * deno task soak                                              # 100,000 small frames
 * deno task soak --frames 20000 --size 512x256 --resolution quarter
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parseResolution } from "../../src/cli/resolution.ts";
import { segmentVideo } from "../../src/segment_video.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** Lines of the table. */
const PARTS = 10;

/** How much more than after two tenths memory and handles may be in the end: caches fill first. */
const GROWTH = 1.2;

/** What the process holds at one moment. */
interface Sample {
  readonly rssBytes: number;
  readonly handles: number;
  readonly threads: number;
  readonly atMs: number;
}

/** Holds everything for a few milliseconds: what is counted is of this very moment. */
function sample(): Sample {
  const atMs = performance.now();
  const rssBytes = Deno.memoryUsage().rss;
  const count = (folder: string) => {
    const list = new Deno.Command("ls", { args: [`/proc/${Deno.pid}/${folder}`] });
    return new TextDecoder().decode(list.outputSync().stdout).trim().split("\n").length;
  };
  return { rssBytes, handles: count("fd"), threads: count("task"), atMs };
}

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      frames: { type: "string", default: "100000" },
      size: { type: "string", default: "128x64" },
      resolution: { type: "string", default: "quarter" },
    },
  });
  const frames = Number(values.frames);
  const step = Math.ceil(frames / PARTS);
  await using folder = await temporaryDirectory();
  const stats = folder.join("frames.csv");
  const samples = [sample()];
  const { report } = await segmentVideo(
    // 1000 frames a second: the street of a day is not long enough otherwise.
    `street:size=${values.size},fps=1000,seconds=${frames / 1000}`,
    folder.join("out.mp4"),
    {
      resolution: parseResolution(values.resolution),
      provider: "cpu",
      stats,
      onProgress: ({ frames: done }) => {
        if (done % step === 0 || done === frames) samples.push(sample());
      },
    },
  );
  const latencies = await readLatencies(stats);
  console.log(`${report.frames} frames of ${values.size}, network at ${values.resolution}\n`);
  console.log("| frames | fps | latency p50 ms | p99 ms | memory MiB | handles | threads |");
  console.log("|--:|--:|--:|--:|--:|--:|--:|");
  for (let part = 1; part < samples.length; part++) {
    const [before, now] = [samples[part - 1]!, samples[part]!];
    const window = latencies.slice((part - 1) * step, part * step).sort((a, b) => a - b);
    const fps = window.length / (now.atMs - before.atMs) * 1000;
    const at = (share: number) => window[Math.floor(share * (window.length - 1))]!.toFixed(1);
    const memory = (now.rssBytes / 2 ** 20).toFixed(0);
    const cells = [Math.min(part * step, frames), fps.toFixed(0), at(0.5), at(0.99), memory];
    console.log(`| ${[...cells, now.handles, now.threads].join(" | ")} |`);
  }
  const [early, late] = [samples[2]!, samples.at(-1)!];
  const isFlat = late.rssBytes <= early.rssBytes * GROWTH &&
    late.handles <= early.handles * GROWTH && late.threads <= early.threads * GROWTH;
  return isFlat && report.frames === frames ? 0 : 1;
}

/** The last column of the statistics, in the order of the frames. */
async function readLatencies(path: string): Promise<number[]> {
  const [heading, ...records] = (await Deno.readTextFile(path)).trim().split("\n");
  const column = heading!.split(",").indexOf("latencyMs");
  return records.map((record) => Number(record.split(",")[column]));
}

if (import.meta.main) Deno.exit(await run(Deno.args));
