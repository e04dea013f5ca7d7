/** Still images: files to samples, and samples to files that a page can show. */
import { FfmpegError, InputError } from "../errors.ts";
import type { Colour } from "../frame/colour.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { FfmpegBinary } from "./binary.ts";
import { checkFile } from "./input.ts";
import { type FfmpegExit, spawnFfmpeg } from "./process.ts";
import { redact } from "./redact.ts";

/** A colour image. */
export interface RgbImage {
  readonly size: Size;
  /** R'G'B' of 0–255, uint8 [height, width, 3]. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

/** An image whose samples are labels. */
export interface LabelImage {
  readonly size: Size;
  /** uint8 [height, width]: the codes as they stand in the file. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** The first eight bytes of every PNG (§5.2 of its specification). */
const PNG_SIGNATURE = 0x89504E470D0A1A0An;

/** What is common to all of these runs. */
export interface ImageOptions {
  /** Kills ffmpeg when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Full chroma and exact rounding, where samples have to be converted at all. */
const EXACT = ["-sws_flags", "bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"];

/** ffmpeg writes a raw palette image with its palette after it: 256 colours of 4 bytes. */
const PALETTE_BYTES = 1024;

/**
 * Decodes an image of any format that ffmpeg knows. RGB of 8 bits comes as it stands in the file; an
 * orientation tag is not applied, because annotations have none.
 *
 * @throws {InputError} If the file is missing or is no image.
 */
export async function decodeImage(
  binary: FfmpegBinary,
  path: string,
  options: ImageOptions = {},
): Promise<RgbImage> {
  await checkFile(path);
  const output = ["-c:v", "ppm", "-pix_fmt", "rgb24"];
  return readPixmap(path, await decode(binary, path, [...EXACT, ...output], options));
}

/** What {@link decodeI420} gives: of what cameras of standard definition do. */
export const IMAGE_COLOUR: Colour = { matrix: "bt601", range: "limited" };

/** An image as a frame of video. */
export interface I420Image {
  /** Both sides are even: an odd one is padded. */
  readonly size: Size;
  /** Packed I420 of {@link IMAGE_COLOUR}. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * Decodes an image of any format that ffmpeg knows as a frame of video.
 *
 * @throws {InputError} If the file is missing or is no image.
 */
export async function decodeI420(
  binary: FfmpegBinary,
  path: string,
  options: ImageOptions = {},
): Promise<I420Image> {
  await checkFile(path);
  const filter = "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p," +
    "pad=ceil(iw/2)*2:ceil(ih/2)*2";
  const output = ["-c:v", "wrapped_avframe", "-vf", filter, "-f", "yuv4mpegpipe"];
  return readY4m(path, await decode(binary, path, [...EXACT, ...output], options));
}

/**
 * Decodes an annotation: a PNG of 8-bit grey, or one with a palette, whose positions are the labels
 * then.
 *
 * @throws {InputError} If the file is missing or is no such PNG.
 */
export async function decodeLabels(
  binary: FfmpegBinary,
  path: string,
  options: ImageOptions = {},
): Promise<LabelImage> {
  await checkFile(path);
  const { size, hasPalette } = await readPngHeader(path);
  const format = hasPalette ? "pal8" : "gray";
  const bytes = await decode(binary, path, ["-c:v", "rawvideo", "-pix_fmt", format], options);
  const area = size.width * size.height;
  if (bytes.length !== area + (hasPalette ? PALETTE_BYTES : 0)) {
    throw unreadable(path, `ffmpeg gives ${bytes.length} bytes for ${formatSize(size)}`);
  }
  return { size, labels: bytes.subarray(0, area) };
}

/**
 * Encodes an image into a file's bytes: `png` is exact, `jpeg` is small.
 *
 * @throws {FfmpegError} If ffmpeg fails.
 */
export async function encodeImage(
  binary: FfmpegBinary,
  { size, rgb }: RgbImage,
  format: "png" | "jpeg",
  options: ImageOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return await encode(binary, { size, bytes: rgb, format: "rgb24" }, FORMATS[format], options);
}

/**
 * Encodes a frame of video into a PNG file's bytes.
 *
 * @param frame Packed I420 of its size and colour; it is only read.
 * @throws {FfmpegError} If ffmpeg fails.
 */
export async function encodeFrame(
  binary: FfmpegBinary,
  frame: { readonly size: Size; readonly colour: Colour; readonly pixels: Uint8Array<ArrayBuffer> },
  options: ImageOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { size, pixels, colour: { matrix, range } } = frame;
  const filter = `scale=in_color_matrix=${matrix}:in_range=${range === "full" ? "pc" : "tv"}`;
  const output = ["-vf", `${filter},format=rgb24`, ...FORMATS.png];
  return await encode(binary, { size, bytes: pixels, format: "yuv420p" }, output, options);
}

/** How files of images are encoded. */
const FORMATS = {
  png: ["-c:v", "png", "-pred", "up"],
  jpeg: ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"],
} as const;

/** Runs ffmpeg on one raw picture. */
async function encode(
  binary: FfmpegBinary,
  picture: { size: Size; bytes: Uint8Array<ArrayBuffer>; format: string },
  output: readonly string[],
  options: ImageOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size, bytes: raw, format } = picture;
  const input = ["-f", "rawvideo", "-pix_fmt", format, "-video_size", formatSize(size), "-i", "-"];
  const args = [...input, ...EXACT, ...output, "-f", "image2pipe", "-"];
  const process = spawnFfmpeg(binary, args, { stdin: true, stdout: true, ...options });
  const bytes = new Response(process.stdout).bytes();
  // A process that ends early breaks the pipe; how it ended tells why.
  await new Blob([raw]).stream().pipeTo(process.stdin).catch(() => {});
  const exit = await process.ended;
  options.signal?.throwIfAborted();
  if (exit.code === 0) return await bytes;
  throw new FfmpegError(
    `Cannot encode an image of ${formatSize(size)}: ${reasonOf(exit)}. Try another --ffmpeg.`,
    { args: args.map(redact), exitCode: exit.code, stderrTail: exit.stderrTail },
  );
}

/** Runs ffmpeg on the first image of a file. */
async function decode(
  binary: FfmpegBinary,
  path: string,
  output: readonly string[],
  options: ImageOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const args = [
    // A percent sign in a name is not the pattern of a sequence.
    ...["-f", "image2", "-pattern_type", "none", "-noautorotate", "-i", `file:${path}`],
    ...["-frames:v", "1", "-f", output[1] === "rawvideo" ? "rawvideo" : "image2pipe", ...output],
    "-",
  ];
  const process = spawnFfmpeg(binary, args, { stdin: false, stdout: true, ...options });
  const [bytes, exit] = await Promise.all([new Response(process.stdout).bytes(), process.ended]);
  options.signal?.throwIfAborted();
  // Of a damaged file ffmpeg gives what it can, the rest black, and ends well.
  const isWhole = exit.code === 0 && exit.errorCount === 0 && bytes.length > 0;
  if (!isWhole) throw unreadable(path, reasonOf(exit));
  return bytes;
}

/** Portable pixmap (netpbm, "ppm"): `P6`, width, height and 255 in words, then the samples. */
function readPixmap(path: string, bytes: Uint8Array<ArrayBuffer>): RgbImage {
  const header = new TextDecoder().decode(bytes.subarray(0, 64));
  const [words = "", width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(header) ?? [];
  const size = { width: Number(width), height: Number(height) };
  const rgb = bytes.subarray(words.length);
  if (words !== "" && rgb.length === 3 * size.width * size.height) return { size, rgb };
  throw unreadable(path, "ffmpeg gives only a part of it");
}

/** YUV4MPEG2: a line with the size, a line that begins the frame, the planes. */
function readY4m(path: string, bytes: Uint8Array<ArrayBuffer>): I420Image {
  const header = new TextDecoder().decode(bytes.subarray(0, 256));
  const [lines = "", width, height] =
    /^YUV4MPEG2 W(\d+) H(\d+) [^\n]*\nFRAME[^\n]*\n/.exec(header) ??
      [];
  const size = { width: Number(width), height: Number(height) };
  const pixels = bytes.slice(lines.length);
  if (lines !== "" && pixels.length === size.width * size.height * 3 / 2) return { size, pixels };
  throw unreadable(path, "ffmpeg gives only a part of it");
}

/** What a PNG says of itself (PNG specification, §11.2.1). */
async function readPngHeader(path: string): Promise<{ size: Size; hasPalette: boolean }> {
  const bytes = new Uint8Array(26);
  using file = await Deno.open(path);
  const length = await file.read(bytes);
  const view = new DataView(bytes.buffer);
  if (length !== bytes.length || view.getBigUint64(0) !== PNG_SIGNATURE) {
    throw unreadable(path, "it is no PNG, and other formats do not keep labels");
  }
  const [depth, colourType] = [bytes[24]!, bytes[25]!];
  const [grey, palette] = [0, 3];
  if (!(colourType === grey && depth === 8) && colourType !== palette) {
    throw unreadable(path, "its samples are neither 8-bit grey nor positions in a palette");
  }
  const size = { width: view.getUint32(16), height: view.getUint32(20) };
  return { size, hasPalette: colourType === palette };
}

function reasonOf(exit: FfmpegExit): string {
  return exit.lastError.replace(/\.$/, "") || `ffmpeg ended with ${exit.code ?? exit.signal}`;
}

function unreadable(path: string, state: string): InputError {
  return new InputError(
    `Cannot read image "${path}": ${state}. Check that the file is complete.`,
    { input: path },
  );
}
