/** Frames from a camera, for weeks: it may reboot, stall, change its size or its mind. */
import { findFfmpeg } from "../ffmpeg/binary.ts";
import { parseLiveInput } from "../ffmpeg/live_input.ts";
import { Camera } from "./live/camera.ts";
import type { LiveSource, LiveSourceOptions } from "./live/contract.ts";

export { isLiveInput, type RtspTransport } from "../ffmpeg/live_input.ts";
export type { BackoffOptions } from "./live/backoff.ts";
export type { LiveCounts, LiveSource, LiveSourceOptions, LiveState } from "./live/contract.ts";
export type { DropPolicy } from "./live/intake.ts";

/**
 * Opens a camera: `rtsp(s)://`, `rtmp(s)://`, `udp://`, `rtp://`, `srt://`, HLS or MJPEG over
 * `http(s)://`, `/dev/videoN`, or for tests `lavfi:GRAPH` in real time.
 *
 * Resolves once the camera was there for the first time, because its size must be known before
 * anything can be built; it is asked again until then as it is later. From then on it is read, ahead
 * of `run` too, where frames are thrown away.
 *
 * Frames: I420 of limited range, at one size for good. When the camera sends another, its pictures
 * are scaled into the middle, their shape kept. The sound is not read.
 *
 * @throws {InputError} If the input is no live stream, if this ffmpeg cannot read such, if no more
 * attempts are left, or if the camera refuses and `failOnRefusal` is set.
 * @throws {FfmpegError} If ffmpeg cannot be run.
 * @throws {RangeError} If `size` is not even or a delay is malformed.
 * @throws The signal's reason, if it aborts.
 */
export async function openLiveSource(
  input: string,
  options: LiveSourceOptions = {},
): Promise<LiveSource> {
  options.signal?.throwIfAborted();
  const live = parseLiveInput(input);
  const binary = await findFfmpeg({ path: options.ffmpeg });
  options.signal?.throwIfAborted();
  const camera = new Camera(live, binary, options);
  await camera.opened;
  return camera;
}
