/** What a video output is asked for, and the plan that both kinds of it follow. */
import { formatSize, i420Layout, type Size } from "../frame/geometry.ts";
import type { StreamInfo } from "../frame/stream.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { NutWriter } from "../ffmpeg/nut_writer.ts";
import { colourArguments } from "./colour_tags.ts";
import { checkVideoCodec, type Container } from "./containers.ts";
import { codecOfEncoder, encoderArguments } from "./encoders.ts";
import { exactTiming, type FrameEncoderOptions } from "./frame_encoder.ts";
import { type AudioSource, hasSound } from "./mux.ts";
import type { FrameSink } from "./sink.ts";

/** How to write a video. */
export interface VideoSinkOptions {
  /** The ffmpeg that encodes. */
  readonly binary: FfmpegBinary;
  /** The source's stream: what tags the output. */
  readonly stream: StreamInfo;
  /**
   * The stream's `startUs`, asked for when the first frame is there: only then does a source know
   * it. That of `stream` by default.
   */
  readonly startUs?: (() => number) | undefined;
  /** The size of the frames, which side-by-side views make other than the source's. */
  readonly outputSize: Size;
  /** The source's probe: its sound is carried over, and it is never overwritten. */
  readonly audioFrom?: AudioSource | undefined;
  /** Sound ends with the picture even when the run is complete: for a part of a source. */
  readonly cutsAudio?: boolean | undefined;
  /** An encoder of this ffmpeg; the container's default otherwise. */
  readonly encoder?: string | undefined;
  /** Constant quality, where the encoder has one; smaller is better. */
  readonly crf?: number | undefined;
  /** Speed against size, in the encoder's own words. */
  readonly preset?: string | undefined;
  /** Whether an existing file may be replaced. Default false. */
  readonly overwrite?: boolean | undefined;
  /** The format of a pipe: one of `PIPE_FORMATS`; Matroska by default. */
  readonly format?: string | undefined;
  /** Where `-` leads; the standard output by default. It is not closed. */
  readonly stdout?: WritableStream<Uint8Array> | undefined;
}

/** A sink that encodes a video. */
export interface VideoSink extends FrameSink {
  /**
   * When the first encoded frame was seen in the output (`nowMs()`); undefined before. That is up
   * to one frame and 5 ms late, because a frame is written when its duration is known: when the
   * next one came. For a pipe it is when the first bytes came, which may be the container's header.
   */
  readonly firstFrameEncodedAtMs: number | undefined;
}

/** What both kinds of video sink need. */
export interface VideoJob {
  /** The ffmpeg that encodes. */
  readonly binary: FfmpegBinary;
  /** As the user named it. */
  readonly target: string;
  /** What tags the output. */
  readonly stream: StreamInfo;
  /** Not to be asked before the first frame. */
  readonly startUs: () => number;
  /** The size of the frames. */
  readonly outputSize: Size;
  /** Where sound comes from; undefined where there is none. */
  readonly audio: AudioSource | undefined;
  /** Whether sound ends with the picture in any case. */
  readonly cutsAudio: boolean;
  /** The final format. */
  readonly container: Container;
  /** The encoder's codec, by ffmpeg's name. */
  readonly videoCodec: string;
  /** The part of an encoder that both share. */
  readonly frames: Pick<FrameEncoderOptions, "name" | "nut" | "inputOptions">;
  /** The arguments that encode the frames, without the output. */
  readonly encoding: readonly string[];
}

/**
 * Checks a frame before it is sent.
 *
 * @throws {RangeError} If it is not of the size that the sink was opened for.
 */
export function checkFrameSize(pixels: Uint8Array, size: Size): void {
  const { byteLength } = i420Layout(size);
  if (pixels.byteLength !== byteLength) {
    throw new RangeError(
      `Cannot encode a frame of ${pixels.byteLength} bytes: an I420 frame of ${
        formatSize(size)
      } has ${byteLength}.`,
    );
  }
}

/**
 * Checks the options and turns them into ffmpeg's arguments.
 *
 * @throws {OutputError} If there is no such encoder, or the container does not take its codec.
 * @throws {RangeError} If crf or preset do not suit the encoder, or the size is not even.
 */
export async function planJob(
  target: string,
  container: Container,
  options: VideoSinkOptions,
): Promise<VideoJob> {
  const { binary, stream, outputSize, crf, preset } = options;
  i420Layout(outputSize);
  const encoder = options.encoder ?? container.videoEncoder;
  const encoding = encoderArguments(encoder, { crf, preset, frameRate: stream.frameRate });
  const isNamed = options.encoder !== undefined;
  const videoCodec = await codecOfEncoder(binary, encoder, isNamed, target);
  checkVideoCodec(container, videoCodec, target);
  const tags = colourArguments(stream.colour, outputSize.height);
  return {
    binary,
    target,
    stream,
    startUs: options.startUs ?? (() => stream.startUs),
    outputSize,
    audio: hasSound(options.audioFrom) ? options.audioFrom : undefined,
    cutsAudio: options.cutsAudio ?? false,
    container,
    videoCodec,
    frames: {
      name: target,
      nut: new NutWriter({ ...stream, size: outputSize }),
      inputOptions: tags,
    },
    encoding: [...exactTiming(binary), ...encoding, "-pix_fmt", "yuv420p", ...tags],
  };
}
