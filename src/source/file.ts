/** Frames from a file or a URL: whatever ffmpeg can read. */
import { FfmpegError, InputError } from "../errors.ts";
import { nowMs } from "../frame/clock.ts";
import type { StreamInfo } from "../frame/stream.ts";
import { HEADER } from "../frame/timing.ts";
import { type BinaryOptions, findFfmpeg } from "../ffmpeg/binary.ts";
import { Decoder } from "../ffmpeg/decoder.ts";
import { conversionFor } from "../ffmpeg/filters.ts";
import { type Probe, probe } from "../ffmpeg/probe.ts";
import type { FfmpegExit } from "../ffmpeg/process.ts";
import type { TimeRange } from "../ffmpeg/range.ts";
import { SECTION } from "../ring/sections.ts";
import type { FrameSource, SlotFiller } from "./source.ts";

/** How to open a file. */
export interface FileSourceOptions extends BinaryOptions {
  /** Kills ffprobe and the decoder when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** The part to decode; all of it by default. */
  readonly range?: TimeRange | undefined;
}

/** A source that decodes with ffmpeg. */
export interface FileSource extends FrameSource {
  /** What the input holds. */
  readonly probe: Probe;
  /** What went wrong without stopping the run: lines for the user, complete once `run` is done. */
  readonly warnings: readonly string[];
}

/**
 * A frame whose PTS does not increase comes this much after the one before: the least that a 90 kHz
 * clock, the coarsest of the usual containers, tells apart. Later frames keep their own PTS, so that
 * sound and picture stay together after a broken spot.
 */
const LEAST_STEP_US = 12;

/** The exit code of an ffmpeg that caught a signal, and ended with what it had. */
const INTERRUPTED = 255;

/**
 * Opens a path, a URL or `lavfi:GRAPH`: looks into it and starts to decode at once, ahead of the
 * first `run`, as far as the pipe holds.
 *
 * Frames: I420, upright, at the size of the probe, in the colour that `info` says; one for each frame
 * that decodes, with its own PTS, counted from the first.
 *
 * @throws {InputError} If it cannot be opened, is no media file or has no video.
 * @throws {FfmpegError} If ffmpeg or ffprobe cannot be run.
 */
export async function openFileSource(
  input: string,
  options: FileSourceOptions = {},
): Promise<FileSource> {
  options.signal?.throwIfAborted();
  const [binary, found] = await Promise.all([
    findFfmpeg({ path: options.ffmpeg }),
    probe(input, options),
  ]);
  options.signal?.throwIfAborted();
  const conversion = conversionFor(found, binary);
  return new DecodedFile(
    found,
    new Decoder(binary, found, conversion, options.signal, options.range),
    { ...streamInfo(found), colour: conversion.colour },
    conversion.warnings,
    options.signal,
    options.range?.originUs,
  );
}

class DecodedFile implements FileSource {
  readonly probe: Probe;
  readonly warnings: string[];
  #decoder: Decoder;
  #signal: AbortSignal | undefined;
  #originUs: number | undefined;
  #info: StreamInfo;
  #frames = 0;
  #lastPtsUs = -LEAST_STEP_US;
  #isRun = false;
  #isClosed = false;
  #exit: FfmpegExit | undefined;

  constructor(
    found: Probe,
    decoder: Decoder,
    info: StreamInfo,
    warnings: readonly string[],
    signal: AbortSignal | undefined,
    originUs: number | undefined,
  ) {
    this.probe = found;
    this.warnings = [...warnings];
    this.#decoder = decoder;
    this.#info = info;
    this.#signal = signal;
    this.#originUs = originUs;
  }

  get info(): StreamInfo {
    return this.#info;
  }

  get cpuMs(): number | undefined {
    return this.#exit?.cpuMs;
  }

