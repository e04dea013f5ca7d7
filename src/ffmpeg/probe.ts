/** What is in an input: ffprobe's answer, reduced to what decoding and encoding need. */
import { InputError } from "../errors.ts";
import { evenSize, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { type BinaryOptions, findFfmpeg, findFfprobe } from "./binary.ts";
import { runFfprobe } from "./ffprobe.ts";
import { isForbiddenFormat } from "./formats.ts";
import { checkFile, inputArguments, type MediaInput, parseInput } from "./input.ts";
import { copyPicture } from "./picture_copy.ts";
import { bitDepth, type SourceColour, sourceColour } from "./probe_colour.ts";
import { oneLine } from "./redact.ts";

/** What an input holds. */
export interface Probe {
  /** The input, ready for {@link inputArguments}. */
  readonly input: MediaInput;
  /** The container as ffprobe names it, such as "mov,mp4,m4a,3gp,3g2,mj2". */
  readonly format: string;
  /** The video stream's index among all streams: `-map 0:<index>`. */
  readonly videoIndex: number;
  /** As ffprobe names it, such as "h264". */
  readonly videoCodec: string;
  /** As coded: before rotation, odd sides possible. */
  readonly codedSize: Size;
  /** As shown: after rotation, odd sides possible. */
  readonly shownSize: Size;
  /** `shownSize` with odd sides made even: the size of the frames. */
  readonly size: Size;
  /** Degrees clockwise that turn the coded picture upright: from 0 to below 360. */
  readonly rotation: number;
  /** Of the shown picture: swapped where it was turned by a quarter. 1:1 where it is not known. */
  readonly sampleAspectRatio: Ratio;
  /** As ffprobe names it, such as "yuv420p10le"; "unknown" where nothing decodes. */
  readonly pixelFormat: string;
  /** Bits a sample. */
  readonly bitDepth: number;
  /** Of the coded stream; the frames may be converted. */
  readonly colour: SourceColour;
  /** Average frames a second; 25 where it is not known. */
  readonly frameRate: Ratio;
  /** Length of the video in microseconds, where the container says. */
  readonly durationUs: number | undefined;
  /**
   * The container's count, or an estimate from length and rate where that is smaller or there is none;
   * undefined where neither is known.
   */
  readonly frameCount: number | undefined;
  /** Codecs of the sound tracks in stream order; empty where there is none. */
  readonly audioCodecs: readonly string[];
}

/** How to probe. */
export interface ProbeOptions extends BinaryOptions {
  /** Kills ffprobe when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The part of ffprobe's JSON that is read here. */
interface ProbeJson {
  readonly streams?: readonly StreamJson[];
  readonly format?: { readonly format_name?: string; readonly duration?: string };
}

interface StreamJson {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly pix_fmt?: string;
  readonly sample_aspect_ratio?: string;
  readonly avg_frame_rate?: string;
  readonly r_frame_rate?: string;
  readonly nb_frames?: string;
  readonly duration?: string;
  readonly disposition?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly side_data_list?: readonly { readonly rotation?: number }[];
}

/** Frames a second; what is above is the clock of a stream and not its rate. */
const LARGEST_RATE = 1000;

/** Everything {@link StreamJson} and {@link ProbeJson} name, and no more. */
const ENTRIES = "format=format_name,duration:stream=index,codec_type,codec_name,width,height," +
  "pix_fmt,sample_aspect_ratio,avg_frame_rate,r_frame_rate,nb_frames,duration,color_range," +
  "color_space,color_transfer,color_primaries:stream_disposition=default,attached_pic:" +
  "stream_tags=rotate,DURATION:stream_side_data=rotation";

const SHOWN = ["-v", "error", "-show_entries", ENTRIES, "-of", "json"];

/**
 * Looks into an input: a path, a URL that ffmpeg can read, or `lavfi:GRAPH`.
 *
 * @throws {InputError} If it cannot be opened, is no media file or has no video.
 * @throws {FfmpegError} If ffprobe cannot be run, or crashes.
 */
export async function probe(input: string, options: ProbeOptions = {}): Promise<Probe> {
  const media = parseInput(input);
  if (media.kind === "file") await checkFile(media.path);
  const ffprobe = await findFfprobe(options);
  const { name } = media;
  const { signal } = options;
  const args = [...SHOWN, ...inputArguments(media)];
  const { success, stdout, stderr } = await runFfprobe(ffprobe, { name, args, signal });
  if (success) return describe(media, JSON.parse(stdout) as ProbeJson);
  const picture = media.kind === "file" && !isForbiddenFormat(stderr)
    ? await probePicture(ffprobe, media, options)
    : undefined;
  if (picture !== undefined) return picture;
  throw unreadable(media, stderr);
}

/** For an input that ffprobe gives up on because of what is not its picture, such as its sound. */
async function probePicture(
  ffprobe: string,
  input: MediaInput,
  { ffmpeg, signal }: ProbeOptions,
): Promise<Probe | undefined> {
  const copy = await copyPicture((await findFfmpeg({ path: ffmpeg })).path, input, signal);
  if (copy === undefined) return undefined;
  const { success, stdout } = await runFfprobe(ffprobe, {
    name: input.name,
    args: [...SHOWN, "-f", "matroska", "-i", "pipe:0"],
    stdin: copy.bytes,
    signal,
  });
  const stream = success ? (JSON.parse(stdout) as ProbeJson).streams?.[0] : undefined;
  if (stream === undefined) return undefined;
  // How long the copy is says nothing of the input.
  const { duration: _duration, nb_frames: _count, tags: _tags, ...rest } = stream;
  const found = describe(input, { streams: [{ ...rest, index: copy.videoIndex }] });
  return { ...found, audioCodecs: copy.audioCodecs };
}

function unreadable(input: MediaInput, stderr: string): InputError {
  if (isForbiddenFormat(stderr)) {
    return new InputError(
      `Cannot open ${JSON.stringify(input.name)}: it is a playlist or of another format that is ` +
        "not read from files, because it could name any other file. Name the video itself.",
      { input: input.name },
    );
  }
  const lines = stderr.trim().split("\n");
  // ffprobe names the input once more in front of its last words.
  const last = oneLine(lines.at(-1) ?? "");
  const reason = last.slice(last.lastIndexOf(": ") + 1).replace(/\[\w+ @ \w+\]/, "")
    .replace(/[.\s]+$/, "").trim() || "ffprobe does not say why";
  const state = reason.startsWith("Invalid data") ? "it is not a video that ffmpeg knows" : reason;
  const mend = input.kind === "file"
    ? "Check that the file is complete and a video."
    : input.kind === "url"
    ? "Check the address and that it can be reached."
    : "Check the filter graph.";
  return new InputError(`Cannot open ${JSON.stringify(input.name)}: ${state}. ${mend}`, {
    input: input.name,
  });
}

function describe(input: MediaInput, json: ProbeJson): Probe {
  const streams = json.streams ?? [];
  const video = mainVideo(input, streams);
  const codedSize = { width: video.width ?? 0, height: video.height ?? 0 };
  if (codedSize.width <= 0 || codedSize.height <= 0) {
    throw new InputError(
      `Cannot decode ${JSON.stringify(input.name)}: its video stream has no picture size. The ` +
        `file is damaged or holds no ${video.codec_name ?? "video"} data.`,
      { input: input.name },
    );
  }
  const rotation = rotationOf(video);
  // A portrait picture is of high definition when the landscape one is.
  const height = Math.min(codedSize.width, codedSize.height);
  const isTurned = rotation % 180 === 90;
  const shownSize = isTurned ? swap(codedSize) : codedSize;
  const aspect = ratio(video.sample_aspect_ratio, ":") ?? { numerator: 1, denominator: 1 };
  const frameRate = [video.avg_frame_rate, video.r_frame_rate].map((text) => ratio(text, "/"))
    .find((rate) => rate !== undefined && rate.numerator / rate.denominator <= LARGEST_RATE) ??
    { numerator: 25, denominator: 1 };
  const durationUs = microseconds(video.duration) ?? clockUs(video.tags?.DURATION) ??
    microseconds(json.format?.duration);
  return {
    input,
    format: json.format?.format_name ?? "unknown",
    videoIndex: video.index,
    videoCodec: video.codec_name ?? "unknown",
    codedSize,
    shownSize,
    size: evenSize(shownSize),
    rotation,
    sampleAspectRatio: isTurned
      ? { numerator: aspect.denominator, denominator: aspect.numerator }
      : aspect,
    pixelFormat: video.pix_fmt ?? "unknown",
    bitDepth: bitDepth(video.pix_fmt ?? ""),
    colour: sourceColour({ ...video, height }),
    frameRate,
    durationUs,
    frameCount: countOf(video, frameRate, durationUs),
    audioCodecs: streams.filter((stream) => stream.codec_type === "audio").map((stream) =>
      stream.codec_name ?? "unknown"
    ),
  };
}

/** The default video stream, else the first; a cover picture is none. */
function mainVideo(input: MediaInput, streams: readonly StreamJson[]): StreamJson {
  const videos = streams.filter((stream) =>
    stream.codec_type === "video" && stream.disposition?.attached_pic !== 1
  );
  const main = videos.find((stream) => stream.disposition?.default === 1) ?? videos[0];
  if (main !== undefined) return main;
  const kinds = [...new Set(streams.map((stream) => stream.codec_type ?? "data"))];
  const state = kinds.includes("audio")
    ? "it has sound but no video stream"
    : kinds.length > 0
    ? `it has no video stream, only ${kinds.join(" and ")}`
    : "it has no streams";
  throw new InputError(`Cannot decode ${JSON.stringify(input.name)}: ${state}. Name a video.`, {
    input: input.name,
  });
}

/** ffprobe gives the display matrix's angle counter-clockwise; older files have only the tag. */
function rotationOf(video: StreamJson): number {
  const matrix = video.side_data_list?.find((data) => data.rotation !== undefined)?.rotation;
  const clockwise = matrix !== undefined ? -matrix : Number(video.tags?.rotate ?? 0);
  return Number.isFinite(clockwise) ? ((Math.round(clockwise) % 360) + 360) % 360 : 0;
}

function countOf(video: StreamJson, rate: Ratio, durationUs?: number): number | undefined {
  const counted = Number(video.nb_frames);
  const isCounted = Number.isSafeInteger(counted) && counted > 0;
  const estimated = durationUs === undefined
    ? undefined
    : Math.round(durationUs * rate.numerator / rate.denominator / 1e6);
  // An edit list hides frames: they count, and the length goes without them.
  if (isCounted && (estimated === undefined || estimated >= counted - 1)) return counted;
  return estimated;
}

function ratio(text: string | undefined, separator: string): Ratio | undefined {
  const [numerator, denominator] = (text ?? "").split(separator).map(Number);
  return numerator! > 0 && denominator! > 0
    ? { numerator: numerator!, denominator: denominator! }
    : undefined;
}

function microseconds(seconds: string | undefined): number | undefined {
  const value = Number(seconds);
  return value > 0 && Number.isFinite(value) ? Math.round(value * 1e6) : undefined;
}

/** Matroska's "00:00:01.001000000". */
function clockUs(clock: string | undefined): number | undefined {
  const match = /^(\d+):(\d+):([\d.]+)$/.exec(clock ?? "");
  return match
    ? Math.round((Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])) * 1e6)
    : undefined;
}

function swap(size: Size): Size {
  return { width: size.height, height: size.width };
}
