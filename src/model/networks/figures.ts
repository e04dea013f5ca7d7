/** What is published about the networks of the paper's Table 5, each figure with its source. */

import type { Size } from "../../frame/geometry.ts";

/** The networks that are compared; those of Table 5, and BiSeNet with its second backbone. */
export const NETWORK_NAMES = [
  "fast-scnn",
  "contextnet",
  "enet",
  "icnet",
  "bisenet",
  "bisenet-resnet18",
  "gun",
] as const;

/** One of {@link NETWORK_NAMES}. */
export type NetworkName = typeof NETWORK_NAMES[number];

/** A published number. */
export interface PublishedFigure {
  /** In ones, not millions. */
  readonly value: number;
  /** Who states it, and in which units. */
  readonly source: string;
}

/** Published multiply-accumulate operations. */
export interface PublishedMacs extends PublishedFigure {
  /** Of the image they are stated for. */
  readonly size: Size;
  /**
   * Whether a transposed convolution is counted at every output pixel with its whole kernel, which is
   * stride² times what it computes; false by default.
   */
  readonly transposedAtOutput?: boolean;
}

/** Frames per second as Table 5 of the Fast-SCNN paper has them, where it has them. */
export interface PublishedSpeed {
  /** At 1024×2048. */
  readonly full: number;
  /** At 512×1024. */
  readonly half?: number;
  /** At 256×512. */
  readonly quarter?: number;
  /** What they were measured on. */
  readonly device: string;
}

/** Everything published about one network that the comparison shows. */
export interface PublishedFigures {
  /** How people name it. */
  readonly title: string;
  /** Where it was published. */
  readonly paper: string;
  /** Absent where none are published. */
  readonly parameters?: PublishedFigure;
  /** Absent where none are published. */
  readonly macs?: PublishedMacs;
  /** Absent where the paper's table has no row of it. */
  readonly speed?: PublishedSpeed;
  /** What a reader of the comparison must know; one line. */
  readonly note?: string;
}

const FULL: Size = { width: 2048, height: 1024 };

/** The image that the tables of ENet and BiSeNet state operations for. */
const NHD: Size = { width: 640, height: 360 };

const MAXWELL = "Titan X (Maxwell)";
const PASCAL = "Titan Xp (Pascal)";

const FAST_SCNN_TABLE = "Fast-SCNN, Table 4";
const FC_HARDNET_TABLE = "comparison table of the public FC-HarDNet code, 1024×2048";

/** BiSeNet's table counts in these; see {@link PUBLISHED}. */
const MEBI = 2 ** 20;
const GIBI = 2 ** 30;

/** Of Float32 weights in a file. */
const BYTES_PER_PARAMETER = 4;

/**
 * The published figures by network.
 *
 * Two tables do not say what they count; the units that make every row of them agree are taken:
 * - BiSeNet (its Table 5) gives 5.8 M and 2.9 G for Xception39, 49.0 M and 10.8 G for ResNet-18. With
 *   the authors' own code the first are the sizes of the weights in MiB (they have 1.54 million and
 *   12.9 million parameters, as a user of that code found), the second operations in units of 2³⁰.
 * - ENet (its Table 3) gives 3.83 GFLOPs, two for each multiply-accumulate, with the transposed
 *   convolutions counted at every output pixel.
 *
 * ContextNet's operations are not published; GUN's parameters and operations are not either.
 */
export const PUBLISHED: Readonly<Record<NetworkName, PublishedFigures>> = {
  "fast-scnn": {
    title: "Fast-SCNN",
    paper: "Poudel et al. 2019, arXiv 1902.04502",
    parameters: { value: 1.11e6, source: FAST_SCNN_TABLE },
    macs: {
      value: 6.71e9,
      size: FULL,
      source: "counted from the paper's Table 1",
    },
    speed: { full: 123.5, half: 285.8, quarter: 485.4, device: PASCAL },
  },
  contextnet: {
    title: "ContextNet",
    paper: "Poudel et al. 2018, arXiv 1805.04554",
    parameters: { value: 0.85e6, source: FAST_SCNN_TABLE },
    speed: { full: 41.9, device: MAXWELL },
  },
  enet: {
    title: "ENet",
    paper: "Paszke et al. 2016, arXiv 1606.02147",
    parameters: { value: 0.37e6, source: "ENet, Table 3; Fast-SCNN, Table 4" },
    macs: {
      value: 3.83e9 / 2,
      size: NHD,
      source: "ENet, Table 3: 3.83 GFLOPs",
      transposedAtOutput: true,
    },
    speed: { full: 20.4, device: MAXWELL },
  },
  icnet: {
    title: "ICNet",
    paper: "Zhao et al. 2018, arXiv 1704.08545",
    parameters: { value: 6.68e6, source: FAST_SCNN_TABLE },
    macs: {
      value: 58.572e9 / 2,
      size: FULL,
      source: "OpenVINO's semantic-segmentation-adas-0001, a network of ICNet's 6.686 M " +
        "parameters: 58.572 GFLOPs. (FC-HarDNet's table counts 30.7 G for a network with the " +
        "auxiliary heads, 7.7 M.)",
    },
    speed: { full: 30.3, device: MAXWELL },
  },
  bisenet: {
    title: "BiSeNet (Xception39)",
    paper: "Yu et al. 2018, arXiv 1808.00897",
    parameters: { value: 5.8 * MEBI / BYTES_PER_PARAMETER, source: "BiSeNet: 5.8 M, read as MiB" },
    macs: { value: 2.9 * GIBI, size: NHD, source: "BiSeNet: 2.9 G, read as 2.9 · 2³⁰" },
    speed: { full: 57.3, device: PASCAL },
    note:
      "BiSeNet (Xception39) is published with 5.8 M, which is the size of its weights in MiB: " +
      "1.5 million parameters.",
  },
  "bisenet-resnet18": {
    title: "BiSeNet (ResNet-18)",
    paper: "Yu et al. 2018, arXiv 1808.00897",
    parameters: { value: 13.4e6, source: FC_HARDNET_TABLE },
    macs: { value: 119e9, size: FULL, source: FC_HARDNET_TABLE },
  },
  gun: {
    title: "GUN",
    paper: "Mazzini 2018, arXiv 1807.07466",
    speed: { full: 33.3, device: PASCAL },
    note:
      "GUN's paper gives no layer table and no counts: its backbone is exact, the rest a reading.",
  },
};

/**
 * DRN-D-22 with its ImageNet classifier of 1000 classes, on 224×224: the public model zoo of
 * pytorchcv (imgclsmob) states 16,393,752 parameters and 13,051.33 M operations.
 */
export const DRN_D22_PUBLISHED = {
  parameters: { value: 16_393_752, source: "pytorchcv's model table" },
  macs: {
    value: 13_051.33e6,
    size: { width: 224, height: 224 },
    source: "pytorchcv's model table",
  },
} as const satisfies Pick<PublishedFigures, "parameters" | "macs">;
