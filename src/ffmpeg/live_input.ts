/** How live inputs are handed to ffmpeg: opened fast, read at once, nothing kept back. */
import { InputError } from "../errors.ts";
import { inputArguments, type MediaInput, parseInput } from "./input.ts";
import { redact } from "./redact.ts";
import { type Release, rtspTimeoutOption } from "./release.ts";

/** A camera, a stream, or for tests a picture that ffmpeg draws in real time. */
export type LiveInput =
  | Exclude<MediaInput, { readonly kind: "file" }>
  /** A capture device of Linux. ffmpeg opens it itself: Deno may be refused to look at it. */
  | { readonly kind: "device"; readonly name: string; readonly path: string };

/** How packets travel from an RTSP camera. */
export type RtspTransport = "tcp" | "udp";

/** How to open a live input. */
export interface LiveInputOptions {
  /** The ffmpeg's release, which decides how options are spelt. */
  readonly release: Release;
  /** How an RTSP camera sends. */
  readonly rtspTransport: RtspTransport;
  /** After so much silence on a socket ffmpeg ends by itself, whatever became of this program. */
  readonly socketTimeoutMs: number;
}

/** Streams that are live whatever they hold; over http a file is as likely. */
const CAMERA = /^((rtsps?|rtmp(s|t|ts|e|te)?|udp|rtp|srt):\/\/|\/dev\/video\d+$)/i;

const DEVICE = /^\/dev\/video\d+$/;

/** What else may be read live when it is asked for. */
const STREAM_SCHEMES = /^(rtsps?|rtmp(s|t|ts|e|te)?|udp|rtp|srt|https?)$/;

/** Inputs whose codec is told before the first picture, so that nothing need be analysed. */
const DESCRIBED = /^(rtsps?|udp|rtp|srt)$/;

/** How much of other streams is looked at, in microseconds: their headers may name no video. */
const ANALYSED_US = 1_000_000;

/**
 * Whether an input is a camera rather than a file: `rtsp(s)://`, `rtmp(s)://`, `udp://`, `rtp://`,
 * `srt://` or `/dev/videoN`. HLS and MJPEG over `http(s)://` are only on demand: the address does not
 * tell them from a file.
 */
export function isLiveInput(input: string): boolean {
  return CAMERA.test(input);
}

/**
 * Sorts a live input by what it is: a URL, `/dev/videoN`, or `lavfi:GRAPH`.
 *
 * @throws {InputError} If it is none of them.
 */
export function parseLiveInput(input: string): LiveInput {
  const name = redact(input);
  if (DEVICE.test(input)) return { kind: "device", name, path: input };
  const media = parseInput(input);
  const fail = (state: string) =>
    new InputError(
      `Cannot open ${JSON.stringify(name)} as a live stream: ${state}. Name one that begins with ` +
        "rtsp://, rtmp://, http://, udp://, rtp:// or srt://, or a device such as /dev/video0.",
      { input: name },
    );
  if (media.kind === "file") throw fail("it is a file");
  if (media.kind === "url" && !STREAM_SCHEMES.test(media.scheme)) {
    throw fail(`"${media.scheme}" is no kind of stream known here`);
  }
  return media;
}

/**
 * The arguments that open a live input, `-i` included.
 *
 * What ffmpeg reads to find the codec it keeps and decodes: with `-fflags nobuffer` it would throw
 * the first key frame away, and the picture would begin a whole key frame interval later.
 */
export function liveInputArguments(input: LiveInput, options: LiveInputOptions): readonly string[] {
  // Frames leave the decoder as they come: no reordering beyond need, no threads that run ahead.
  const decoding = ["-flags", "low_delay"];
  switch (input.kind) {
    case "device":
      return [...decoding, "-f", "v4l2", "-i", input.path];
    case "lavfi":
      return [...decoding, "-re", ...inputArguments(input)];
    case "url":
      return [...decoding, ...urlArguments(input, options), ...inputArguments(input)];
  }
}

function urlArguments(
  { scheme, url }: Extract<LiveInput, { readonly kind: "url" }>,
  { release, rtspTransport, socketTimeoutMs }: LiveInputOptions,
): readonly string[] {
  const timeoutUs = String(Math.round(socketTimeoutMs * 1000));
  const analysis = DESCRIBED.test(scheme) || isPlaylist(url)
    ? ["-analyzeduration", "1"]
    : ["-analyzeduration", String(ANALYSED_US), "-fpsprobesize", "0"];
  switch (scheme) {
    case "rtsp":
    case "rtsps":
      return [
        ...analysis,
        ...["-rtsp_transport", rtspTransport, rtspTimeoutOption(release), timeoutUs],
        // Without the sound: less to set up, and its clock cannot shift the picture's.
        ...["-allowed_media_types", "video"],
      ];
    case "udp":
      // A burst that is too long for the buffer costs frames, not the stream.
      return [...analysis, "-overrun_nonfatal", "1"];
    case "http":
    case "https":
      return [
        ...analysis,
        ...["-rw_timeout", timeoutUs],
        // A segment comes at once and holds seconds: read at the pace of its clock, near the end.
        ...(isPlaylist(url) ? ["-live_start_index", "-2", "-re"] : []),
      ];
    case "rtp":
    case "srt":
      return analysis;
    default:
      return [...analysis, "-rw_timeout", timeoutUs];
  }
}

/** Whether the address is one of HLS; the demuxer's options are refused by any other. */
function isPlaylist(url: string): boolean {
  return /^https?:\/\/[^?#]*\.m3u8([?#]|$)/i.test(url);
}
