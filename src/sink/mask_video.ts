import { i420Layout, planeOf } from "../frame/geometry.ts";
import type { StreamInfo } from "../frame/stream.ts";
import { HEADER } from "../frame/timing.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { NutWriter } from "../ffmpeg/nut_writer.ts";
import { EncodedFile } from "./encoded_file.ts";
import { exactTiming, FrameEncoder } from "./frame_encoder.ts";
import type { PartialFile } from "./partial_file.ts";
import type { FinishedFrame, FrameSink, SinkOutcome, SinkResult } from "./sink.ts";

/**
 * FFV1 version 3 in 8-bit gray, keyframes only: 3.1 ms for a 1024×512 map, and any frame can be
 * cut out. The class ids travel as the luma of an I420 frame, and `extractplanes` hands them on as
 * they are, where a conversion to gray might stretch their range.
 */
const ENCODING = ["-vf", "extractplanes=y", "-c:v", "ffv1", "-level", "3", "-g", "1"];

/** Class maps as a lossless video; Matroska can be played wherever writing stops. */
export class MaskVideo implements FrameSink {
  readonly #startUs: () => number;
  readonly #file: EncodedFile;
  /** A frame whose luma is the class map. */
  readonly #frame: Uint8Array;
  readonly #labels: Uint8Array;

  /**
   * Starts the encoder.
   *
   * @throws {FfmpegError} If ffmpeg cannot be started.
   */
  constructor(
    partial: PartialFile,
    options: { binary: FfmpegBinary; stream: StreamInfo; startUs: () => number },
  ) {
    const { binary, stream } = options;
    const layout = i420Layout(stream.size);
    this.#startUs = options.startUs;
    this.#frame = new Uint8Array(layout.byteLength).fill(128);
    this.#labels = planeOf(this.#frame, layout.y);
    const encoder = new FrameEncoder(binary, {
      name: partial.target,
      nut: new NutWriter(stream),
      output: [
        // The picture may begin later than the sound; so do its masks.
        "-copyts",
        ...exactTiming(binary),
        ...ENCODING,
        ...["-flush_packets", "1", "-f", "matroska", "-y", `file:${partial.path}`],
      ],
    });
    this.#file = new EncodedFile(encoder, partial);
  }

  async write(frame: FinishedFrame): Promise<void> {
    this.#file.checkOpen();
    if (frame.labels.length !== this.#labels.length) {
      throw new RangeError(
        `Cannot write a map of ${frame.labels.length} pixels: the stream's frames have ` +
          `${this.#labels.length}.`,
      );
    }
    this.#labels.set(frame.labels);
    await this.#file.write(this.#startUs() + frame.header[HEADER.ptsUs]!, this.#frame);
  }

  close(outcome: SinkOutcome): Promise<SinkResult> {
    return this.#file.close(outcome);
  }

  abort(): Promise<void> {
    return this.#file.abort();
  }
}
