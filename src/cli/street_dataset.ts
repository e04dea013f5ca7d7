import { CITYSCAPES_CLASSES } from "../frame/classes.ts";
import { startProgress } from "../report/progress.ts";
import { isStreet, parseStreet } from "../source/street.ts";
import { type StreetDataset, writeStreetDataset } from "../street_dataset.ts";
import { EXIT } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";

/** What `segstream street: --frames-out DIR --labels-out DIR` takes. */
export interface StreetDatasetFlags {
  /** The directory for the pictures. */
  readonly framesOut?: string;
  /** The directory for the labels. */
  readonly labelsOut?: string;
  /** Whether files of an earlier run may be replaced. */
  readonly overwrite?: boolean;
  /** Whether to print nothing but errors. */
  readonly quiet?: boolean;
}

/** Shares below this are not worth a line. */
const LEAST_SHARE = 0.0005;

/**
 * Writes the drawn street as pictures and labels; no network runs. Gives the exit code.
 *
 * @throws {TypeError} If the input is no street, or one of the directories is not named.
 * @throws {OutputError} If a directory cannot be written.
 */
export async function runStreetDataset(input: string, flags: StreetDatasetFlags): Promise<number> {
  const { framesOut, labelsOut, overwrite = false, quiet = false } = flags;
  if (!isStreet(input)) {
    throw new TypeError(
      `Cannot write frames and labels of "${input}": only the drawn street has true labels. ` +
        "Name street:, or take --masks for what the network sees.",
    );
  }
  if (framesOut === undefined || labelsOut === undefined) {
    const missing = framesOut === undefined ? "--frames-out" : "--labels-out";
    throw new TypeError(`Cannot write a street without its other half. Add ${missing} DIR.`);
  }
  const { stop, release } = watchInterrupts(() => {});
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    const dataset = await writeStreetDataset(parseStreet(input), {
      frames: framesOut,
      labels: labelsOut,
      overwrite,
      stop,
      onStart: (total) => progress = startProgress({ total, quiet }),
      onProgress: (frames) => progress?.update(frames),
    });
    progress?.stop(dataset.outcome);
    if (!quiet) print(dataset);
    return dataset.outcome === "complete" ? EXIT.ok : EXIT.interrupted;
  } finally {
    progress?.stop("interrupted");
    release();
  }
}

function print({ outcome, frames, paths, shares }: StreetDataset): void {
  const parts = CITYSCAPES_CLASSES
    .map(({ name }, id) => ({ name, share: shares[id]! }))
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share)
    .map(({ name, share }) => `${name} ${(100 * share).toFixed(1)}%`);
  const verb = outcome === "complete" ? "wrote" : "interrupted: kept";
  const lines = [`${frames} frames: ${parts.join(", ")}`];
  for (const path of [paths.frames, paths.labels]) {
    if (path !== undefined) lines.push(`${verb} ${path}`);
  }
  Deno.stderr.writeSync(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}
