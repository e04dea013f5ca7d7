/** The containers a video can be written to: what each takes, and how ffmpeg is told. */
import { parse } from "node:path";
import { OutputError } from "../errors.ts";

/** One container format. */
export interface Container {
  /** What messages call it. */
  readonly name: string;
  /** ffmpeg's name of the muxer. */
  readonly muxer: string;
  /** The encoder used when none is named. */
  readonly videoEncoder: string;
  /** Codecs it takes, by ffmpeg's names. */
  readonly videoCodecs: readonly string[];
  /** Codecs of sound that are copied into it; others are encoded again by `audioEncoder`. */
  readonly audioCodecs: readonly string[];
  /** The encoder of sound that is not copied. */
  readonly audioEncoder: "aac" | "libopus";
  /** Options of the muxer for a file, which can be sought in. */
  readonly fileOptions: readonly string[];
  /** Options of the muxer for a pipe; unused where the format needs to seek. */
  readonly pipeOptions: readonly string[];
  /** Whether a packet may lie before time 0, as the priming of AAC does (through an edit list). */
  readonly hasEditLists: boolean;
  /** The format of the picture while it is being encoded. */
  readonly scratch: Scratch;
}

/** A format that can be played whenever writing stops: it is written frame by frame. */
export interface Scratch {
  /** ffmpeg's name of the muxer. */
  readonly muxer: string;
  /** Options of the muxer. */
  readonly options: readonly string[];
  /** The extension where it is not the container's own. */
  readonly extension?: string;
  /** The bytes that every frame begins with, and nothing before the first. */
  readonly frameMark: readonly number[];
}

const LINEAR_PCM = ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"];

const BIG_ENDIAN_PCM = ["pcm_s16be", "pcm_s24be", "pcm_s32be"];

/**
 * 90 kHz is what MPEG counts in: it holds 24, 25, 30, 50, 60 and 30000/1001 frames a second
 * exactly, and any other timestamp to 6 µs.
 */
const MP4_TIMING = ["-video_track_timescale", "90000"];

/** Opus and FLAC in MP4 were standardised late: ffmpeg 4 wants to be told twice. */
const MP4_FILE = [...MP4_TIMING, "-movflags", "+faststart", "-strict", "experimental"];

const FRAGMENTS: Omit<Scratch, "muxer"> = {
  options: [...MP4_TIMING, "-movflags", "+frag_every_frame+empty_moov+default_base_moof"],
  frameMark: [0x6D, 0x6F, 0x6F, 0x66], // "moof"
};

/** A cluster of Matroska ends as soon as it lasts a millisecond. */
const CLUSTERS: Omit<Scratch, "muxer"> = {
  options: ["-cluster_time_limit", "1"],
  frameMark: [0x1F, 0x43, 0xB6, 0x75],
};

const MP4: Container = {
  name: "MP4",
  muxer: "mp4",
  videoEncoder: "libx264",
  videoCodecs: ["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video"],
  audioCodecs: ["aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac", "dts"],
  audioEncoder: "aac",
  fileOptions: MP4_FILE,
  pipeOptions: [],
  hasEditLists: true,
  scratch: { muxer: "mp4", ...FRAGMENTS },
};

const MOV: Container = {
  ...MP4,
  name: "QuickTime",
  muxer: "mov",
  videoCodecs: ["h264", "hevc", "mpeg4", "mpeg2video", "prores", "mjpeg", "dnxhd", "qtrle", "png"],
  audioCodecs: ["aac", "mp3", "ac3", "eac3", "alac", ...LINEAR_PCM, ...BIG_ENDIAN_PCM],
  scratch: { muxer: "mov", ...FRAGMENTS },
};

/**
 * The priming of Opus lies before time 0, and ffmpeg would move everything on to make room for it;
 * but Matroska has a field for that delay.
 */
const AT_ITS_TIME = ["-avoid_negative_ts", "disabled"];

