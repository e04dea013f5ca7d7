/**
 * Runs the real program on hundreds of damaged files and interrupts it at many moments, and prints a
 * table of what happened. Every case is repeatable: `--seed` and its number define it.
 *
 * ```sh
 * deno task corpus                          # 500 files, 50 interruptions: about ten minutes
 * deno task corpus --variants 40 --seed 7
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import { basename, extname, join } from "node:path";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { shared } from "../testing/shared.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { makeClips } from "./corpus/clips.ts";
import { describeInterruption, randomInterruption, tryInterruption } from "./corpus/interrupts.ts";
import { formatTally, type Row } from "./corpus/tally.ts";
import { tryFile } from "./corpus/trial.ts";
import { listVariants, tryVariant } from "./corpus/variants.ts";

/** Files that the container of the output is chosen by; others are written as MP4. */
const CONTAINERS = [".mp4", ".mov", ".mkv", ".ts", ".webm"];

/** Some of them are seconds of large pictures, which take 5 s of CPU. */
const WHOLE_FILE_MS = 180_000;

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      variants: { type: "string", default: "500" },
      interruptions: { type: "string", default: "50" },
      seed: { type: "string", default: "1" },
      lanes: { type: "string", default: "2" },
    },
  });
  const [seed, lanes] = [Number(values.seed), Number(values.lanes)];
  await using folder = await temporaryDirectory();
  const rows: Row[] = [
    ...await tortureRows(folder.path, lanes),
    ...await variantRows(folder.path, { count: Number(values.variants), seed, lanes }),
    ...await interruptionRows(folder.path, { count: Number(values.interruptions), seed, lanes }),
  ];
  const { version } = await findFfmpeg();
  console.log(`ffmpeg ${version}, Deno ${Deno.version.deno}, ${Deno.build.os}, seed ${seed}\n`);
  console.log(formatTally(rows));
  return rows.every(({ outcome }) => ["survived", "refused clearly"].includes(outcome.verdict))
    ? 0
    : 1;
}

async function tortureRows(parent: string, lanes: number): Promise<Row[]> {
  const source = shared("data/torture");
  if (!source.present) return [];
  const names = [...Deno.readDirSync(source.path)].map(({ name }) => name)
    .filter((name) => !name.startsWith("LICENSE")).sort();
  return await inLanes(names, lanes, async (name) => {
    const folder = join(parent, basename(name, extname(name)));
    await Deno.mkdir(folder);
    await Deno.copyFile(join(source.path, name), join(folder, name));
    const extension = CONTAINERS.find((each) => each === extname(name)) ?? ".mp4";
    const outcome = await tryFile(folder, name, extension, WHOLE_FILE_MS);
    await Deno.remove(folder, { recursive: true });
    return { group: "files of other projects' tests", what: name, outcome };
  });
}

async function variantRows(
  parent: string,
  options: { count: number; seed: number; lanes: number },
): Promise<Row[]> {
  const { count, seed, lanes } = options;
  const clips = await makeClips(parent);
  return await inLanes(listVariants(clips, count, seed), lanes, async (variant) => {
    const { outcome, description } = await tryVariant(parent, variant);
    const { clip, damage, number } = variant;
    const what = `case ${number}: ${description}`;
    return { group: `${clip.name}: ${damage}`, what, outcome };
  });
}

async function interruptionRows(
  parent: string,
  options: { count: number; seed: number; lanes: number },
): Promise<Row[]> {
  const { count, seed, lanes } = options;
  const numbers = Array.from({ length: count }, (_, number) => number);
  return await inLanes(numbers, lanes, async (number) => {
    const interruption = randomInterruption(seed * 1_000_003 + number);
    const folder = join(parent, `interruption${number}`);
    await Deno.mkdir(folder);
    const outcome = await tryInterruption(folder, interruption);
    await Deno.remove(folder, { recursive: true });
    const what = describeInterruption(interruption);
    return { group: "SIGINT or SIGTERM at any moment", what, outcome };
  });
}

/** Works on several at a time; the results are in the order of the items. */
async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) {
      results[index] = await work(item);
      if (Deno.stderr.isTerminal()) await Deno.stderr.write(new TextEncoder().encode("."));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
