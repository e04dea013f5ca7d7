import { join, resolve } from "node:path";
import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import type { Ratio } from "../../frame/stream.ts";
import type { OnStreamEvent } from "../../frame/stream_event.ts";
import { CopyProcess } from "./copy_process.ts";
import type { Hub } from "./hub.ts";
import { Recording } from "./recording.ts";
import { type OutputRun, SteadyOutput } from "./steady_output.ts";
import { type BroadcastTarget, makeFolder, PLAYLIST, targetName } from "./targets.ts";

/** What every output of a broadcast needs. */
export interface OutputContext {
  readonly binary: FfmpegBinary;
  readonly frameRate: Ratio;
  readonly hub: Hub;
  readonly onEvent: OnStreamEvent;
  /** A file is complete, under this name. */
  readonly onClosed: (path: string) => void;
}

const SEGMENT_SECONDS = 2;
const LISTED_SEGMENTS = 6;

/** A server that takes nothing for that long is gone. */
const STALL_MS = 10_000;
const END_MS = 5_000;

/** Starts an output; it is kept up until the stream ends. */
export function startOutput(target: BroadcastTarget, context: OutputContext): SteadyOutput {
  const { hub, onEvent } = context;
  const start = (onWorking: () => void) => startRun(target, context, onWorking);
  return new SteadyOutput({ name: targetName(target), start, hub, onEvent });
}

function startRun(
  target: BroadcastTarget,
  { binary, frameRate, onClosed }: OutputContext,
  onWorking: () => void,
): OutputRun {
  if (target.kind === "record") {
    const { path, segmentMs } = target;
    return new Recording({ binary, frameRate, path, segmentMs, onWorking, onClosed });
  }
  const output = target.kind === "hls"
    ? playlistArguments(target.directory)
    : Promise.resolve(publishArguments(target.url));
  return new CopyProcess({ binary, output, onWorking, stallMs: STALL_MS, endMs: END_MS });
}

/**
 * RTSP over TCP: one connection, no packet lost to a firewall. ffmpeg takes a URL as an argument
 * only, password included.
 */
function publishArguments(url: string): readonly string[] {
  if (/^rtmp/i.test(url)) return ["-flvflags", "no_duration_filesize", "-f", "flv", url];
  return ["-rtsp_transport", "tcp", "-f", "rtsp", url];
}

/**
 * Segments are written under another name until they are complete. The numbers go on where an
 * earlier run stopped, with a mark of discontinuity, so that players that are watching go on too.
 */
async function playlistArguments(directory: string): Promise<readonly string[]> {
  await makeFolder(directory);
  // From the root, lest a colon in the name be taken for a protocol.
  const folder = resolve(directory);
  const playlist = join(folder, PLAYLIST);
  const isCarriedOn = await Deno.stat(playlist).then(() => true, () => false);
  return [
    ...["-f", "hls", "-hls_time", String(SEGMENT_SECONDS)],
    ...["-hls_list_size", String(LISTED_SEGMENTS)],
    ...["-hls_flags", `delete_segments+temp_file${isCarriedOn ? "+append_list" : ""}`],
    ...["-hls_segment_filename", join(folder.replaceAll("%", "%%"), "segment-%06d.ts")],
    playlist,
  ];
}
