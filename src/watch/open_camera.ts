/** Opens what a user calls a camera: one, or a file or a street that is played like one. */
import { parseInput } from "../ffmpeg/input.ts";
import { parseLiveInput } from "../ffmpeg/live_input.ts";
import {
  type DropPolicy,
  isLiveInput,
  type LiveSource,
  type LiveSourceOptions,
  openLiveSource,
} from "../source/live.ts";
import { openPacedSource } from "../source/paced.ts";

export type { DropPolicy };

/** How a camera is opened; what does not apply to a file is left out of account there. */
export type SourceOptions = Pick<
  LiveSourceOptions,
  "drop" | "failOnRefusal" | "stallTimeoutMs" | "maxReconnects" | "rtspTransport" | "size"
>;

/** Addresses of files: read once, at their own pace. What else comes over the net is live. */
const FILE_URL =
  /^(file:|(https?|ftp):\/\/[^?#]*\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|ogv|wmv|gif|y4m)([?#]|$))/i;

/**
 * Whether an input that is to be run live is a camera, which is asked again when it goes: any URL
 * but that of a file, so HLS and MJPEG over `http(s)://` too, and `/dev/videoN`.
 */
export function isCamera(input: string): boolean {
  return isLiveInput(input) || (/^[a-z][a-z0-9+.-]+:\/\//i.test(input) && !FILE_URL.test(input));
}

/**
 * Looks at an input before anything is started for it.
 *
 * @throws {InputError} If its address cannot be read, or is of no kind that is known here.
 */
export function checkInput(input: string): void {
  if (isCamera(input)) parseLiveInput(input);
  else parseInput(input);
}

/**
 * Resolves once there are frames: for a camera that is away, when it comes.
 *
 * @throws {InputError} If it cannot be one, or was given up.
 */
export async function openCamera(input: string, options: LiveSourceOptions): Promise<LiveSource> {
  if (isCamera(input)) return await openLiveSource(input, options);
  const source = await openPacedSource(input, options);
  options.onEvent?.({
    kind: "connected",
    codec: "a file, played in real time",
    size: source.info.size,
    attempt: 1,
    awayMs: 0,
  });
  return source;
}
