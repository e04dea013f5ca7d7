/** Frames that the tests of the sinks make themselves. */
import assert from "node:assert/strict";
import { findFfmpeg, findFfprobe } from "../../src/ffmpeg/binary.ts";
import type { Probe } from "../../src/ffmpeg/probe.ts";
import type { Colour } from "../../src/frame/colour.ts";
import { i420Layout, type Size } from "../../src/frame/geometry.ts";
import type { StreamInfo } from "../../src/frame/stream.ts";
import { HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import { openVideoSink, type VideoSinkOptions } from "../../src/sink/video.ts";
import type { FinishedFrame, FrameSink } from "../../src/sink/sink.ts";
import { runCommand } from "../testing/command.ts";
import type { ProbedFile } from "../testing/media.ts";

export const SIZE: Size = { width: 96, height: 64 };

export const BT709: Colour = { matrix: "bt709", range: "limited" };

/** A stream of synthetic frames at 25 a second. */
export function streamInfo(fields: Partial<StreamInfo> = {}): StreamInfo {
  return {
    size: SIZE,
    sampleAspectRatio: { numerator: 1, denominator: 1 },
    colour: BT709,
    frameRate: { numerator: 25, denominator: 1 },
    startUs: 0,
    hasAudio: false,
    ...fields,
  };
}

/** A diagonal gradient that moves with the frame's number, and labels in stripes that do. */
export function syntheticFrame(index: number, ptsUs: number, size: Size = SIZE): FinishedFrame {
  const header = new Float64Array(HEADER_FIELDS);
  header[HEADER.index] = index;
  header[HEADER.ptsUs] = ptsUs;
  const { y, byteLength } = i420Layout(size);
  const pixels = new Uint8Array(byteLength).fill(128);
  const labels = new Uint8Array(size.width * size.height);
  for (let row = 0; row < y.height; row++) {
    for (let column = 0; column < y.width; column++) {
      const at = row * y.width + column;
      pixels[at] = 16 + (row + column + 3 * index) % 200;
      labels[at] = labelAt(row, column, index);
    }
  }
  return { header, pixels, labels, confidence: undefined };
}

/** All ids of the 19 classes, and 255 for ignored pixels, in every frame. */
function labelAt(row: number, column: number, index: number): number {
  const id = ((column >> 3) + (row >> 4) + index) % 20;
  return id === 19 ? 255 : id;
}

/** Writes frames at these times. */
export async function writeFrames(sink: FrameSink, timesUs: readonly number[], size: Size = SIZE) {
  for (const [index, ptsUs] of timesUs.entries()) {
    await sink.write(syntheticFrame(index, ptsUs, size));
  }
}

/** The times of `count` frames at 25 a second, in microseconds. */
export function timesAt25(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index * 40_000);
}

/** Opens a sink for synthetic frames. */
export async function openSyntheticSink(
  target: string,
  options: Partial<VideoSinkOptions> = {},
) {
  return await openVideoSink(target, {
    binary: await findFfmpeg(),
    stream: streamInfo(),
    outputSize: SIZE,
    ...options,
  });
}

/** The part of a probe that names a file and its sound. */
export function soundOf(
  path: string,
  ...audioCodecs: string[]
): Pick<Probe, "input" | "audioCodecs"> {
  return { input: { kind: "file", name: path, path }, audioCodecs };
}

/** The names in a directory, sorted. */
export async function namesIn(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map((entry) => entry.name).sort();
}

/** How many bytes a file has; none while it is not there yet. */
export async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
}

/**
 * What ffprobe says. The bundled one is linked statically and crashes on the service name of a
 * transport stream when it loads the system's character sets; GCONV_PATH keeps it from that.
 */
async function ffprobe(path: string, ...args: readonly string[]): Promise<unknown> {
  const result = await runCommand(
    await findFfprobe(),
    ["-loglevel", "error", "-of", "json", ...args, path],
    { env: { GCONV_PATH: "/nonexistent" } },
  );
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(new TextDecoder().decode(result.stdout));
}

/** Streams and format of a file, its frames decoded and counted. */
export async function probeFile(path: string): Promise<ProbedFile> {
  return await ffprobe(path, "-show_streams", "-show_format", "-count_frames") as ProbedFile;
}

/** When each decoded frame of the picture is shown, in seconds. */
export async function frameTimes(path: string): Promise<number[]> {
  const entry = "best_effort_timestamp_time";
  const { frames } = await ffprobe(
    path,
    ...["-select_streams", "v:0", "-show_entries", `frame=${entry}`],
  ) as { frames: { [entry]: string }[] };
  return frames.map((frame) => Number(frame[entry]));
}

/** When the first packet of a stream begins and the last one, in seconds. */
export async function packetSpan(path: string, stream: string): Promise<[number, number]> {
  const { packets } = await ffprobe(
    path,
    ...["-select_streams", stream, "-show_entries", "packet=pts_time"],
  ) as { packets: { pts_time: string }[] };
  return [Number(packets[0]!.pts_time), Number(packets.at(-1)!.pts_time)];
}