const MATROSKA: Container = {
  name: "Matroska",
  muxer: "matroska",
  videoEncoder: "libx264",
  // deno-fmt-ignore
  videoCodecs: [
    "h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mpeg1video", "ffv1", "prores",
    "mjpeg", "theora", "huffyuv", "ffvhuff", "utvideo",
  ],
  // deno-fmt-ignore
  audioCodecs: [
    "aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "vorbis", "flac", "dts", "truehd", "mlp",
    "tta", "wavpack", "adpcm_ms", "pcm_mulaw", "pcm_alaw", "wmav2", ...LINEAR_PCM, "pcm_s16be",
  ],
  audioEncoder: "aac",
  fileOptions: AT_ITS_TIME,
  pipeOptions: AT_ITS_TIME,
  hasEditLists: false,
  scratch: { muxer: "matroska", ...CLUSTERS },
};

const WEBM: Container = {
  ...MATROSKA,
  name: "WebM",
  muxer: "webm",
  videoEncoder: "libvpx-vp9",
  videoCodecs: ["vp9", "vp8", "av1"],
  audioCodecs: ["opus", "vorbis"],
  audioEncoder: "libopus",
  scratch: { muxer: "webm", ...CLUSTERS },
};

/** Without its default delays (0.5 s + 0.7 s) a transport stream keeps the source's times. */
const NO_DELAY = ["-muxdelay", "0", "-muxpreload", "0"];

const MPEG_TS: Container = {
  name: "MPEG-TS",
  muxer: "mpegts",
  videoEncoder: "libx264",
  videoCodecs: ["h264", "hevc", "mpeg2video", "mpeg4"],
  audioCodecs: ["aac", "mp3", "mp2", "ac3", "eac3", "dts", "opus"],
  audioEncoder: "aac",
  fileOptions: NO_DELAY,
  pipeOptions: NO_DELAY,
  hasEditLists: false,
  scratch: { muxer: "mp4", extension: ".mp4", ...FRAGMENTS },
};

/** Carries any codec at any clock; for pipes and for pieces. */
export const NUT: Container = {
  ...MATROSKA,
  name: "NUT",
  muxer: "nut",
  audioCodecs: ["aac", "mp3", "mp2", "ac3", "eac3", "opus", "vorbis", "flac", ...LINEAR_PCM],
};

const BY_EXTENSION: Readonly<Record<string, Container>> = {
  ".mp4": MP4,
  ".m4v": MP4,
  ".mov": MOV,
  ".mkv": MATROSKA,
  ".webm": WEBM,
  ".ts": MPEG_TS,
};

const BY_FORMAT: Readonly<Record<string, Container>> = {
  matroska: MATROSKA,
  mpegts: MPEG_TS,
  webm: WEBM,
  nut: NUT,
};

/** What `-o -` can be written as; the first is the default. */
export const PIPE_FORMATS: readonly string[] = Object.keys(BY_FORMAT);

/**
 * The container that a file's extension asks for, whatever its case.
 *
 * @throws {OutputError} If the extension is none of the supported ones.
 */
export function containerOfFile(target: string): Container {
  const { ext } = parse(target);
  const container = BY_EXTENSION[ext.toLowerCase()];
  if (container !== undefined) return container;
  const state = ext === "" ? "the name has no extension" : `"${ext}" is no format written here`;
  const known = Object.keys(BY_EXTENSION).join(", ");
  throw new OutputError(
    `Cannot write ${JSON.stringify(target)}: ${state}. Use one of ${known}, or "-" for a pipe.`,
    { output: target },
  );
}

/**
 * The container for a pipe.
 *
 * @throws {OutputError} If the format is none of {@link PIPE_FORMATS}.
 */
export function containerOfPipe(format: string = PIPE_FORMATS[0]!): Container {
  const container = Object.hasOwn(BY_FORMAT, format) ? BY_FORMAT[format] : undefined;
  if (container !== undefined) return container;
  throw new OutputError(
    `Cannot write "${format}" to a pipe: it is not known. Use one of ${PIPE_FORMATS.join(", ")}.`,
    { output: "-" },
  );
}

/**
 * Checks early, not after hours of encoding, that a container takes a codec.
 *
 * @throws {OutputError} If it does not.
 */
export function checkVideoCodec(container: Container, codec: string, target: string): void {
  if (container.videoCodecs.includes(codec)) return;
  throw new OutputError(
    `Cannot write ${
      JSON.stringify(target)
    }: ${container.name} takes no ${codec} video here, only ` +
      `${container.videoCodecs.join(", ")}. Use another --encoder, or a .mkv file.`,
    { output: target },
  );
}
