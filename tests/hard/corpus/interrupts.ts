/** The real program, told to stop at some moment: what it leaves, and whether that was promised. */
import { join } from "node:path";
import { between, pick, seededRandom } from "../../../src/source/street/random.ts";
import type { RunningCommand } from "../../testing/command.ts";
import { makeClip } from "../../testing/media.ts";
import { startSegstream } from "../../testing/segstream.ts";
import { allEnded, descendantsOf } from "../processes.ts";
import { decodableTimes } from "./reference.ts";
import type { Outcome } from "./trial.ts";

const SMALL = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu"];

/** A clip that takes the program about a second, so that some signals come when it is finishing. */
const CLIP = { size: "320x192", frames: 75, audio: true };

/** How long a run may take to end after a signal, on a machine that is busy with other things. */
const HANG_MS = 120_000;

/** The program's exit code after an interruption. */
const INTERRUPTED = 130;

/** A signal, when it is sent, and how long after it another follows. */
export interface Interruption {
  readonly signal: "SIGINT" | "SIGTERM";
  readonly afterMs: number;
  /** Undefined: there is no second one. */
  readonly againMs: number | undefined;
  /** Frames of a file that ends by itself, or of a scene that does not. */
  readonly isEndless: boolean;
}

/** The interruption that a seed stands for. */
export function randomInterruption(seed: number): Interruption {
  const random = seededRandom(seed);
  return {
    signal: pick(random, ["SIGINT", "SIGTERM"] as const),
    afterMs: between(random, 0, 1500),
    againMs: random() < 0.3 ? between(random, 0, 200) : undefined,
    isEndless: random() < 0.5,
  };
}

/** "SIGINT after 230 ms, again after 40 ms, file". */
export function describeInterruption(interruption: Interruption): string {
  const { signal, afterMs, againMs, isEndless } = interruption;
  const again = againMs === undefined ? "" : `, again after ${againMs.toFixed(0)} ms`;
  return `${signal} after ${afterMs.toFixed(0)} ms${again}, ${isEndless ? "street" : "file"}`;
}

/** Runs the program in `folder`, which is empty, interrupts it and judges what it leaves. */
export async function tryInterruption(
  folder: string,
  interruption: Interruption,
): Promise<Outcome> {
  const clip = join(folder, "in.mp4");
  if (!interruption.isEndless) await makeClip(clip, CLIP);
  const input = interruption.isEndless ? "street:size=128x64,seconds=36000" : clip;
  const files = ["-o", join(folder, "out.mp4"), "--stats", join(folder, "out.jsonl")];
  await using run = startSegstream([input, ...files, ...SMALL]);
  const children = await interrupt(run, interruption);
  const timer = setTimeout(() => run.kill("SIGKILL"), HANG_MS);
  const { code, signal, stderr } = await run.ended;
  clearTimeout(timer);
  const wrong = (reason: string): Outcome => ({ verdict: "wrong", reason });
  if (signal === "SIGKILL") return { verdict: "hung", reason: stderr.trim() };
  try {
    await allEnded(children);
  } catch (error) {
    return wrong(String(error));
  }
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name !== "in.mp4"
  ).sort().join(" ");
  if (signal !== null && signal !== interruption.signal) {
    return { verdict: "crashed", reason: signal };
  }
  if (/^\s+at /m.test(stderr)) return wrong(`a stack: ${stderr}`);
  // Before the program watches for signals the system's default ends it; nothing is open then.
  const isStopped = signal !== null || code === INTERRUPTED;
  if (isStopped && left === "") return { verdict: "survived", reason: "stopped, nothing left" };
  // It may come when all is written and the program is on its way out.
  const isDone = code === 0 || signal !== null;
  if (isDone && !interruption.isEndless && left === "out.jsonl out.mp4") {
    const count = (await decodableTimes(join(folder, "out.mp4"))).length;
    if (count !== CLIP.frames) return wrong(`complete with ${count} frames of ${CLIP.frames}`);
    return { verdict: "survived", reason: "complete" };
  }
  if (isStopped && left === "out.partial.jsonl out.partial.mp4") {
    const difference = await comparePartial(folder);
    if (difference !== undefined) return wrong(difference);
    return { verdict: "survived", reason: "stopped, playable part" };
  }
  return wrong(`exit code ${code}, left "${left}": ${stderr.trim()}`);
}

/** Sends the signals; returns the children that the program had just before. */
async function interrupt(run: RunningCommand, { signal, afterMs, againMs }: Interruption) {
  await passed(afterMs); // the moment is the point of the trial; there is nothing else to wait for
  const children = await descendantsOf(run.pid);
  send(run, signal);
  if (againMs !== undefined) {
    await passed(againMs);
    send(run, signal);
  }
  return children;
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The program may have ended a moment ago. */
function send(run: RunningCommand, signal: Deno.Signal): void {
  try {
    run.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function comparePartial(folder: string): Promise<string | undefined> {
  const records = (await Deno.readTextFile(join(folder, "out.partial.jsonl"))).trim().split("\n");
  const frames = (await decodableTimes(join(folder, "out.partial.mp4"))).length;
  return frames > 0 && frames === records.length
    ? undefined
    : `the part has ${frames} frames and ${records.length} records`;
}
