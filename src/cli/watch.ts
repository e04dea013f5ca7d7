/** `segstream` on cameras, or on anything with `--live`: runs until it is told to stop. */
import { redact } from "../ffmpeg/redact.ts";
import type { ListenAddress } from "../live/listen.ts";
import type { LiveServer } from "../live/server.ts";
import { readPalette } from "../overlay/palette.ts";
import type { SegmentVideoOptions } from "../segment_video.ts";
import { parseTarget } from "../sink/broadcast.ts";
import type { CameraOptions } from "../watch/camera.ts";
import { Watch } from "../watch/watch.ts";
import { nameCameras, readCameras } from "./cameras_config.ts";
import { startDownloadProgress } from "./download_progress.ts";
import { EXIT } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";
import { modelFacts, type ModelFlags } from "./model_facts.ts";
import { readToken } from "./token_file.ts";
import { WatchConsole } from "./watch_console.ts";
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
  checkFlags(inputs, command);
  const { quiet = false, log: format = "text" } = command;
  const cameras = await camerasOf(inputs, command);
  const facts = await modelFacts(command);
  const token = command.tokenFile === undefined ? undefined : await readToken(command.tokenFile);
  let watched: Watch | undefined;
  let isOpen = false;
  const download = startDownloadProgress({ quiet });
  const { stop, kill, release } = watchInterrupts((line) => screen.note(line));
  const screen = new WatchConsole({
    ...{ format, quiet },
    isShared: command.events === "-",
    statuses: () => watched?.cameras.map(({ status }) => status) ?? [],
  });
  try {
    await using watch = watched = await Watch.open(cameras, {
      ...command,
      signal: AbortSignal.any([stop, kill]),
      ...(facts && { modelFacts: facts }),
      onDownload: download.onProgress,
      onEvent: (camera, event) => {
        // Of a single camera the error that ends the program says it.
        const isEnd = event.kind === "gave up" || event.kind === "failed";
        if (!isEnd || cameras.length > 1) screen.event(camera, event);
      },
    });
    isOpen = true;
    download.stop();
    const server = command.live && await serve(watch, { ...command.live, token });
    try {
      if (server) screen.page(server.url);
      screen.expect(nameOf(cameras));
      const results = await watch.run(stop, kill);
      screen.results(results);
      if (kill.aborted) return EXIT.interrupted;
      return results.some(({ error }) => error) ? EXIT.failed : EXIT.ok;
    } finally {
      await server?.close();
    }
  } catch (error) {
    if (kill.aborted) return EXIT.interrupted;
    if (stop.aborted && !isOpen) return EXIT.ok;
    throw error;
  } finally {
    download.stop();
    screen.stop();
    release();
  }
}

function nameOf(cameras: readonly CameraOptions[]): string {
  return cameras.length === 1 ? redact(cameras[0]!.input) : `${cameras.length} cameras`;
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
function checkFlags(inputs: readonly string[], command: WatchCommand): void {
  for (const flag of ["masks", "stats", "trace", "format"] as const) {
    if (command[flag] === undefined) continue;
    throw new TypeError(
      `Cannot use --${flag} with cameras: it is for files. Use --events for a line a frame.`,
    );
  }
  if (!command.video) {
    throw new TypeError("Cannot use --no-video with cameras: it is for files. Leave it out.");
  }
  if (command.overwrite) {
    throw new TypeError(
      "Cannot use --overwrite with cameras: a recording replaces nothing. Cut it with --segment, " +
        "which gives each part a name of its own, or name another --output.",
    );
  }
  const { live, config, output, events } = command;
  if (!(live ?? config ?? output ?? events)) {
    throw new TypeError(
      `Cannot watch ${inputs.length > 1 ? "cameras" : "a camera"} for nobody: name --live for a ` +
        "page, --output or --events.",
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
