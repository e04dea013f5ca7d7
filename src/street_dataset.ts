/** The drawn street as a data set: pictures, and the true class of each of their pixels. */
import { CITYSCAPES_CLASSES } from "./frame/classes.ts";
import { i420Layout } from "./frame/geometry.ts";
import type { StreamInfo } from "./frame/stream.ts";
import { HEADER, HEADER_FIELDS } from "./frame/timing.ts";
import { openPictureSink } from "./sink/pictures.ts";
import { PngEncoder } from "./sink/png.ts";
import { PngDirectory } from "./sink/png_directory.ts";
import type { FrameSink, SinkOutcome } from "./sink/sink.ts";
import { framePtsUs, openStreetSource, type StreetOptions, StreetScene } from "./source/street.ts";

/** Where to write, and when to stop. */
export interface StreetDatasetOptions {
  /** The directory for the pictures: `000000.png` and so on, RGB. */
  readonly frames: string;
  /** The directory for the labels: the same names, 8-bit grey, Cityscapes train ids. */
  readonly labels: string;
  /** Whether files of an earlier run may be replaced; false by default. */
  readonly overwrite?: boolean;
  /** Ends it after the frame that is being drawn; what is there stays under partial names. */
  readonly stop?: AbortSignal;
  /** Called once, with how many frames there will be. */
  readonly onStart?: (frameCount: number) => void;
  /** Called after each frame with how many there are. */
  readonly onProgress?: (frames: number) => void;
}

/** What was written. */
export interface StreetDataset {
  /** Whether the whole drive is there. */
  readonly outcome: SinkOutcome;
  /** How many pictures there are, and as many label maps. */
  readonly frames: number;
  /** Where they are; undefined if there are none. */
  readonly paths: { readonly frames: string | undefined; readonly labels: string | undefined };
  /** The share of each Cityscapes train class of all pixels, by train id. */
  readonly shares: readonly number[];
}

/**
 * Draws a street frame by frame and writes what it looks like and what it is.
 *
 * @throws {OutputError} If a directory cannot be written; nothing is left then.
 */
export async function writeStreetDataset(
  street: StreetOptions,
  options: StreetDatasetOptions,
): Promise<StreetDataset> {
  const { info } = openStreetSource(street);
  const sinks = await openSinks(info, options);
  options.onStart?.(info.frameCount!);
  try {
    const { frames, counts } = await drawInto(sinks, street, info.frameCount!, options);
    const outcome = frames === info.frameCount ? "complete" : "interrupted";
    const pictures = await sinks.pictures.close(outcome);
    const labels = await sinks.labels.close(outcome);
    const pixels = frames * street.size.width * street.size.height;
    return {
      outcome,
      frames,
      paths: { frames: pictures.path, labels: labels.path },
      shares: Array.from(counts, (count) => pixels === 0 ? 0 : count / pixels),
    };
  } catch (error) {
    await sinks.pictures.abort();
    await sinks.labels.abort();
    throw error;
  }
}

interface Sinks {
  readonly pictures: FrameSink;
  readonly labels: FrameSink;
}

async function openSinks(stream: StreamInfo, options: StreetDatasetOptions): Promise<Sinks> {
  const { overwrite = false } = options;
  const png = new PngEncoder(stream.size);
  const pictures = await openPictureSink(options.frames, { stream, overwrite });
  try {
    const labels = await PngDirectory.create(options.labels, {
      holds: "labels",
      encode: (frame) => png.encode(frame.labels),
      overwrite,
    });
    return { pictures, labels };
  } catch (error) {
    await pictures.abort();
    throw error;
  }
}

/** Gives how many frames were drawn, and how many of their pixels each class has. */
async function drawInto(
  { pictures, labels: maps }: Sinks,
  { size, seed, frameRate }: StreetOptions,
  frameCount: number,
  { stop, onProgress }: StreetDatasetOptions,
): Promise<{ frames: number; counts: Float64Array }> {
  const scene = new StreetScene({ size, seed });
  const header = new Float64Array(HEADER_FIELDS);
  const pixels = new Uint8Array(i420Layout(size).byteLength);
  const labels = new Uint8Array(size.width * size.height);
  const counts = new Float64Array(CITYSCAPES_CLASSES.length);
  let frames = 0;
  while (frames < frameCount && stop?.aborted !== true) {
    const ptsUs = framePtsUs(frames, frameRate);
    header[HEADER.index] = frames;
    header[HEADER.ptsUs] = ptsUs;
    scene.draw(ptsUs, pixels, labels);
    for (const label of labels) counts[label]!++;
    const frame = { header, pixels, labels, confidence: undefined };
    await pictures.write(frame);
    await maps.write(frame);
    frames++;
    onProgress?.(frames);
  }
  return { frames, counts };
}
