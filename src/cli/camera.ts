import type { Command } from "commander";
import type { CameraEvent } from "../camera/camera.ts";
import type { Size } from "../frame/geometry.ts";
import { formatSize } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { parseRate, parseSize, type Refuse } from "../source/street/options.ts";
import { argument, EXIT, number } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";

/** The options as commander gives them. */
interface Options {
  readonly source: string;
  readonly size?: Size;
  readonly fps?: Ratio;
  readonly flaky?: number;
  readonly ffmpeg?: string;
}

const EXAMPLES = `
Examples:
  segstream camera rtsp://127.0.0.1:8554/cam
  segstream camera rtsp://user:secret@127.0.0.1:8554/cam --source drive.mp4 --fps 15
  segstream camera rtsp://127.0.0.1:8554/cam --source street:seed=7 --size 640x360 --flaky 1

H.264 over RTSP, its packets over TCP only (players that ask for UDP are told so). With a user in
the URL, clients must know the password. Ctrl-C ends it.`;

/** Adds `segstream camera`: a camera to test with, one that fails when it is told to. */
export function addCameraCommand(program: Command, exit: (code: number) => void): void {
  program.command("camera")
    .description("Serves a drawn street or a file as an RTSP camera, to test with")
    .argument("<url>", "where: rtsp://[USER:PASSWORD@]HOST:PORT/PATH")
    .option(
      "--source <input>",
      "street: (see segstream --help) or a file, over and over",
      "street:",
    )
    .option("--size <WxH>", "of the picture (default: the source's)", argument(readSize))
    .option("--fps <rate>", "frames a second (default: the source's)", argument(readRate))
    .option(
      "--flaky <seed>",
      "stall, drop clients, reboot and change size, on the schedule of that seed",
      number({ min: 0, max: 0xffffffff, integer: true }),
    )
    .option("--ffmpeg <path>", "the ffmpeg to run (default: SEGSTREAM_FFMPEG, then the bundled)")
    .option("--debug", "print stacks with errors")
    .addHelpText("after", EXAMPLES)
    .action(async (url: string, options: Options) => exit(await run(url, options)));
}

async function run(url: string, options: Options): Promise<number> {
  // Loaded only for this command: nothing else needs it.
  const [{ startCamera }, { formatFailure, scheduleFailures }] = await Promise.all([
    import("../camera/camera.ts"),
    import("../camera/flaky.ts"),
  ]);
  const { source, size, fps, flaky, ffmpeg } = options;
  const begunMs = performance.now();
  const describe = (event: CameraEvent): string => {
    switch (event.kind) {
      case "failure":
        return `${formatClock(event.failure.atMs)} ${formatFailure(event.failure)}`;
      case "back":
        return `${formatClock(performance.now() - begunMs)} back`;
      case "client":
        return `${formatClock(performance.now() - begunMs)} ${event.client} ${event.what}`;
    }
  };
  const { stop, release } = watchInterrupts(() => {});
  try {
    await using camera = await startCamera(url, {
      source,
      size,
      frameRate: fps,
      ffmpeg,
      failures: flaky === undefined ? undefined : (size) => scheduleFailures(flaky, size),
      onEvent: (event) => printLine(describe(event)),
    });
    const rate = camera.frameRate.numerator / camera.frameRate.denominator;
    const picture = `${formatSize(camera.size)}, ${Number(rate.toFixed(3))} fps`;
    printLine(`Serving ${camera.url} (${picture}). Ctrl-C ends it.`);
    stop.addEventListener("abort", () => camera.stop());
    if (stop.aborted) await camera.stop();
    await camera.ended;
    return EXIT.interrupted;
  } finally {
    release();
  }
}

function printLine(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** "01:05" */
function formatClock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

const refuse: Refuse = (mend) => new TypeError(mend.replace(/^./, (first) => first.toUpperCase()));

function readSize(text: string): Size {
  return parseSize(text, refuse);
}

function readRate(text: string): Ratio {
  return parseRate(text, refuse);
}
