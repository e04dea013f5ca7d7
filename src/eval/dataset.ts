/** Annotated pictures on disk. */
import { InputError } from "../errors.ts";
import { CAMVID_LAYOUT } from "./camvid.ts";
import { CITYSCAPES_LAYOUT } from "./cityscapes.ts";
import type { Layout, LayoutName, Sample } from "./layout.ts";

/** A split of a dataset, ready to be read. */
export interface Dataset {
  readonly path: string;
  readonly layout: Layout;
  readonly split: string;
  /** In order of their names; at least one. */
  readonly samples: readonly Sample[];
  /** How many the split has: more than `samples` where a limit was set. */
  readonly available: number;
}

/** Which pictures to take. */
export interface DatasetOptions {
  /** `auto` by default: by the folders that are there. */
  readonly layout?: LayoutName | "auto";
  /** `val` for Cityscapes and `test` for CamVid by default. */
  readonly split?: string;
  /** How many pictures to take, spread evenly over the split; all by default. */
  readonly limit?: number;
}

const ALL: readonly Layout[] = [CITYSCAPES_LAYOUT, CAMVID_LAYOUT];

/**
 * Opens a folder of annotated pictures and checks that every picture has its annotation.
 *
 * @throws {InputError} If it is no such folder, or pictures or annotations are missing.
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const fail = (state: string) =>
    new InputError(`Cannot evaluate on "${path}": ${state}`, { input: path });
  if (!(await isFolder(path))) throw fail("there is no such folder. Check the path.");
  const { layout, splits } = await findLayout(path, options.layout ?? "auto", fail);
  const split = options.split ?? layout.defaultSplit;
  if (!splits.includes(split)) {
    throw fail(`it has no split "${split}". Name one of ${splits.join(", ")} with --split.`);
  }
  const all = await layout.listSamples(path, split);
  if (all.length === 0) throw fail(`its split "${split}" holds no pictures. Name another.`);
  const samples = spread(all, options.limit ?? all.length);
  await checkAnnotations(samples, fail);
  return { path, layout, split, samples, available: all.length };
}

type Fail = (state: string) => InputError;

async function findLayout(
  path: string,
  wanted: LayoutName | "auto",
  fail: Fail,
): Promise<{ layout: Layout; splits: string[] }> {
  const candidates = wanted === "auto" ? ALL : ALL.filter(({ name }) => name === wanted);
  for (const layout of candidates) {
    const splits = await layout.listSplits(path);
    if (splits.length > 0) return { layout, splits };
  }
  const expected = candidates.map(({ title, expects }) => `${expects} (${title})`).join(" nor ");
  const state = wanted === "auto" ? `it has neither ${expected}` : `it has no ${expected}`;
  throw fail(`${state}. Name the folder that holds them.`);
}

async function checkAnnotations(samples: readonly Sample[], fail: Fail): Promise<void> {
  const present = await Promise.all(samples.map(({ annotation }) => isFile(annotation)));
  const missing = samples.filter((_, index) => !present[index]);
  if (missing.length === 0) return;
  const [{ name, annotation }] = missing as [Sample];
  const others = missing.length === 1 ? " has" : ` and ${missing.length - 1} more pictures have`;
  throw fail(
    `"${name}"${others} no annotation: there is no "${annotation}". Add it, or take the picture out.`,
  );
}

/** `count` items at even distances, the first among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.min(count, items.length);
  return Array.from({ length: taken }, (_, i) => items[Math.floor(i * items.length / taken)]!);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isDirectory, () => false);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isFile, () => false);
}
