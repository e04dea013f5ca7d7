/** Reading annotated pictures. */
import { InputError } from "../errors.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { decodeImage, decodeLabels, type ImageOptions, type LabelImage } from "../ffmpeg/images.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { Sample } from "./layout.ts";

/** A decoded picture and what it truly shows. */
export interface AnnotatedPicture {
  readonly size: Size;
  /** uint8 [height, width, 3] */
  readonly rgb: Uint8Array<ArrayBuffer>;
  /** uint8 [height, width]: the dataset's class ids, IGNORE_LABEL where nothing counts. */
  readonly truth: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a picture with its annotation.
 *
 * @throws {InputError} If either cannot be read, their sizes differ, or a label is unknown.
 */
export async function readPicture(
  binary: FfmpegBinary,
  sample: Sample,
  options: ImageOptions = {},
): Promise<AnnotatedPicture> {
  const [image, annotation] = await Promise.all([
    decodeImage(binary, sample.picture, options),
    decodeLabels(binary, sample.annotation, options),
  ]);
  const [size, labelled] = [formatSize(image.size), formatSize(annotation.size)];
  if (size !== labelled) {
    throw new InputError(
      `Cannot evaluate on "${sample.name}": the picture is ${size} and its annotation ` +
        `"${sample.annotation}" is ${labelled}. Both must have one size.`,
      { input: sample.picture },
    );
  }
  decodeClasses(annotation, sample);
  return { ...image, truth: annotation.labels };
}

/** Turns an annotation's codes into class ids, in place. */
function decodeClasses({ labels, size }: LabelImage, { annotation, codes }: Sample): void {
  const table = Int16Array.from({ length: 256 }, (_, code) => codes.classOf.get(code) ?? -1);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const id = table[labels[pixel]!]!;
    if (id < 0) {
      const [x, y] = [pixel % size.width, Math.floor(pixel / size.width)];
      const known = [...codes.classOf.keys()];
      throw new InputError(
        `Cannot use annotation "${annotation}": its label ${labels[pixel]} at column ${x}, row ` +
          `${y} is none of ${codes.name} (${rangesOf(known)}). Check the layout and the file.`,
        { input: annotation },
      );
    }
    labels[pixel] = id;
  }
}

/** "0–18, 255" */
function rangesOf(codes: readonly number[]): string {
  const sorted = codes.toSorted((a, b) => a - b);
  const starts = sorted.filter((code) => !sorted.includes(code - 1));
  return starts.map((start) => {
    let end = start;
    while (sorted.includes(end + 1)) end++;
    return start === end ? String(start) : `${start}–${end}`;
  }).join(", ");
}
