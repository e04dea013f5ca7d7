/** How a live stream is encoded: one picture in, one picture out, at once. */
import { OutputError } from "../../errors.ts";
import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import { type NutVideo, NutWriter } from "../../ffmpeg/nut_writer.ts";
import { i420Layout, type Size } from "../../frame/geometry.ts";
import type { Ratio } from "../../frame/stream.ts";
import { colourArguments } from "../colour_tags.ts";
import { containerOfFile } from "../containers.ts";
import { codecOfEncoder, encoderArguments } from "../encoders.ts";
import { exactTiming, FrameEncoder, type FrameEncoderOptions } from "../frame_encoder.ts";

/** What is to be encoded, and what the user may choose. */
export interface LiveEncoding extends NutVideo {
  readonly binary: FfmpegBinary;
  readonly frameRate: Ratio;
  readonly encoder?: string | undefined;
  readonly crf?: number | undefined;
  readonly preset?: string | undefined;
}

const DEFAULT_ENCODER = "libx264";

/** What messages call the stream. */
const NAME = "the live stream";

/** A ceiling, not a goal: twice what a busy street takes at the default quality. */
const BITS_PER_PIXEL = 0.3;
const LEAST_BITS_PER_SECOND = 1_000_000;

/**
 * A key frame when the last one is a second old by the frames' own times, however many come in
 * between. (Counting forced frames, as the manual's example does, would make every frame a key
 * frame for as long as a replaced encoder's times are ahead of its count.)
 */
const KEY_FRAMES = "expr:isnan(prev_forced_t)+gte(t,prev_forced_t+1)";

/**
 * From `write()` to the first packet of that frame, for 1024×512 on two idle cores: p50 8 ms (p95
 * 12) with the bundled ffmpeg 4.1 and 6 ms (8) with 5.1, about the time that the encoding takes. Two
 * things matter: `-tune zerolatency`, without which libx264 keeps frames for its threads, and
 * `-flush_packets`. The length of a picture's packet is written where it fits (64 KiB), so that a
 * reader need not wait for the next picture to know that this one is whole.
 */
const STREAM = [
  ...["-flush_packets", "1", "-omit_video_pes_length", "0"],
  // Frames carry the stream's own times, across a replaced encoder too.
  ...["-avoid_negative_ts", "disabled"],
];

/** The encoder for a stream that has been checked. */
export function liveEncoding(options: LiveEncoding, isReplacement: boolean): FrameEncoderOptions {
  const { binary, size, colour, encoder = DEFAULT_ENCODER, crf, preset, frameRate } = options;
  const tags = colourArguments(colour, size.height);
  const ceiling = bitsPerSecond(size, frameRate);
  return {
    name: NAME,
    nut: new NutWriter(options),
    inputOptions: tags,
    output: [
      "-copyts",
      ...exactTiming(binary),
      ...encoderArguments(encoder, { crf, preset, frameRate, isLive: true }),
      ...["-maxrate", String(ceiling), "-bufsize", String(ceiling)],
      ...["-force_key_frames", KEY_FRAMES],
      ...["-pix_fmt", "yuv420p", ...tags],
      ...STREAM,
      ...containerOfFile("live.ts").pipeOptions,
      // Readers are told that the packets' counters begin anew.
      ...(isReplacement ? ["-mpegts_flags", "initial_discontinuity"] : []),
      ...["-f", "mpegts", "pipe:1"],
    ],
    stdout: true,
  };
}

/**
 * Checks an encoder that the user chose or set, by encoding one black frame: here it can still be
 * said what is wrong, later it would only be replaced for ever.
 *
 * @throws {OutputError} If there is no such encoder, it gives no H.264, or it does not start.
 * @throws {RangeError} If crf or preset do not suit it.
 */
export async function checkLiveEncoder(options: LiveEncoding): Promise<void> {
  const { binary, size, encoder, preset, crf } = options;
  const plan = liveEncoding(options, false);
  if (encoder === undefined && preset === undefined && crf === undefined) return;
  const name = encoder ?? DEFAULT_ENCODER;
  const codec = await codecOfEncoder(binary, name, encoder !== undefined, NAME);
  if (codec !== "h264") {
    throw new OutputError(
      `Cannot encode ${NAME} with ${name}: it gives ${codec}, and browsers and servers want H.264. ` +
        "Omit --encoder.",
      { output: NAME },
    );
  }
  const trial = new FrameEncoder(binary, plan);
  try {
    const drained = trial.stdout.pipeTo(new WritableStream()).catch(() => {});
    await trial.write(0, new Uint8Array(i420Layout(size).byteLength).fill(128));
    await trial.finish();
    await drained;
  } finally {
    await trial.kill();
  }
}

function bitsPerSecond({ width, height }: Size, { numerator, denominator }: Ratio): number {
  const bits = BITS_PER_PIXEL * width * height * numerator / denominator;
  return Math.round(Math.max(LEAST_BITS_PER_SECOND, bits));
}
