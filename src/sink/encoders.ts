/** Video encoders: the options that make each fast enough for a live run, and what there is. */
import { OutputError } from "../errors.ts";
import type { Ratio } from "../frame/stream.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { spawnFfmpeg } from "../ffmpeg/process.ts";

/** What the user may choose of an encoder. */
export interface EncoderChoice {
  /** Constant quality: 0–51 of H.264 and HEVC, 0–63 of VP9 and AV1; smaller is better. */
  readonly crf?: number | undefined;
  /** Speed against size, in the encoder's own words: `superfast`; `-cpu-used` of VP8 and VP9. */
  readonly preset?: string | undefined;
  /** Of the stream; an encoder sets its level by it. */
  readonly frameRate: Ratio;
  /** A picture leaves the encoder before the next one comes, where it can be told to. */
  readonly isLive?: boolean | undefined;
}

/** An encoder that is known here. */
interface Encoder {
  readonly codec: string;
  readonly preset?: { readonly option: string; readonly value: string };
  readonly crf?: { readonly option: string; readonly value: number; readonly maximum: number };
  /** What goes with every run. */
  readonly options: (rate: string) => readonly string[];
  /** What goes with a live one. */
  readonly live?: readonly string[];
}

/**
 * CPU time of a 1024×512 frame of a motorway clip at crf 23 without B-frames, bundled ffmpeg 4.1
 * (and Debian's 5.1), and what it gives:
 *
 * | preset    | ms a frame | KB a frame | SSIM  |
 * |-----------|-----------:|-----------:|------:|
 * | ultrafast |  5.4 (2.5) |       11.4 | 0.981 |
 * | superfast |  4.7 (4.9) |        9.2 | 0.988 |
 * | veryfast  |  6.4 (7.0) |        4.8 | 0.984 |
 *
 * superfast is the cheapest on the bundled ffmpeg and the closest to the picture. It looks at no
 * frame ahead, and B-frames are off: a frame leaves the encoder as soon as it came (with them it
 * costs a quarter more time for 15% less size), and decoding order is display order in every
 * container.
 */
const X264: Encoder = {
  codec: "h264",
  preset: { option: "-preset", value: "superfast" },
  crf: { option: "-crf", value: 23, maximum: 51 },
  // ffmpeg 4 takes the microsecond clock for the frame rate, and so level 6.2, which phones refuse.
  options: (rate) => ["-bf", "0", "-x264-params", `fps=${rate}`],
  live: ["-tune", "zerolatency"],
};

const X265: Encoder = {
  codec: "hevc",
  preset: { option: "-preset", value: "ultrafast" },
  crf: { option: "-crf", value: 26, maximum: 51 },
  options: (rate) => ["-x265-params", `bframes=0:fps=${rate}:log-level=error`],
};

/** 6.5 ms for the same frames at speed 8, 15 at speed 5. */
const VP9: Encoder = {
  codec: "vp9",
  preset: { option: "-cpu-used", value: "8" },
  crf: { option: "-crf", value: 33, maximum: 63 },
  options: () => ["-b:v", "0", "-deadline", "realtime", "-row-mt", "1", "-lag-in-frames", "0"],
};

/** VP8 has no quality without a bit rate: 8 Mbit/s is its ceiling. */
const VP8: Encoder = {
  codec: "vp8",
  preset: { option: "-cpu-used", value: "8" },
  crf: { option: "-crf", value: 20, maximum: 63 },
  options: () => ["-b:v", "8M", "-deadline", "realtime", "-lag-in-frames", "0"],
};

const SVT_AV1: Encoder = {
  codec: "av1",
  preset: { option: "-preset", value: "10" },
  crf: { option: "-crf", value: 35, maximum: 63 },
  options: () => [],
};

function nvenc(codec: string): Encoder {
  return {
    codec,
    preset: { option: "-preset", value: "fast" },
    crf: { option: "-cq", value: 23, maximum: 51 },
    options: () => ["-rc", "vbr", "-b:v", "0", "-bf", "0"],
    live: ["-zerolatency", "1", "-delay", "0", "-forced-idr", "1"],
  };
}

