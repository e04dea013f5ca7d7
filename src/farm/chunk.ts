/** Segments one part of a file into a piece that can be joined with others. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { isCleanCut } from "../ffmpeg/cuts.ts";
import { probe } from "../ffmpeg/probe.ts";
import { segmentVideo } from "../segment_video.ts";
import { below, type ChunkJob, type ChunkResult, partName, type Piece } from "./jobs.ts";
import type { Machine } from "./machine.ts";
import type { Storages } from "./storages.ts";

/** What a worker brings to a job. */
export interface WorkContext {
  readonly machine: Machine;
  readonly storages: Storages;
  /** Called with how many frames are done now. */
  readonly onFrames: (frames: number) => void;
  /** Ends the job at once. */
  readonly signal: AbortSignal;
}

/** The names of a part's files: the pieces, and the record that says that they are all there. */
export function pieceFiles(part: Pick<ChunkJob, "startUs" | "endUs">) {
  const name = partName({ startUs: part.startUs, endUs: part.endUs });
  return {
    video: `${name}.piece.nut`,
    masks: `${name}.masks.mkv`,
    record: `${name}.json`,
  };
}

/**
 * Segments a part of a file, unless that is done already; the record is written last, so a part that
 * has one is complete. Two workers at the same part write under names of their own, and the same.
 *
 * A part that does not decode alone as it does within the whole is left alone, and so is one that
 * fails for what is in the file: the file is then cut elsewhere, in the end nowhere.
 *
 * @throws What `segmentVideo` does, for reasons that are not in the file or when it is the whole file.
 */
export async function runChunk(job: ChunkJob, context: WorkContext): Promise<ChunkResult> {
  const storage = context.storages.of(job.work);
  const files = pieceFiles(job);
  const record = await storage.readText(below(job.work, files.record));
  if (record !== undefined) return { isWhole: true, piece: JSON.parse(record) as Piece };
  const isAll = job.startUs === undefined && job.endUs === undefined;
  const input = await context.storages.of(job.input).readable(job.input);
  try {
    if (!isAll && !await beginsClean(input, job, context)) {
      return { isWhole: false, reason: "what follows the cut refers to what lies before it" };
    }
    return { isWhole: true, piece: await segmentPart(input, job, context) };
  } catch (cause) {
    if (isAll || !(cause instanceof InputError) || context.signal.aborted) throw cause;
    return { isWhole: false, reason: cause.message };
  }
}

async function beginsClean(
  input: string,
  { startUs }: ChunkJob,
  { machine, signal }: WorkContext,
): Promise<boolean> {
  if (startUs === undefined) return true;
  const found = await probe(input, { ffmpeg: machine.ffmpeg, signal });
  return await isCleanCut(found, startUs, { ...machine.tools, signal });
}

async function segmentPart(input: string, job: ChunkJob, context: WorkContext): Promise<Piece> {
  const { machine, storages, signal } = context;
  const storage = storages.of(job.work);
  await using workspace = await storage.workspace(job.work);
  const files = pieceFiles(job);
  const attempt = crypto.randomUUID();
  const video = `${attempt}.piece.nut`;
  const masks = job.hasMasks ? `${attempt}.masks.mkv` : undefined;
  let firstUs = 0;
  let lastUs = 0;
  const { report, notes } = await segmentVideo(input, join(workspace.path, video), {
    ...job.segment,
    provider: machine.provider,
    ...(job.segment.precision === "int8" && { provider: "cpu" }),
    workers: machine.threads,
    ...(machine.ffmpeg && { ffmpeg: machine.ffmpeg }),
    ...(masks && { masks: join(workspace.path, masks) }),
    sound: false,
    range: { startUs: job.startUs, endUs: job.endUs, originUs: job.originUs },
    signal,
    onProgress: ({ frames, ptsUs }) => {
      if (frames === 1) firstUs = ptsUs;
      lastUs = ptsUs;
      context.onFrames(frames);
    },
  });
  const piece: Piece = {
    frames: report.frames,
    startUs: job.originUs + firstUs,
    lastUs: job.originUs + lastUs,
    sums: {
      video: await sumOf(join(workspace.path, video)),
      ...(masks && { masks: await sumOf(join(workspace.path, masks)) }),
    },
    notes,
  };
  await workspace.publish(video, below(job.work, files.video));
  if (masks) await workspace.publish(masks, below(job.work, files.masks));
  await storage.writeText(below(job.work, files.record), JSON.stringify(piece));
  return piece;
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}