  async run(ring: SlotFiller, signal: AbortSignal): Promise<void> {
    if (this.#isRun) throw new TypeError("Cannot run a file source twice: open the input again.");
    this.#isRun = true;
    const stop = () => void this.#decoder.kill();
    signal.addEventListener("abort", stop);
    try {
      const isComplete = !signal.aborted && await this.#fill(ring, signal);
      this.#exit = isComplete ? await this.#decoder.ended : await this.#decoder.kill();
      // A decoder may go on for a while after its last frame, and be stopped then.
      if (isComplete && !this.#isStopped(signal)) this.#judge(this.#exit);
    } finally {
      signal.removeEventListener("abort", stop);
      await this.#decoder.kill();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#exit = await this.#decoder.kill();
  }

  /** Whether the stream came to its end, rather than being stopped. */
  async #fill(ring: SlotFiller, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const slot = await ring.acquire(signal);
      if (slot === undefined) return false;
      let isFilled = false;
      try {
        isFilled = await this.#fillSlot(ring, slot);
      } finally {
        if (!isFilled || this.#isStopped(signal)) ring.abandon(slot);
      }
      if (this.#isStopped(signal)) return false;
      if (!isFilled) return true;
      ring.publish(slot);
      this.#frames++;
    }
  }

  #isStopped(signal: AbortSignal): boolean {
    return signal.aborted || this.#isClosed || this.#signal?.aborted === true;
  }

  async #fillSlot(ring: SlotFiller, slot: number): Promise<boolean> {
    const header = ring.header(slot);
    header[HEADER.reading] = nowMs();
    const ptsUs = await this.#decoder.readFrame(ring.section(slot, SECTION.pixels));
    if (ptsUs === undefined) return false;
    if (this.#frames === 0) this.#info = { ...this.#info, startUs: this.#originUs ?? ptsUs };
    this.#lastPtsUs = Math.max(ptsUs - this.#info.startUs, this.#lastPtsUs + LEAST_STEP_US);
    header[HEADER.index] = this.#frames;
    header[HEADER.ptsUs] = this.#lastPtsUs;
    header[HEADER.ready] = nowMs();
    return true;
  }

  /** Somebody ended the decoder, or it crashed: how much of the video is missing is not known. */
  #endedError(exit: FfmpegExit): FfmpegError {
    const how = exit.signal ?? "a signal";
    return new FfmpegError(
      `Cannot decode ${JSON.stringify(this.probe.input.name)} to its end: ffmpeg was ended by ` +
        `${how} after ${this.#frames} frames. Try again, or name another --ffmpeg.`,
      { args: this.#decoder.args, exitCode: exit.code, stderrTail: exit.stderrTail },
    );
  }

  /** What the decoder's end means once its frames are all read. */
  #judge(exit: FfmpegExit): void {
    // It was ended for that reason here, and decoded a little further than it was read.
    const isCut = this.#decoder.isPastEnd && this.#frames > 0;
    if (isCut) return;
    if (exit.signal !== null || exit.code === INTERRUPTED) throw this.#endedError(exit);
    const name = JSON.stringify(this.probe.input.name);
    if (this.#frames === 0) {
      const reason = exit.lastError || `ffmpeg ended with exit code ${exit.code}`;
      throw new InputError(
        `Cannot decode ${name}: no frame in it decodes (${reason}). Check that the file is complete.`,
        { input: this.probe.input.name },
      );
    }
    const last = exit.lastError && `; the last: ${exit.lastError}`;
    if (exit.code !== 0) {
      this.warnings.push(`The decoder of ${name} stopped early (exit code ${exit.code})${last}.`);
    } else if (exit.errorCount > 0) {
      this.warnings.push(`The decoder of ${name} met ${exit.errorCount} errors${last}.`);
    }
  }
}

function streamInfo(found: Probe): StreamInfo {
  const { durationUs, frameCount } = found;
  return {
    size: found.size,
    sampleAspectRatio: found.sampleAspectRatio,
    colour: found.colour,
    frameRate: found.frameRate,
    startUs: 0,
    ...(durationUs !== undefined && { durationUs }),
    ...(frameCount !== undefined && { frameCount }),
    hasAudio: found.audioCodecs.length > 0,
  };
}
