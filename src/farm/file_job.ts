/**
 * The job of one file: cut it, have the parts segmented, join them. What is done is in the queue and
 * in the storage, so it can be taken up anywhere, any number of times, from where it was left.
 */
import { basename, dirname } from "node:path";
import { containerOfFile } from "../sink/containers.ts";
import { PIECE } from "../sink/video_piece.ts";
import { runChunk, type WorkContext } from "./chunk.ts";
import {
  below,
  type ChunkJob,
  type ChunkResult,
  type FileJob,
  type FilePlan,
  type FileResult,
  partName,
  partsOf,
  type Piece,
} from "./jobs.ts";
import { joinPieces } from "./join.ts";
import { planFile, withoutCuts } from "./plan.ts";

/** What the queue knows of the parts of a file. */
export interface PartsInQueue {
  /** What became of those that are done, by the names of the parts. */
  readonly results: ReadonlyMap<string, ChunkResult>;
  /** Why one failed for good; undefined where none did. */
  readonly failure: string | undefined;
}

/** The queue, as the job of a file sees it. */
export interface FileQueue {
  /** Keeps the plan with the job, and in the end what became of it. */
  save(known: Pick<FileJob, "plan" | "result">): Promise<void>;
  /** What became of the parts so far. */
  parts(): Promise<PartsInQueue>;
  /** Queues parts; those that are queued or done already stay as they are. */
  addParts(parts: readonly ChunkJob[]): Promise<void>;
  /** Gives the job back until all parts have ended: throws, unless they have. */
  waitForParts(): Promise<void>;
  /** Forgets the parts that nobody has begun with. */
  dropParts(): Promise<void>;
  /** Whether all workers run the network on their processors. */
  isAllCpu(): Promise<boolean>;
}

/** A part failed for good, and so does the file. */
export class PartFailedError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "PartFailedError";
}

/** The folder of a file's pieces: beside its output, so that a rename is all it takes at the end. */
export function workFolder(output: string, id: string): string {
  const folder = output.startsWith("s3://")
    ? output.slice(0, output.lastIndexOf("/"))
    : dirname(output);
  return below(folder, `.segstream/${id}`);
}

/**
 * Goes on with a file from wherever it is.
 *
 * @param id The job's.
 * @throws {PartFailedError} If a part failed for good.
 * @throws What `segmentVideo` does; and what `waitForParts` throws to give the job back.
 */
export async function runFile(
  id: string,
  job: FileJob,
  queue: FileQueue,
  context: WorkContext,
): Promise<FileResult> {
  const storage = context.storages.of(job.output);
  const work = workFolder(job.output, id);
  if (job.result !== undefined) {
    await storage.removeFolder(work);
    return job.result;
  }
  if (!job.overwrite && await storage.exists(job.output)) {
    await storage.removeFolder(work);
    const note = `${basename(job.output)} is there already and was left alone.`;
    return { frames: 0, parts: 0, tookMs: 0, notes: [note] };
  }
  let plan = job.plan;
  if (plan === undefined) {
    const input = await context.storages.of(job.input).readable(job.input);
    const { machine, signal } = context;
    plan = await planFile(job, input, machine, { signal, isAllCpu: await queue.isAllCpu() });
    await queue.save({ plan });
  }
  for (;;) {
    const chunks = chunksOf(id, job, plan, work);
    const results = await resultsOf(chunks, queue, context);
    if (results === undefined) continue;
    const unclean = chunks.filter((_, index) => !results[index]!.isWhole);
    if (unclean.length === 0) {
      const pieces = results.map((result) => (result as { piece: Piece }).piece);
      const notes = await joinPieces({ job, plan, work, pieces }, context);
      const frames = pieces.reduce((sum, piece) => sum + piece.frames, 0);
      const tookMs = Date.now() - job.submittedAt;
      const result = { frames, parts: pieces.length, tookMs, notes };
      // From here on there is nothing to be joined again.
      await queue.save({ plan, result });
      await storage.removeFolder(work);
      return result;
    }
    plan = withoutCuts(plan, unclean);
    await queue.save({ plan });
  }
}

/** A result for each part; undefined where parts were just queued and all ended meanwhile. */
async function resultsOf(
  chunks: readonly ChunkJob[],
  queue: FileQueue,
  context: WorkContext,
): Promise<readonly ChunkResult[] | undefined> {
  // One part needs no job of its own.
  if (chunks.length === 1) return [await runChunk(chunks[0]!, context)];
  const { results, failure } = await queue.parts();
  if (failure !== undefined) {
    await queue.dropParts();
    throw new PartFailedError(failure);
  }
  const missing = chunks.filter((chunk) => !results.has(nameOf(chunk)));
  if (missing.length === 0) return chunks.map((chunk) => results.get(nameOf(chunk))!);
  await queue.addParts(missing);
  await queue.waitForParts();
  return undefined;
}

/** The name of a chunk's part. */
export function nameOf({ startUs, endUs }: ChunkJob): string {
  return partName({ startUs, endUs });
}

function chunksOf(id: string, job: FileJob, plan: FilePlan, work: string): readonly ChunkJob[] {
  return partsOf(plan).map((part) => ({
    file: id,
    input: job.input,
    work,
    originUs: plan.originUs,
    ...part,
    hasMasks: job.masks !== undefined,
    segment: { ...job.segment, precision: plan.precision, ...encoderOf(job) },
  }));
}

/** What the output's container wants, where that is not what pieces are encoded by anyway. */
function encoderOf(job: FileJob): { readonly encoder?: string } {
  if (job.segment.encoder !== undefined) return {};
  const { videoEncoder: encoder } = containerOfFile(job.output);
  return encoder === PIECE.videoEncoder ? {} : { encoder };
}
