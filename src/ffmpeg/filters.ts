/** The filter graph that turns whatever a decoder gives into the frames of the ring. */
import type { Colour } from "../frame/colour.ts";
import type { FfmpegBinary } from "./binary.ts";
import type { Probe } from "./probe.ts";
import { isAtLeast } from "./release.ts";

/** How the frames of an input become I420, and what they are then. */
export interface Conversion {
  /** For `-vf`. */
  readonly graph: string;
  /** The colour of the converted pixels. */
  readonly colour: Colour;
  /** What the binary cannot do for this input. */
  readonly warnings: readonly string[];
}

/** The luminance in cd/m² that becomes 1.0 in linear light: the white of standard range, BT.1886. */
const WHITE_NITS = 100;

/**
 * The conversion of an input's frames: upright (ffmpeg turns them by itself before the graph),
 * scaled back to the first size when the size changes on the way, 8-bit 4:2:0, in the source's
 * matrix and range, high dynamic range mapped to BT.709, odd sides made even by repeating the last
 * column or row.
 */
export function conversionFor(probe: Probe, binary: FfmpegBinary): Conversion {
  const { colour, shownSize } = probe;
  const isOdd = shownSize.width % 2 === 1 || shownSize.height % 2 === 1;
  const padding = isOdd ? [padGraph(probe, binary)] : [];
  if (colour.hdr !== undefined && binary.hasZscale) {
    const graph = [scaleFilter(probe, ""), ...toneMapFilters(probe, isOdd), "format=yuv420p"];
    return {
      graph: [...graph, ...padding].join(","),
      colour: { matrix: "bt709", range: "limited" },
      warnings: [],
    };
  }
  const warnings = colour.hdr === undefined ? [] : [
    `The input has high dynamic range (${colour.hdr}) and ${binary.path} cannot map it (no zscale ` +
    "filter), so colours come out pale. Name an ffmpeg built with libzimg.",
  ];
  const graph = [scaleFilter(probe, colourOptions(probe)), "format=yuv420p", ...padding];
  return {
    graph: graph.join(","),
    colour: { matrix: colour.matrix, range: colour.range },
    warnings,
  };
}

function scaleFilter(probe: Probe, options: string): string {
  return `scale=${probe.shownSize.width}:${probe.shownSize.height}${options}`;
}

/** Without these swscale would squeeze a full range into a limited one, and take BT.601 for RGB. */
function colourOptions(probe: Probe): string {
  const { colour } = probe;
  const range = colour.isRgb
    ? `:out_range=${colour.range}`
    : `:in_range=${colour.range}:out_range=${colour.range}`;
  if (colour.foreignMatrix !== undefined) {
    return `${range}:in_color_matrix=${colour.foreignMatrix}:out_color_matrix=${colour.matrix}`;
  }
  return colour.isRgb ? `${range}:out_color_matrix=${colour.matrix}` : range;
}

/**
 * Linear light, primaries to BT.709, highlights rolled off (Hable), then the BT.709 curve. zimg takes
 * no odd sides with subsampled chroma, so an odd picture goes through 4:4:4.
 */
function toneMapFilters(probe: Probe, isOdd: boolean): readonly string[] {
  const { colour } = probe;
  const transfer = colour.hdr === "pq" ? "smpte2084" : "arib-std-b67";
  const matrix = colour.matrix === "bt709" ? "bt709" : "bt2020nc";
  const primaries = colour.primaries === "bt709" ? "bt709" : "bt2020";
  const chroma = isOdd ? "yuv444p" : "yuv420p";
  return [
    ...(isOdd ? ["format=yuv444p10le"] : []),
    `zscale=tin=${transfer}:min=${matrix}:pin=${primaries}:rin=${colour.range}` +
    `:t=linear:npl=${WHITE_NITS}`,
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=limited",
    `format=${chroma}`,
  ];
}

/**
 * Repeats the last column and row of an odd picture. Its chroma planes already cover the even size;
 * only luma grows. The pad filter alone would first cut the odd column off.
 */
function padGraph(probe: Probe, binary: FfmpegBinary): string {
  const { size, shownSize } = probe;
  const right = size.width - shownSize.width;
  const bottom = size.height - shownSize.height;
  const merge = isAtLeast(binary.release, [5, 1])
    ? "mergeplanes=map0s=0:map0p=0:map1s=1:map1p=0:map2s=2:map2p=0:format=yuv420p"
    : "mergeplanes=0x001020:yuv420p";
  return "extractplanes=y+u+v[y][u][v];" +
    `[y]pad=${size.width}:${size.height}:0:0,` +
    `fillborders=right=${right}:bottom=${bottom}:mode=smear[luma];` +
    `[luma][u][v]${merge}`;
}
