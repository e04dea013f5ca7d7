/** What ffprobe's colour words mean for the frames that the decoder gives. */
import type { Colour, ColourMatrix } from "../frame/colour.ts";

/** The fields of an ffprobe stream that speak of colour. */
export interface ColourFields {
  /** The pixel format. */
  readonly pix_fmt?: string | undefined;
  /** The matrix. */
  readonly color_space?: string | undefined;
  /** "tv" or "pc". */
  readonly color_range?: string | undefined;
  /** The transfer curve. */
  readonly color_transfer?: string | undefined;
  /** The primaries. */
  readonly color_primaries?: string | undefined;
  /** The shorter side in pixels. */
  readonly height?: number | undefined;
}

/** The colour of a coded stream, guesses filled in. */
export interface SourceColour extends Colour {
  /** The matrix as swscale names it, where it is none of ours and must be converted. */
  readonly foreignMatrix: "smpte240m" | "fcc" | undefined;
  /** Whether the pixels are R'G'B', so that `matrix` is the one to convert to. */
  readonly isRgb: boolean;
  /** The transfer curve of high dynamic range, which needs tone mapping. */
  readonly hdr: "pq" | "hlg" | undefined;
  /** ffprobe's name of the transfer curve; "unknown" where the stream does not say. */
  readonly transfer: string;
  /** ffprobe's name of the primaries; "unknown" where the stream does not say. */
  readonly primaries: string;
}

/** From this height on an untagged picture is taken for high definition, as players do. */
const HD_HEIGHT = 720;

const MATRICES: Record<string, ColourMatrix> = {
  bt709: "bt709",
  bt470bg: "bt601",
  smpte170m: "bt601",
  bt2020nc: "bt2020",
  bt2020c: "bt2020",
};

const HDR_TRANSFERS: Record<string, "pq" | "hlg"> = {
  smpte2084: "pq",
  "arib-std-b67": "hlg",
};

/** Pixel formats that hold R'G'B', a palette of it included. */
const RGB_FORMATS = /^(0?(rgb|bgr|gbr|argb|abgr|xrgb|xbgr|rgba|bgra)|x2rgb|x2bgr|pal8|bayer)/;

/** Reads the colour of a stream as players do where it is not tagged. */
export function sourceColour(fields: ColourFields): SourceColour {
  const format = fields.pix_fmt ?? "";
  const guess = (fields.height ?? 0) >= HD_HEIGHT ? "bt709" : "bt601";
  const isRgb = RGB_FORMATS.test(format) || fields.color_space === "gbr";
  const space = fields.color_space ?? "unknown";
  const foreignMatrix = space === "smpte240m" || space === "fcc" ? space : undefined;
  const isFull = !isRgb && (fields.color_range === "pc" || format.startsWith("yuvj"));
  return {
    matrix: foreignMatrix !== undefined ? "bt709" : isRgb ? guess : MATRICES[space] ?? guess,
    range: isFull ? "full" : "limited",
    foreignMatrix,
    isRgb,
    hdr: HDR_TRANSFERS[fields.color_transfer ?? ""],
    transfer: fields.color_transfer ?? "unknown",
    primaries: fields.color_primaries ?? "unknown",
  };
}

/** Bits a sample, from the pixel format's name: 8 for yuv420p, 10 for yuv420p10le and p010le. */
export function bitDepth(pixelFormat: string): number {
  const planar = /p(9|1[0246])(?:le|be)$/.exec(pixelFormat)?.[1];
  if (planar !== undefined) return Number(planar);
  const semiPlanar = /^p[024](1[0246])(?:le|be)$/.exec(pixelFormat)?.[1];
  if (semiPlanar !== undefined) return Number(semiPlanar);
  if (/^gray(9|1[0246])/.test(pixelFormat)) return Number(/\d+/.exec(pixelFormat)![0]);
  return /48|64|f32/.test(pixelFormat) ? 16 : 8;
}
