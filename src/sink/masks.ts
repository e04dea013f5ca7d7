/** Class maps as files: what every pixel was labelled, without loss. */
import { parse } from "node:path";
import { OutputError } from "../errors.ts";
import type { StreamInfo } from "../frame/stream.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { MaskVideo } from "./mask_video.ts";
import { PartialFile } from "./partial_file.ts";
import { PngEncoder } from "./png.ts";
import { PngDirectory } from "./png_directory.ts";
import type { FinishedFrame, FrameSink } from "./sink.ts";

/** How to write class maps. */
export interface MaskSinkOptions {
  /** The ffmpeg that encodes a video of masks. */
  readonly binary: FfmpegBinary;
  /** The source's stream; maps have its size. */
  readonly stream: StreamInfo;
  /** As for the video: asked when the first frame is there. That of `stream` by default. */
  readonly startUs?: (() => number) | undefined;
  /** The source's file, which is never overwritten. */
  readonly input?: string | undefined;
  /** Whether existing masks may be replaced. Default false. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Opens an output for class maps, one a frame, whose pixel value is the class id (255: ignored).
 *
 * - A directory (`DIR/`, one that exists, or a name without extension): `000000.png` and so on, 8-bit
 *   grayscale. It gets its name when the run is complete; the directory there must be missing,
 *   empty, or with `overwrite` hold masks and nothing else.
 * - `FILE.mkv`: FFV1 in 8-bit gray with the times of the source's frames.
 *
 * @throws {OutputError} If the target is something else, or cannot be written.
 * @throws {FfmpegError} If ffmpeg cannot be started.
 */
export async function openMaskSink(target: string, options: MaskSinkOptions): Promise<FrameSink> {
  const { size } = options.stream;
  const overwrite = options.overwrite ?? false;
  const extension = parse(target).ext.toLowerCase();
  if (/[\\/]$/.test(target) || extension === "" || await isDirectory(target)) {
    const png = new PngEncoder(size);
    const encode = ({ labels }: FinishedFrame) => png.encode(labels);
    return await PngDirectory.create(target, { holds: "masks", encode, overwrite });
  }
  if (extension !== ".mkv") {
    throw new OutputError(
      `Cannot write masks to ${
        JSON.stringify(target)
      }: "${extension}" is not lossless here. Name ` +
        `a directory for PNG files (end it with /), or a .mkv file.`,
      { output: target },
    );
  }
  const { binary, stream, input } = options;
  const partial = await PartialFile.create(target, { overwrite, input });
  try {
    const startUs = options.startUs ?? (() => stream.startUs);
    return new MaskVideo(partial, { binary, stream, startUs });
  } catch (cause) {
    await partial.discard();
    throw cause;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isDirectory, () => false);
}
