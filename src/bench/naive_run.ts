import { CITYSCAPES_CLASSES } from "../frame/classes.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { ByteReader } from "../ffmpeg/byte_reader.ts";
import { inputArguments, parseInput } from "../ffmpeg/input.ts";
import { spawnFfmpeg } from "../ffmpeg/process.ts";
import { type Graph, GraphSession } from "../infer/graph_session.ts";
import { encoderArguments } from "../sink/encoders.ts";

/** What the naive way works on. */
export interface NaiveOrder {
  readonly ffmpeg: FfmpegBinary;
  /** The video to read. */
  readonly clip: string;
  /** Frames to read of it. */
  readonly frames: number;
  /** The video to write. */
  readonly output: string;
  /** Of the network, to which the frames are scaled. */
  readonly size: Size;
  readonly frameRate: Ratio;
  /** Takes uint8 RGB [1, height, width, 3] and gives uint8 labels. */
  readonly graph: Graph;
}

/** How the naive way did. */
export interface NaiveResult {
  readonly frames: number;
  /** Frames a second from the first written frame to the last. */
  readonly fps: number;
}

const ALPHA = 0.5;

/**
 * What a first version of such a program does, and what segstream is measured against: ffmpeg
 * converts to RGB, the graph upsamples and labels, one thread takes frame after frame, and nothing
 * overlaps. The encoder and its settings are segstream's; the output has the network's size, so
 * that the naive way is never given more pixels than segstream.
 *
 * Thread: blocks its own.
 *
 * @throws {FfmpegError | ModelError} If ffmpeg or the graph cannot be started.
 */
export async function runNaive(order: NaiveOrder): Promise<NaiveResult> {
  const { size, frames, graph } = order;
  const session = await GraphSession.create(graph, { provider: "cpu", threads: 1 });
  const image = graph.inputs[0]!.data as Uint8Array;
  const decoder = startDecoder(order);
  const encoder = startEncoder(order);
  const reader = new ByteReader(decoder.stdout);
  const writer = encoder.stdin.getWriter();
  const writtenMs: number[] = [];
  try {
    while (writtenMs.length < frames && !await reader.isAtEnd()) {
      await reader.readInto(image);
      const outputs = await session.run();
      const labels = outputs.values().find((data) => data instanceof Uint8Array) as Uint8Array;
      tint(image, labels, size);
      await writer.write(image);
      writtenMs.push(performance.now());
    }
    await writer.close();
    await encoder.ended;
  } finally {
    await Promise.all([decoder.kill(), encoder.kill(), session.dispose()]);
  }
  const spanMs = (writtenMs.at(-1) ?? 0) - (writtenMs[0] ?? 0);
  return { frames: writtenMs.length, fps: (writtenMs.length - 1) * 1000 / spanMs };
}

function startDecoder({ ffmpeg, clip, size }: NaiveOrder) {
  const args = [
    ...inputArguments(parseInput(clip)),
    ...["-an", "-vf", `scale=${size.width}:${size.height}`],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
  ];
  return spawnFfmpeg(ffmpeg, args, { stdin: false, stdout: true });
}

function startEncoder({ ffmpeg, output, size, frameRate }: NaiveOrder) {
  const rate = `${frameRate.numerator}/${frameRate.denominator}`;
  const args = [
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", formatSize(size), "-r", rate],
    ...["-i", "pipe:0", ...encoderArguments("libx264", { frameRate }), "-pix_fmt", "yuv420p"],
    ...["-y", `file:${output}`],
  ];
  return spawnFfmpeg(ffmpeg, args, { stdin: true, stdout: false });
}

function tint(image: Uint8Array, labels: Uint8Array, size: Size): void {
  const pixels = size.width * size.height;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const colour = CITYSCAPES_CLASSES[labels[pixel]!]!.colour;
    for (let channel = 0; channel < 3; channel++) {
      const at = 3 * pixel + channel;
      image[at] = image[at]! * (1 - ALPHA) + colour[channel]! * ALPHA;
    }
  }
}
