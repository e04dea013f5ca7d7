import { setTimeout as delay } from "node:timers/promises";
import { FfmpegError } from "../errors.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { type FfmpegExit, redact, spawnFfmpeg } from "../ffmpeg/process.ts";
import { passthroughOption } from "../ffmpeg/release.ts";
import { nowMs } from "../frame/clock.ts";
import { i420Layout, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { framePtsUs, StreetScene } from "../source/street.ts";
import { type AccessUnit, AccessUnitSplitter } from "./annexb.ts";
import type { CameraSource } from "./source.ts";

/** How to film. */
export interface FilmOptions {
  /** The picture's, both sides even. */
  readonly size: Size;
  /** Takes each encoded picture in real time; `seconds` since the first. */
  readonly onUnit: (unit: AccessUnit, seconds: number) => void;
  /** Ends the filming. */
  readonly signal: AbortSignal;
  /** How long the first picture may take; ten seconds by default. */
  readonly patienceMs?: number;
}

/**
 * Films a source until the signal aborts: one ffmpeg that encodes in real time, a key frame each
 * second, each with the parameter sets before it, and no picture that waits for a later one.
 *
 * Resolves when ffmpeg is gone.
 *
 * @throws {FfmpegError} If ffmpeg cannot be started, ends by itself, or gives no picture.
 */
export async function film(
  binary: FfmpegBinary,
  source: CameraSource,
  { size, onUnit, signal, patienceMs = 10_000 }: FilmOptions,
): Promise<void> {
  const args = [...source.arguments(size), ...encoding(binary, source.frameRate)];
  const drawn = source.streetSeed !== undefined;
  const process = spawnFfmpeg(binary, args, { stdin: drawn, stdout: true, signal });
  // The pictures that the encoder has, by their number on the rate's grid, oldest first.
  const inFlight: number[] = [];
  const drawing = source.streetSeed === undefined ? undefined : drawStreet(process.stdin, {
    ...{ size, seed: source.streetSeed, frameRate: source.frameRate, signal },
    onFrame: (index) => inFlight.push(index),
  });
  // A file in which nothing decodes is read over and over, without a word.
  const silence = setTimeout(() => process.kill(), patienceMs);
  let count = 0;
  const deliver = (unit: AccessUnit) => {
    clearTimeout(silence);
    const index = drawn ? inFlight.shift()! : count;
    count++;
    onUnit(unit, framePtsUs(index, source.frameRate) / 1e6);
  };
  const splitter = new AccessUnitSplitter();
  for await (const piece of process.stdout) splitter.push(piece).forEach(deliver);
  const exit = await process.ended;
  clearTimeout(silence);
  await drawing;
  if (!signal.aborted) throw endedError(args, exit, count);
}

function encoding(binary: FfmpegBinary, { numerator, denominator }: Ratio): readonly string[] {
  const framesASecond = Math.max(1, Math.round(numerator / denominator));
  return [
    ...passthroughOption(binary.release),
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"],
    ...["-g", String(framesASecond), "-sc_threshold", "0"],
    ...["-flush_packets", "1", "-f", "h264", "pipe:1"],
  ];
}

interface DrawOptions {
  readonly size: Size;
  readonly seed: number;
  readonly frameRate: Ratio;
  /** Called with each frame's number, before it is written. */
  readonly onFrame: (index: number) => void;
  readonly signal: AbortSignal;
}

/** Draws in real time; where that is too slow, frames are left out, and the clock goes on. */
async function drawStreet(output: WritableStream<Uint8Array>, options: DrawOptions): Promise<void> {
  const { size, seed, frameRate, onFrame, signal } = options;
  const scene = new StreetScene({ size, seed });
  const pixels = new Uint8Array(i420Layout(size).byteLength);
  const writer = output.getWriter();
  const begunMs = nowMs();
  try {
    for (let index = 0; !signal.aborted;) {
      const ptsUs = framePtsUs(index, frameRate);
      scene.draw(ptsUs, pixels);
      onFrame(index);
      await writer.write(pixels);
      const elapsedUs = (nowMs() - begunMs) * 1000;
      const due = Math.floor((elapsedUs * frameRate.numerator) / (frameRate.denominator * 1e6));
      index = Math.max(index + 1, due);
      const waitMs = (framePtsUs(index, frameRate) - elapsedUs) / 1000;
      await delay(Math.max(0, waitMs), undefined, { signal });
    }
  } catch {
    // The signal, or a pipe that broke: how ffmpeg ended tells why.
  } finally {
    await writer.close().catch(() => {});
  }
}

function endedError(args: readonly string[], exit: FfmpegExit, count: number): FfmpegError {
  const reason = exit.lastError.replace(/[.\s]+$/, "") ||
    (exit.signal === null ? `exit code ${exit.code}` : `by ${exit.signal}`);
  const state = count === 0 ? "ffmpeg gave no picture" : "ffmpeg ended";
  return new FfmpegError(`Cannot film: ${state}: ${reason}. Check the source.`, {
    args: args.map(redact),
    exitCode: exit.code,
    stderrTail: exit.stderrTail,
  });
}
