/** The video output: frames in, an encoded file or stream out. */
import { containerOfFile, containerOfPipe } from "./containers.ts";
import { PartialFile } from "./partial_file.ts";
import { isPiece, PIECE, VideoPiece } from "./video_piece.ts";
import { VideoFile } from "./video_file.ts";
import { planJob, type VideoSink, type VideoSinkOptions } from "./video_job.ts";
import { VideoPipe } from "./video_pipe.ts";

export type { VideoSink, VideoSinkOptions } from "./video_job.ts";

/**
 * Opens a video output: a file by its extension (.mp4, .m4v, .mov, .mkv, .webm, .ts), a piece of one
 * (.piece.nut), or the standard output for `-`. Frames are I420; matrix, range and sample aspect ratio of the stream
 * tag the output, and timestamps are the source's to 6 µs (to 0.5 ms in Matroska and WebM, which
 * count milliseconds).
 *
 * @throws {OutputError} If the target cannot be written, or there is no such encoder or format.
 * @throws {RangeError} If crf or preset do not suit the encoder, or the size is not even.
 * @throws {FfmpegError} If ffmpeg cannot be started.
 */
export async function openVideoSink(target: string, options: VideoSinkOptions): Promise<VideoSink> {
  const isPipe = target === "-";
  const container = isPiece(target)
    ? PIECE
    : isPipe
    ? containerOfPipe(options.format)
    : containerOfFile(target);
  const job = await planJob(target, container, options);
  if (isPipe) return new VideoPipe(job, options.stdout ?? Deno.stdout.writable);
  const input = options.audioFrom?.input;
  const scratch = await PartialFile.create(target, {
    overwrite: options.overwrite,
    input: input?.kind === "file" ? input.path : undefined,
    extension: container.scratch.extension,
  });
  try {
    return isPiece(target) ? new VideoPiece(job, scratch) : new VideoFile(job, scratch);
  } catch (cause) {
    await scratch.discard();
    throw cause;
  }
}
