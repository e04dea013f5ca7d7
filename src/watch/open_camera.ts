/** Opens what a user calls a camera: one, or a file or a street that is played like one. */
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

/**
 * Resolves once there are frames: for a camera that is away, when it comes.
 *
 * @throws {InputError} If it cannot be one, or was given up.
 */
export async function openCamera(input: string, options: LiveSourceOptions): Promise<LiveSource> {
  if (isLiveInput(input)) return await openLiveSource(input, options);
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
