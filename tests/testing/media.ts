import assert from "node:assert/strict";
import { findFfmpeg, findFfprobe } from "../../src/ffmpeg/binary.ts";
import { runCommand } from "./command.ts";

/** What ffprobe says of a stream: the fields that tests ask for; its numbers come as text. */
export interface ProbedStream {
  readonly index: number;
  readonly codec_type: "video" | "audio" | "subtitle" | "data";
  readonly codec_name: string;
  readonly width?: number;
  readonly height?: number;
  readonly pix_fmt?: string;
  readonly sample_aspect_ratio?: string;
  readonly r_frame_rate: string;
  readonly avg_frame_rate: string;
  readonly time_base: string;
  readonly start_time?: string;
  readonly duration?: string;
  readonly nb_frames?: string;
  readonly nb_read_frames?: string;
  readonly color_space?: string;
  readonly color_range?: string;
  readonly color_primaries?: string;
  readonly color_transfer?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What ffprobe says of a file. */
export interface ProbedFile {
  readonly streams: readonly ProbedStream[];
  readonly format: {
    readonly format_name: string;
    readonly duration?: string;
    readonly start_time?: string;
    readonly tags?: Readonly<Record<string, string>>;
  };
}

/** Probes a file; the video's frames are decoded and counted (`nb_read_frames`). */
export async function probeFile(path: string): Promise<ProbedFile> {
  return await ffprobe(["-show_streams", "-show_format", "-count_frames", path]) as ProbedFile;
}

/** The timestamps in seconds of each decoded frame of the first video stream, in display order. */
export async function frameTimes(path: string): Promise<number[]> {
  const { frames } = await ffprobe([
    "-select_streams",
    "v:0",
    "-show_entries",
    "frame=best_effort_timestamp_time",
    path,
  ]) as { frames: { best_effort_timestamp_time: string }[] };
  return frames.map((frame) => Number(frame.best_effort_timestamp_time));
}

/** A clip of ffmpeg's own test pattern. */
export interface ClipOptions {
  /** 320x240 by default. */
  readonly size?: string;
  /** Frames a second, 25 by default. */
  readonly rate?: number;
  /** 25 by default. */
  readonly frames?: number;
  /** Adds a sine tone in AAC. */
  readonly audio?: boolean;
  /** Output options, such as the encoder; they come last. */
  readonly args?: readonly string[];
}

/** Writes a clip of ffmpeg's test pattern; the extension chooses the container. */
export async function makeClip(path: string, options: ClipOptions = {}): Promise<void> {
  const { size = "320x240", rate = 25, frames = 25 } = options;
  const seconds = frames / rate;
  await ffmpeg([
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}`],
    ...(options.audio === true ? ["-f", "lavfi", "-i", "sine=frequency=440"] : []),
    ...["-t", String(seconds), "-frames:v", String(frames), "-pix_fmt", "yuv420p"],
    ...(options.args ?? []),
    path,
  ]);
}

/** Runs ffmpeg to its end, for what no other helper makes; gives its standard output. */
export async function ffmpeg(args: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { path } = await findFfmpeg();
  const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"];
  const result = await runCommand(path, [...quiet, ...args]);
  assert.equal(result.code, 0, `ffmpeg ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

async function ffprobe(args: readonly string[]): Promise<unknown> {
  const result = await runCommand(await findFfprobe(), [
    ...["-loglevel", "error", "-of", "json"],
    ...args,
  ]);
  assert.equal(result.code, 0, `ffprobe ${args.join(" ")}: ${result.stderr}`);
  return JSON.parse(new TextDecoder().decode(result.stdout));
}
