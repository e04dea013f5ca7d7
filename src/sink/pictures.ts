/** Frames as picture files, for programs that read no video. */
import type { StreamInfo } from "../frame/stream.ts";
import { toRgb } from "../frame/rgb.ts";
import { PngEncoder } from "./png.ts";
import { PngDirectory } from "./png_directory.ts";
import type { FinishedFrame, FrameSink } from "./sink.ts";

/**
 * Opens a directory for pictures, one a frame: `000000.png` and so on, RGB of 8 bits. As with masks, it
 * gets its name when the run is complete, and what is there must be missing, empty, or with
 * `overwrite` hold such pictures and nothing else.
 *
 * @throws {OutputError} If the directory cannot be written.
 */
export async function openPictureSink(
  target: string,
  options: { stream: Pick<StreamInfo, "size" | "colour">; overwrite?: boolean },
): Promise<FrameSink> {
  const { size, colour } = options.stream;
  const png = new PngEncoder(size, "rgb");
  const rgb = new Uint8ClampedArray(3 * size.width * size.height);
  const bytes = new Uint8Array(rgb.buffer);
  const encode = ({ pixels }: FinishedFrame) => {
    toRgb(pixels, size, colour, rgb);
    return png.encode(bytes);
  };
  const overwrite = options.overwrite ?? false;
  return await PngDirectory.create(target, { holds: "pictures", encode, overwrite });
}