/** Hardware encoders that take a bit rate only. */
function hardware(codec: string): Encoder {
  return { codec, options: () => ["-b:v", "8M", "-bf", "0"], live: ["-realtime", "1"] };
}

const KNOWN: Readonly<Record<string, Encoder>> = {
  libx264: X264,
  libx265: X265,
  "libvpx-vp9": VP9,
  libvpx: VP8,
  libsvtav1: SVT_AV1,
  h264_nvenc: nvenc("h264"),
  hevc_nvenc: nvenc("hevc"),
  h264_videotoolbox: hardware("h264"),
  hevc_videotoolbox: hardware("hevc"),
};

/**
 * The arguments that choose and set an encoder. One that is not known here is used with its own
 * defaults.
 *
 * @throws {RangeError} If crf or preset is given and the encoder has none, or crf is out of range.
 */
export function encoderArguments(name: string, choice: EncoderChoice): readonly string[] {
  const encoder = knownEncoder(name);
  const { numerator, denominator } = choice.frameRate;
  return [
    ...["-c:v", name],
    ...presetArguments(name, encoder, choice.preset),
    ...crfArguments(name, encoder, choice.crf),
    ...(encoder?.options(`${numerator}/${denominator}`) ?? []),
    ...(choice.isLive === true ? encoder?.live ?? [] : []),
  ];
}

/**
 * The codec that an encoder produces, after a look at whether this ffmpeg has it. Encoders that
 * were not named by the user are not looked up, which saves a start of ffmpeg (0.1 s).
 *
 * @throws {OutputError} If it is not there; the message lists those for H.264 and HEVC.
 */
export async function codecOfEncoder(
  binary: FfmpegBinary,
  name: string,
  isNamed: boolean,
  target: string,
): Promise<string> {
  const known = knownEncoder(name);
  if (known !== undefined && !isNamed) return known.codec;
  const encoders = await listEncoders(binary);
  const codec = encoders.get(name);
  if (codec !== undefined) return codec;
  const offered = [...encoders].filter(([, codec]) => codec === "h264" || codec === "hevc");
  throw new OutputError(
    `Cannot encode ${JSON.stringify(target)}: ffmpeg ${binary.version} has no video encoder ` +
      `"${name}". For H.264 and HEVC it has ${offered.map(([name]) => name).join(", ") || "none"}.`,
    { output: target },
  );
}

/** The video encoders of an ffmpeg, and the codec of each. */
async function listEncoders(binary: FfmpegBinary): Promise<Map<string, string>> {
  const process = spawnFfmpeg(binary, ["-encoders"], { stdin: false, stdout: true });
  const text = await new Response(process.stdout).text();
  await process.ended;
  const encoders = new Map<string, string>();
  // " V..... libx264   libx264 H.264 / AVC (codec h264)"; the codec is given where it is another.
  for (const [, name, label] of text.matchAll(/^ V[.\w]{5} (\w[\w-]*) +(.*)$/gm)) {
    encoders.set(name!, /\(codec (\w+)\)$/.exec(label!)?.[1] ?? name!);
  }
  return encoders;
}

function knownEncoder(name: string): Encoder | undefined {
  return Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
}

function presetArguments(name: string, encoder: Encoder | undefined, wanted?: string) {
  const preset = encoder?.preset;
  if (preset !== undefined) return [preset.option, wanted ?? preset.value];
  if (wanted === undefined) return [];
  throw new RangeError(`Cannot use preset "${wanted}": no preset is known for ${name}. Omit it.`);
}

function crfArguments(name: string, encoder: Encoder | undefined, wanted?: number) {
  const crf = encoder?.crf;
  if (crf === undefined) {
    if (wanted === undefined) return [];
    throw new RangeError(`Cannot use crf ${wanted}: no constant quality is known for ${name}.`);
  }
  const value = wanted ?? crf.value;
  if (!(value >= 0 && value <= crf.maximum)) {
    throw new RangeError(`Cannot use crf ${value}: ${name} takes 0 to ${crf.maximum}.`);
  }
  return [crf.option, String(value)];
}
