/**
 * Films a camera for minutes and prints how long frames take from decoded to written, a line for each
 * half minute; then again with a network that is made too slow, where frames have to be dropped.
 *
 * ```sh
 * deno task live-latency                                      # 5 minutes, then 1
 * deno task live-latency --seconds 20 --slow-seconds 10       # to see that it works
 * ```
 *
 * The camera is GStreamer's RTSP server on this machine, which sends a clip that was encoded before:
 * what it needs of the cores is little. It exits with 1 where a goal of the project is missed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parseResolution } from "../../src/cli/resolution.ts";
import { type FrameTiming, STAGES } from "../../src/frame/timing.ts";
import { type CameraOptions, openWatch } from "../../mod.ts";
import { startRtspServer } from "../testing/rtsp_server.ts";
import { makeStreetClip } from "../testing/street_clip.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** The goals: of the latency, and of what it may change over the whole run. */
const P95_MS = 80;
const DRIFT_MS = 10;

const LINE_MS = 30_000;

/** A camera's first frames find everything cold. */
const SETTLE_MS = 5000;

/** A frame that went out. */
interface Sample {
  /** After the first. */
  readonly atMs: number;
  readonly timing: FrameTiming;
}

/** A run of the camera: its frames, and the count of all that it sent. */
interface Run {
  readonly samples: readonly Sample[];
  readonly framesIn: number;
  readonly framesOut: number;
  readonly dropped: number;
}

async function film(camera: CameraOptions, seconds: number): Promise<Run> {
  const samples: Sample[] = [];
  await using watch = await openWatch([camera], { provider: "cpu" });
  const end = new AbortController();
  let firstMs: number | undefined;
  watch.cameras[0]!.onFrame((timing) => {
    const atMs = performance.now();
    firstMs ??= atMs;
    samples.push({ atMs: atMs - firstMs, timing });
    if (atMs - firstMs > seconds * 1000) end.abort();
  });
  const [result] = await watch.run(end.signal);
  if (result!.error) throw result!.error;
  const { framesIn, framesOut, dropped } = result!.status;
  return { samples, framesIn, framesOut, dropped: sum(Object.values(dropped)) };
}

/** Prints a run's table; gives what the goals are about. */
function show(title: string, { samples, framesIn, framesOut, dropped }: Run) {
  const endMs = samples.at(-1)!.atMs;
  const lineMs = Math.min(LINE_MS, endMs / 5);
  console.log(`\n${title}\n`);
  console.log("| from s | frames | fps | latency p50 ms | p95 | p99 | largest |");
  console.log("|--:|--:|--:|--:|--:|--:|--:|");
  for (let fromMs = 0; fromMs < endMs; fromMs += lineMs) {
    const part = samples.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + lineMs);
    if (part.length < 2) continue;
    const latency = quantiles(part.map(latencyOf));
    const fps = (part.length - 1) * 1000 / (part.at(-1)!.atMs - part[0]!.atMs);
    const cells = [
      ...[Math.round(fromMs / 1000), part.length, fps.toFixed(1)],
      ...[0.5, 0.95, 0.99, 1].map((share) => latency(share).toFixed(1)),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log("\n| stage | p50 ms | p95 |\n|:--|--:|--:|");
  for (const stage of STAGES.slice(1)) { // the camera's pace is no latency
    const took = quantiles(samples.map(({ timing }) => timing[`${stage}Ms`]));
    console.log(`| ${[stage, took(0.5).toFixed(1), took(0.95).toFixed(1)].join(" | ")} |`);
  }
  const settled = samples.filter(({ atMs }) => atMs > Math.min(SETTLE_MS, endMs / 5));
  const p95Ms = quantiles(settled.map(latencyOf))(0.95);
  const driftMs = slope(settled) * endMs;
  console.log(`\np95 ${p95Ms.toFixed(1)} ms, trend ${driftMs.toFixed(1)} ms over the run`);
  console.log(`${framesIn} frames in = ${framesOut} out + ${dropped} dropped`);
  return { p95Ms, driftMs, isCounted: framesIn === framesOut + dropped };
}

function latencyOf({ timing }: Sample): number {
  return timing.latencyMs;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = values.toSorted((a, b) => a - b);
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** Least squares of the latency over time: milliseconds a millisecond. */
function slope(samples: readonly Sample[]): number {
  const meanMs = sum(samples.map(({ atMs }) => atMs)) / samples.length;
  const squares = sum(samples.map(({ atMs }) => (atMs - meanMs) ** 2));
  return sum(samples.map((sample) => (sample.atMs - meanMs) * latencyOf(sample))) / squares;
}

async function measure(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "300" },
      "slow-seconds": { type: "string", default: "60" },
      slowdown: { type: "string", default: "5" },
      size: { type: "string", default: "1024x512" },
      fps: { type: "string", default: "25" },
      resolution: { type: "string", default: "half" },
    },
  });
  const { size, fps, resolution } = values;
  await using folder = await temporaryDirectory();
  const file = folder.join("street.mp4");
  const [width, height] = size.split("x").map(Number) as [number, number];
  await makeStreetClip(file, { size: { width, height }, fps: Number(fps) });
  await using server = await startRtspServer({ source: { file } });
  const camera = { name: "camera", input: server.url, resolution: parseResolution(resolution) };

  const what = `${size} at ${fps} fps, network at ${resolution}`;
  const usual = show(what, await film(camera, Number(values.seconds)));
  const slowdown = Number(values.slowdown);
  const slow = show(
    `${what}, ${slowdown} times as slow`,
    await film({ ...camera, slowdown }, Number(values["slow-seconds"])),
  );
  const load = Deno.loadavg().map((each) => each.toFixed(1)).join(", ");
  console.log(`\nload averages ${load} on ${navigator.hardwareConcurrency} cores`);
  const goals = [
    [`p95 under ${P95_MS} ms`, usual.p95Ms < P95_MS],
    [`no trend: less than ${DRIFT_MS} ms over the run`, Math.abs(usual.driftMs) < DRIFT_MS],
    ["slowed down, no trend either", Math.abs(slow.driftMs) < DRIFT_MS * slowdown],
    ["in = out + dropped", usual.isCounted && slow.isCounted],
  ] as const;
  for (const [goal, isMet] of goals) console.log(`${isMet ? "met   " : "MISSED"} ${goal}`);
  return goals.every(([, isMet]) => isMet) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await measure(Deno.args));
