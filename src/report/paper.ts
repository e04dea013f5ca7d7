/** The published figures that a benchmark is shown beside: Fast-SCNN, arXiv 1902.04502. */

/** One line of the paper's tables: a figure for each named resolution, where it gives one. */
export interface PaperFigures {
  /** What it is. */
  readonly series: string;
  /** Where it stands. */
  readonly source: string;
  /** By the name of the resolution: full is 2048×1024. */
  readonly byResolution: Readonly<Partial<Record<string, number>>>;
}

/** Frames a second on the paper's graphics cards: batch 1, 100 runs of burn-in, mean of 100. */
export const PAPER_FPS: readonly PaperFigures[] = [
  {
    series: "cls, Titan Xp",
    source: "Tables 5 and 7",
    byResolution: { full: 123.5, half: 285.8, quarter: 485.4 },
  },
  {
    series: "prob, Titan Xp",
    source: "Table 7",
    byResolution: { full: 106.2, half: 266.3, quarter: 432.9 },
  },
  {
    series: "cls, Titan X (Maxwell)",
    source: "Table 5",
    byResolution: { full: 75.3, half: 218.8, quarter: 403.1 },
  },
];

/** Class mIoU on the Cityscapes test set, in percent. */
export const PAPER_ACCURACY: PaperFigures = {
  series: "test mIoU",
  source: "Table 7",
  byResolution: { full: 68.0, half: 62.8, quarter: 51.9 },
};
