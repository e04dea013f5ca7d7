/** What a camera films: the drawn street, or a file over and over. */
import { InputError } from "../errors.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { conversionFor } from "../ffmpeg/filters.ts";
import { inputArguments } from "../ffmpeg/input.ts";
import { probe } from "../ffmpeg/probe.ts";
import type { Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { isStreet, parseStreet } from "../source/street.ts";

/** What the camera's encoder is given. */
export interface CameraSource {
  /** Of the picture, both sides even. */
  readonly size: Size;
  /** Frames a second. */
  readonly frameRate: Ratio;
  /** The seed of the street that is drawn here; undefined where ffmpeg reads the pictures itself. */
  readonly streetSeed: number | undefined;
  /** ffmpeg's arguments up to the filter graph, for a picture of that size. */
  arguments(size: Size): readonly string[];
}

/** What overrides the source's own. */
export interface CameraPicture {
  /** Both sides even. */
  readonly size?: Size | undefined;
  /** Frames a second. */
  readonly frameRate?: Ratio | undefined;
}

/**
 * Finds out what `street:…` or a file will look like.
 *
 * @throws {TypeError} If the description of a street is malformed.
 * @throws {InputError} If the file cannot be opened or holds no video.
 * @throws {FfmpegError} If ffprobe cannot be run.
 */
export async function openCameraSource(
  input: string,
  binary: FfmpegBinary,
  picture: CameraPicture = {},
): Promise<CameraSource> {
  return isStreet(input) ? streetSource(input, picture) : await fileSource(input, binary, picture);
}

function streetSource(input: string, picture: CameraPicture): CameraSource {
  const street = parseStreet(input);
  const { size = street.size, frameRate = street.frameRate } = picture;
  return {
    size,
    frameRate,
    streetSeed: street.seed,
    arguments: ({ width, height }) => [
      ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", `${width}x${height}`],
      ...["-framerate", formatRate(frameRate), ...STREET_TAGS, "-i", "pipe:0"],
      ...STREET_TAGS,
    ],
  };
}

async function fileSource(
  input: string,
  binary: FfmpegBinary,
  picture: CameraPicture,
): Promise<CameraSource> {
  const found = await probe(input, { ffmpeg: binary.path });
  if (found.input.kind !== "file") {
    const { name } = found.input;
    throw new InputError(
      `Cannot film ${
        JSON.stringify(name)
      }: it is no file that can be shown over and over. Name a ` +
        "video file, or street:.",
      { input: name },
    );
  }
  const { size = found.size, frameRate = found.frameRate } = picture;
  const { graph } = conversionFor(found, binary);
  return {
    size,
    frameRate,
    streetSeed: undefined,
    arguments: ({ width, height }) => [
      ...["-stream_loop", "-1", "-re", ...inputArguments(found.input)],
      ...["-map", `0:${found.videoIndex}`, "-an", "-sn", "-dn"],
      ...["-vf", `${graph},scale=${width}:${height},setsar=1,fps=${formatRate(frameRate)}`],
    ],
  };
}

/** BT.709 in limited range, as {@link StreetScene} draws. */
const STREET_TAGS = ["-colorspace", "bt709", "-color_range", "tv"];

function formatRate({ numerator, denominator }: Ratio): string {
  return `${numerator}/${denominator}`;
}
