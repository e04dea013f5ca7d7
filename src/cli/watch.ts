/** `segstream` on cameras, or on anything with `--live`: runs until it is told to stop. */
import type { ListenAddress } from "../live/listen.ts";
import type { LiveServer } from "../live/server.ts";
import { readPalette } from "../overlay/palette.ts";
import { StreamLog } from "../report/stream_log.ts";
import type { SegmentVideoOptions } from "../segment_video.ts";
import { parseTarget } from "../sink/broadcast.ts";
import type { CameraOptions } from "../watch/camera.ts";
import { Watch, type WatchResult } from "../watch/watch.ts";
import { nameCameras, readCameras } from "./cameras_config.ts";
import { startDownloadProgress } from "./download_progress.ts";
import { EXIT } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";
import { modelFacts, type ModelFlags } from "./model_facts.ts";
import { readToken } from "./token_file.ts";
import type { WatchFlags } from "./watch_flags.ts";

/** Everything that is said on the command line. */
export type WatchCommand =
  & SegmentVideoOptions
  & ModelFlags
  & WatchFlags
  & { readonly output?: readonly string[]; readonly video: boolean; readonly quiet?: boolean };

/** Runs the cameras until Ctrl-C, or until each has ended by itself. */
export async function watchCameras(
  inputs: readonly string[],
  command: WatchCommand,
): Promise<number> {
  checkFlags(command);
  const { quiet = false } = command;
  const log = new StreamLog({ format: command.log ?? "text", write: printLine });
  const cameras = await camerasOf(inputs, command);
  const facts = await modelFacts(command);
  const token = command.tokenFile === undefined ? undefined : await readToken(command.tokenFile);
  const download = startDownloadProgress({ quiet });
  const { stop, kill, release } = watchInterrupts((line) => quiet || printLine(line));
  try {
    await using watch = await Watch.open(cameras, {
      ...command,
      signal: AbortSignal.any([stop, kill]),
      ...(facts && { modelFacts: facts }),
      onDownload: download.onProgress,
      onEvent: (camera, event) => quiet || log.add(camera, event),
    });
    download.stop();
    const server = command.live && await serve(watch, { ...command.live, token });
    try {
      if (server) printLine(`The live page is at ${server.url}`);
      const results = await watch.run(AbortSignal.any([stop, kill]));
      if (!quiet) { for (const result of results) printLine(summary(result)); }
      return exitCodeOf(results);
    } finally {
      await server?.close();
    }
  } catch (error) {
    if (stop.aborted) return EXIT.ok; // while it was opening
    throw error;
  } finally {
    download.stop();
    release();
  }
}

/** The cameras of the command line, or of the configuration with the command line's flags. */
async function camerasOf(
  inputs: readonly string[],
  command: WatchCommand,
): Promise<readonly CameraOptions[]> {
  const { output = [], segment, config, events: to, when } = command;
  const defaults = { ...await settingsOf(command), failOnRefusal: inputs.length === 1 };
  const events = { ...(to !== undefined && { to }), ...(when && { when }) };
  if (config !== undefined) {
    if (inputs.length > 0 || output.length > 0) {
      throw new TypeError("Cannot use --config with inputs or --output: put them into the file.");
    }
    const hasEvents = Object.keys(events).length > 0;
    return await readCameras(config, {
      defaults: { ...defaults, ...(hasEvents && { events }) },
      segmentMs: segment,
    });
  }
  if (to === undefined && when) {
    throw new TypeError("Cannot watch --when without --events: say where the crossings go.");
  }
  if (inputs.length > 1 && output.length > 0) {
    throw new TypeError(
      "Cannot write several cameras to one --output. Say what each writes in a --config.",
    );
  }
  const targets = output.map((text) => parseTarget(text, { segmentMs: segment }));
  return nameCameras(inputs).map((name, index) => ({
    ...{ ...defaults, name, input: inputs[index]!, targets },
    ...(to !== undefined && { events: { ...events, to } }),
  }));
}

/** What the flags say for every camera. */
async function settingsOf(command: WatchCommand) {
  const { palette, targetFps, targetLatency, encoder, crf, preset, every, skipStill } = command;
  const { view, alpha, classes, hide, legend, hud } = command;
  const { drop, rtspTransport, maxReconnects, resolution } = command;
  const target = {
    ...defined({ fps: targetFps, latencyMs: targetLatency }),
  };
  return defined({
    ...{ drop, rtspTransport, maxReconnects, resolution, every, skipStill },
    stallTimeoutMs: command.stallTimeout,
    look: defined({
      ...{ view, alpha, classes, hide, legend, hud },
      palette: palette === undefined ? undefined : await readPalette(palette),
    }),
    target: Object.keys(target).length > 0 ? target : undefined,
    encode: defined({ encoder, crf, preset }),
  });
}

/** Without what is undefined. */
function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** @throws {TypeError} If a flag is for files alone, or rules out another. */
function checkFlags(command: WatchCommand): void {
  for (const flag of ["masks", "stats", "trace", "format"] as const) {
    if (command[flag] === undefined) continue;
    throw new TypeError(
      `Cannot use --${flag} with cameras: it is for files. Use --events for a line a frame.`,
    );
  }
  if (command.head === "prob") {
    throw new TypeError("Cannot use --head prob with cameras: it is for files. Leave it out.");
  }
  if (command.tokenFile !== undefined && command.live === undefined) {
    throw new TypeError("Cannot use --token-file without --live: there is no page to guard.");
  }
}

async function serve(
  watch: Watch,
  { token, ...address }: ListenAddress & { token: string | undefined },
): Promise<LiveServer> {
  const { serveLive } = await import("../live/server.ts");
  return await serveLive(watch.cameras, { ...address, ...(token !== undefined && { token }) });
}

function exitCodeOf(results: readonly WatchResult[]): number {
  for (const { error, name } of results) {
    if (error) printLine(results.length > 1 ? `${name}: ${error.message}` : error.message);
  }
  return results.some(({ error }) => error) ? EXIT.failed : EXIT.ok;
}

/** One camera's run in a sentence or two, and what it left. */
function summary({ name, status, paths }: WatchResult): string {
  const { framesIn, framesOut, dropped, framesHeld, reconnects } = status;
  const drops = Object.entries(dropped).filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} dropped (${reason})`);
  const parts = [
    `${framesIn} frames in`,
    `${framesOut} out`,
    ...drops,
    ...(framesHeld > 0 ? [`${framesHeld} repeated`] : []),
    ...(reconnects > 0 ? [`${reconnects} reconnect${reconnects === 1 ? "" : "s"}`] : []),
  ];
  return [`${name}: ${parts.join(", ")}`, ...paths.map((path) => `wrote ${path}`)].join("\n");
}

/** Lines go to stderr: stdout may be the events. */
function printLine(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
