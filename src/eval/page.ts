/** The HTML page of an evaluation: one file that needs nothing beside it. */
import { Buffer } from "node:buffer";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import { encodeImage, type RgbImage } from "../ffmpeg/images.ts";
import { formatSize } from "../frame/geometry.ts";
import { paintClasses, paintDifference, VOID, WRONG } from "./drawing.ts";
import { type Evaluation, nameResolution, type ResolutionResult } from "./evaluation.ts";
import { PAGE_STYLE } from "./page_style.ts";
import type { Score } from "./scores.ts";
import { describe, percent } from "./table.ts";
import type { WorstPicture } from "./worst.ts";

/**
 * The page: scores of every class and category, and the pictures that were segmented worst with
 * truth, prediction and difference.
 *
 * @param binary What encodes the pictures.
 * @throws {FfmpegError} If ffmpeg cannot encode them.
 */
export async function evaluationPage(
  evaluation: Evaluation,
  binary: FfmpegBinary,
): Promise<string> {
  const { dataset, model, conditions } = describe(evaluation);
  const figures: string[] = [];
  for (const picture of evaluation.worst) figures.push(await figure(picture, evaluation, binary));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`${model} on ${dataset}`)}</title>
<style>${PAGE_STYLE}</style>
<main>
<header>
<h1>${escape(model)}</h1>
<p>${escape(dataset)}<br>${escape(conditions)}</p>
</header>
<div class="means">${evaluation.results.map(means).join("\n")}</div>
${evaluation.notes.map((note) => `<p class="note">${escape(note)}</p>`).join("\n")}
<h2>IoU by class</h2>
${scoreTable(evaluation, "class", (result) => result.scores.classes)}
<h2>IoU by category</h2>
${scoreTable(evaluation, "category", (result) => result.scores.categories)}
${figures.length === 0 ? "" : worstSection(evaluation, figures)}
</main>
</html>
`;
}

function means({ resolution, networkSize, scores }: ResolutionResult): string {
  const name = nameResolution(resolution);
  const size = networkSize === undefined ? "several sizes" : formatSize(networkSize);
  return `<section>
<h2>${name}${name === size ? "" : ` <small>${size}</small>`}</h2>
<p><b>${percent(scores.meanIou)}</b> mean IoU of classes</p>
<p><b>${percent(scores.meanCategoryIou)}</b> of categories</p>
<p><b>${percent(scores.pixelAccuracy)}</b> pixel accuracy</p>
</section>`;
}

function scoreTable(
  { results, classes }: Evaluation,
  kind: "class" | "category",
  pick: (result: ResolutionResult) => readonly Score[],
): string {
  const total = results[0]!.scores.pixels;
  const heads = results.map(({ resolution }) => `<th>${nameResolution(resolution)}</th>`);
  const rows = pick(results[0]!).map(({ name, pixels }, index) => {
    const colour = kind === "class" ? swatch(classes[index]!.colour) : "";
    const ious = results.map((result) => bar(pick(result)[index]!.iou)).join("");
    return `<tr><th>${colour}${escape(name)}</th><td>${percent(pixels / total)}</td>${ious}</tr>`;
  });
  return `<table>
<thead><tr><th>${kind}</th><th>pixels, %</th>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`;
}

function worstSection({ results, classes }: Evaluation, figures: readonly string[]): string {
  const legend = classes.map(({ name, colour }) => `<li>${swatch(colour)}${escape(name)}</li>`);
  return `<h2>Segmented worst at ${nameResolution(results[0]!.resolution)}</h2>
<ul class="legend">${legend.join("")}<li>${swatch(VOID)}void</li><li>${
    swatch(WRONG)
  }wrong, in the difference</li></ul>
${figures.join("\n")}`;
}

async function figure(
  picture: WorstPicture,
  { classes }: Evaluation,
  binary: FfmpegBinary,
): Promise<string> {
  const { name, size, rgb, truth, predicted, pixelAccuracy, meanIou } = picture;
  const image = async (caption: string, pixels: RgbImage["rgb"], format: "png" | "jpeg") => {
    const bytes = await encodeImage(binary, { size, rgb: pixels }, format);
    const source = `data:image/${format};base64,${Buffer.from(bytes).toString("base64")}`;
    return `<div><img src="${source}" width="${size.width}" height="${size.height}" ` +
      `alt="${escape(`${name}, ${caption}`)}"><span>${caption}</span></div>`;
  };
  const images = [
    await image("picture", rgb, "jpeg"),
    await image("truth", paintClasses(truth, classes), "png"),
    await image("prediction", paintClasses(predicted, classes), "png"),
    await image("difference", paintDifference(picture), "jpeg"),
  ];
  return `<figure>
<figcaption><b>${escape(name)}</b> pixel accuracy ${percent(pixelAccuracy)}, mean IoU ${
    percent(meanIou)
  }</figcaption>
${images.join("\n")}
</figure>`;
}

/** A cell with its figure over a bar. */
function bar(iou: number | undefined): string {
  if (iou === undefined) return "<td>–</td>";
  return `<td class="bar" style="--share:${percent(iou)}%">${percent(iou)}</td>`;
}

function swatch([red, green, blue]: readonly number[]): string {
  return `<i style="background:rgb(${red},${green},${blue})"></i>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
