import type { Colour, ColourMatrix } from "../frame/colour.ts";

/** Matrix, primaries and transfer as ffmpeg names them. */
type Tags = readonly [matrix: string, primaries: string, transfer: string];

/** BT.601 with the primaries of 525 lines; 576-line pictures have those of 625. */
const TAGS: Readonly<Record<ColourMatrix, Tags>> = {
  bt601: ["smpte170m", "smpte170m", "smpte170m"],
  bt709: ["bt709", "bt709", "bt709"],
  bt2020: ["bt2020nc", "bt2020", "bt2020-10"],
};

const PAL: Tags = ["bt470bg", "bt470bg", "smpte170m"];

/**
 * The arguments that say how frames are to be read: before `-i` they label the raw frames, behind
 * it the encoded stream. Both are wanted: a newer ffmpeg converts between two labels that differ.
 */
export function colourArguments(colour: Colour, height: number): readonly string[] {
  const [matrix, primaries, transfer] = colour.matrix === "bt601" && height === 576
    ? PAL
    : TAGS[colour.matrix];
  return [
    ...["-colorspace", matrix],
    ...["-color_primaries", primaries],
    ...["-color_trc", transfer],
    ...["-color_range", colour.range === "full" ? "pc" : "tv"],
  ];
}
