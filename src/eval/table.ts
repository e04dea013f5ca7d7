import { formatSize } from "../frame/geometry.ts";
import type { TableOptions } from "../report/table.ts";
import { type Evaluation, nameResolution, type ResolutionResult } from "./evaluation.ts";
import type { Score } from "./scores.ts";

const NAME_WIDTH = 18;
const COLUMN_WIDTH = 10;
const HEAD_WIDTH = NAME_WIDTH + COLUMN_WIDTH;

/**
 * An evaluation for a person at a terminal: the IoU of every class and category and the means, the
 * resolutions side by side, in blocks where they are too many for the width. Ends without a line
 * break.
 */
export function formatEvaluation(evaluation: Evaluation, options: TableOptions = {}): string {
  const columns = Math.max(40, options.columns ?? 80);
  const paint = options.colour === true ? ansi : plain;
  const perBlock = Math.max(1, Math.floor((columns - HEAD_WIDTH) / COLUMN_WIDTH));
  const { dataset, model, conditions } = describe(evaluation);
  const lines = [dataset, `${model} · ${conditions}`].map(paint.dim);
  for (let first = 0; first < evaluation.results.length; first += perBlock) {
    lines.push("", ...block(evaluation.results.slice(first, first + perBlock), paint));
  }
  if (evaluation.notes.length > 0) lines.push("");
  for (const note of evaluation.notes) lines.push(...fold(`note: ${note}`, columns));
  return lines.join("\n");
}

/** What was evaluated, on what, and how, in words. */
export function describe(
  evaluation: Evaluation,
): { dataset: string; model: string; conditions: string } {
  const { dataset, model, provider, workers, input, skip, seconds } = evaluation;
  const { title, split, pictures, available, size } = dataset;
  const count = pictures === available ? `${pictures}` : `${pictures} of ${available}`;
  const noun = pictures === 1 ? "picture" : "pictures";
  const of = size === undefined ? "of several sizes" : `of ${formatSize(size)}`;
  const conditions = [
    ...(skip === "zero" ? ["skip connection zeroed"] : []),
    input === "rgb" ? "fed with RGB" : "fed with I420, as video is",
    `${provider}, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    `${seconds.toFixed(1)} s`,
  ];
  return {
    dataset: `${title} ${split}, ${count} ${noun} ${of}`,
    model,
    conditions: conditions.join(" · "),
  };
}

/** "58.1", or "–" where there is no such score. */
export function percent(share: number | undefined): string {
  return share === undefined ? "–" : (100 * share).toFixed(1);
}

function block(results: readonly ResolutionResult[], paint: Paint): string[] {
  const [{ scores }] = results as [ResolutionResult];
  const scoreRows = (pick: (result: ResolutionResult) => readonly Score[]) =>
    pick(results[0]!).map(({ name, pixels }, index) =>
      row(name, percent(pixels / scores.pixels), results.map((each) => pick(each)[index]!.iou))
    );
  const summary = (name: string, pick: (result: ResolutionResult) => number | undefined) =>
    paint.bold(row(name, "", results.map(pick)));
  return [
    ...heading(results).map(paint.dim),
    ...scoreRows((result) => result.scores.classes),
    summary("mean of classes", (result) => result.scores.meanIou),
    "",
    ...scoreRows((result) => result.scores.categories),
    summary("mean of categories", (result) => result.scores.meanCategoryIou),
    "",
    summary("pixel accuracy", (result) => result.scores.pixelAccuracy),
  ];
}

function heading(results: readonly ResolutionResult[]): string[] {
  const names = results.map(({ resolution }) => nameResolution(resolution));
  const sizes = results.map(({ networkSize }) =>
    networkSize === undefined ? "several" : formatSize(networkSize)
  );
  const lines = [cells("IoU, %", "pixels", names)];
  if (names.join() !== sizes.join()) lines.push(cells("", "", sizes));
  return lines;
}

function row(name: string, share: string, values: readonly (number | undefined)[]): string {
  return cells(name, share, values.map(percent));
}

function cells(name: string, share: string, values: readonly string[]): string {
  const right = (text: string) => text.padStart(COLUMN_WIDTH);
  return (name.padEnd(NAME_WIDTH) + right(share) + values.map(right).join("")).trimEnd();
}

/** Breaks a line between words. */
function fold(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const plain: Paint = { bold: (text) => text, dim: (text) => text };
const ansi: Paint = {
  bold: (text) => `\x1b[1m${text}\x1b[22m`,
  dim: (text) => `\x1b[2m${text}\x1b[22m`,
};
