/** One file through the real program: what came out, and whether that is right. */
import { join } from "node:path";
import { startSegstream } from "../../testing/segstream.ts";
import { noneLeft, processesNaming } from "../processes.ts";
import { decodableTimes } from "./reference.ts";

/** How a trial ended. Only the first two are right. */
export const VERDICTS = ["survived", "refused clearly", "hung", "crashed", "wrong"] as const;

/** One of {@link VERDICTS}. */
export type Verdict = typeof VERDICTS[number];

/** A verdict and its reason. */
export interface Outcome {
  readonly verdict: Verdict;
  /** For a refusal the program's line, for a fault what is wrong. */
  readonly reason: string;
}

/** How long a run of a second's worth of video may take, on a machine that is busy with other things. */
const HANG_MS = 120_000;

/** A timestamp passes through the time base of the container: half a microsecond, twice. */
const ROUNDING_US = 1.5;

/** The program's own rule for timestamps that do not grow: src/source/file.ts. */
const LEAST_STEP_US = 12;

/** And ffmpeg's own: a tick of the input's clock, which in these clips is 1/12800 s at the most. */
const TICK_US = 79;

/** What the program is asked to do with every file: the smallest network, and nothing printed. */
const SMALL = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu", "--quiet"];

/**
 * Runs the program on `input`, which lies alone in `folder`, and judges: the frames that ffmpeg
 * decodes must come out with their times, or one line must say why there are none. Nothing else may
 * be left in the folder, and no process.
 *
 * @param hangMs After so long it is taken to hang; by default enough for a second's worth of video.
 */
export async function tryFile(
  folder: string,
  input: string,
  extension: string,
  hangMs = HANG_MS,
): Promise<Outcome> {
  const output = `out${extension}`;
  const args = [
    join(folder, input),
    "-o",
    join(folder, output),
    "--stats",
    join(folder, "out.jsonl"),
  ];
  const temporary = join(folder, "tmp");
  await Deno.mkdir(temporary);
  await using run = startSegstream([...args, ...SMALL], { env: { TMPDIR: temporary } });
  const timer = setTimeout(() => run.kill("SIGKILL"), hangMs);
  const { code, signal, stderr } = await run.ended;
  clearTimeout(timer);
  const wrong = (reason: string): Outcome => ({ verdict: "wrong", reason });
  if (signal === "SIGKILL") return { verdict: "hung", reason: stderr.trim() };
  if (signal !== null) return { verdict: "crashed", reason: signal };
  try {
    await noneLeft(() => processesNaming(folder));
  } catch (error) {
    return wrong(String(error));
  }
  const left = [...await namesIn(folder), ...await namesIn(temporary)]
    .filter((name) => name !== input && name !== "tmp").sort();
  const expected = await decodableTimes(join(folder, input));
  if (code === 1) {
    if (left.length > 0) return wrong(`refused, and left ${left.join(", ")}`);
    if (!/^segstream: [A-Z][^\n]+\.\n$/.test(stderr)) return wrong(`not one line: ${stderr}`);
    if (expected.length > 0) {
      return wrong(`ffmpeg decodes ${expected.length} frames; ${stderr.trim()}`);
    }
    return { verdict: "refused clearly", reason: stderr.trim() };
  }
  if (code !== 0) return wrong(`exit code ${code}: ${stderr.trim()}`);
  if (stderr !== "") return wrong(`printed in spite of --quiet: ${stderr.trim()}`);
  if (left.join() !== ["out.jsonl", output].join()) return wrong(`left ${left.join(", ")}`);
  const difference = await compare(folder, output, expected);
  return difference === undefined ? { verdict: "survived", reason: "" } : wrong(difference);
}

/** What differs from the frames that ffmpeg decodes; undefined when nothing does. */
async function compare(
  folder: string,
  output: string,
  expected: readonly number[],
): Promise<string | undefined> {
  const records = (await Deno.readTextFile(join(folder, "out.jsonl"))).trim().split("\n");
  if (records.length !== expected.length) {
    return `${records.length} frames where ffmpeg decodes ${expected.length}`;
  }
  let last = -LEAST_STEP_US;
  for (const [index, record] of records.entries()) {
    const { ptsUs } = JSON.parse(record) as { ptsUs: number };
    const wanted = Math.max(expected[index]!, last + LEAST_STEP_US);
    const late = wanted === expected[index] && wanted - last > TICK_US ? 0 : TICK_US;
    if (ptsUs < wanted - ROUNDING_US || ptsUs > wanted + late + ROUNDING_US) {
      return `frame ${index} at ${ptsUs} µs where ffmpeg has ${expected[index]}`;
    }
    last = ptsUs;
  }
  const written = await decodableTimes(join(folder, output));
  return written.length === records.length
    ? undefined
    : `the output holds ${written.length} frames of ${records.length}`;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}
