/** Joins the pieces of a file: nothing is encoded again, and the sound is added once. */
import { join, parse } from "node:path";
import { OutputError } from "../errors.ts";
import { concatList, countFrames } from "../ffmpeg/concat.ts";
import { probe } from "../ffmpeg/probe.ts";
import { spawnFfmpeg } from "../ffmpeg/process.ts";
import { seconds } from "../ffmpeg/range.ts";
import { type Container, containerOfFile } from "../sink/containers.ts";
import { codecOfEncoder } from "../sink/encoders.ts";
import { encodeError, isWritten } from "../sink/frame_encoder.ts";
import { restoreLastFrame } from "../sink/last_frame.ts";
import { muxVideo } from "../sink/mux.ts";
import { pieceFiles, type WorkContext } from "./chunk.ts";
import { type FileJob, type FilePlan, type Part, partsOf, type Piece } from "./jobs.ts";
import type { Workspace } from "./storage.ts";

/** What is to be joined. */
export interface JoinOptions {
  readonly job: FileJob;
  readonly plan: FilePlan;
  /** The folder of the pieces. */
  readonly work: string;
  /** A piece for each of the plan's parts. */
  readonly pieces: readonly Piece[];
}

/** A piece and the names of its files. */
interface NamedPiece extends Piece {
  readonly files: ReturnType<typeof pieceFiles>;
}

/**
 * Joins the pieces and gives the outputs their names, complete; the video's last, because the file is
 * done when that is there.
 *
 * @returns One line for each thing that the user should know.
 * @throws {OutputError} If the joined file cannot be written, or does not have every frame.
 */
export async function joinPieces(
  options: JoinOptions,
  context: WorkContext,
): Promise<readonly string[]> {
  const { job, plan, work } = options;
  const storage = context.storages.of(work);
  await using workspace = await storage.workspace(work);
  const pieces = namedPieces(partsOf(plan), options.pieces);
  const names = { video: scratchName(job.output), masks: scratchName(job.masks ?? "x.mkv") };
  if (job.masks !== undefined) {
    for (const { files, sums } of pieces) await workspace.fetch(files.masks, sums.masks!);
    await joinMasks(pieces, workspace, names.masks, job, context);
  }
  for (const { files, sums } of pieces) await workspace.fetch(files.video, sums.video);
  const notes = await joinVideo(pieces, workspace, names.video, options, context);
  if (job.masks !== undefined) await workspace.publish(names.masks, job.masks);
  await workspace.publish(names.video, job.output);
  return [...new Set([...pieces.flatMap((piece) => piece.notes), ...notes])];
}

function namedPieces(parts: readonly Part[], pieces: readonly Piece[]): NamedPiece[] {
  return pieces.map((piece, index) => ({ ...piece, files: pieceFiles(parts[index]!) }));
}

/** A name that no other worker uses, and the extension that says the format. */
function scratchName(output: string): string {
  return `${crypto.randomUUID()}.joined${parse(output).ext.toLowerCase()}`;
}

async function joinVideo(
  pieces: readonly NamedPiece[],
  { path: folder }: Workspace,
  file: string,
  { job, plan }: JoinOptions,
  { machine, storages, signal }: WorkContext,
): Promise<readonly string[]> {
  const binary = machine.tools.ffmpeg;
  const container = containerOfFile(job.output);
  const encoder = job.segment.encoder ?? container.videoEncoder;
  const list = join(folder, `${file}.ffconcat`);
  await Deno.writeTextFile(
    list,
    concatList(pieces.map(({ files, startUs }) => ({ file: files.video, startUs }))),
  );
  const input = await storages.of(job.input).readable(job.input);
  const source = await probe(input, { ffmpeg: machine.ffmpeg, signal });
  const path = join(folder, file);
  const { notes } = await muxVideo(binary, {
    name: job.output,
    picture: list,
    videoCodec: await codecOfEncoder(binary, encoder, false, job.output),
    startUs: plan.originUs,
    audio: source,
    audioEndUs: undefined,
    container: fromList(container),
    path,
    signal,
  });
  if (container.hasEditLists) {
    const { numerator, denominator } = source.frameRate;
    await restoreLastFrame(path, 1e6 * denominator / numerator);
  }
  await checkFrames(path, pieces, job.output, machine.tools.ffprobe, signal);
  await Deno.remove(list);
  return notes;
}

/** Copies the class maps together, each with the time of its frame in whole milliseconds. */
async function joinMasks(
  pieces: readonly NamedPiece[],
  { path: folder }: Workspace,
  file: string,
  job: FileJob,
  { machine, signal }: WorkContext,
): Promise<void> {
  const path = join(folder, file);
  const list = `${path}.ffconcat`;
  // Matroska counts milliseconds, and so the pieces begin at one.
  const startUs = (piece: Piece) => Math.round(piece.startUs / 1000) * 1000;
  await Deno.writeTextFile(
    list,
    concatList(
      pieces.map((piece) => ({ file: piece.files.masks, startUs: startUs(piece) })),
    ),
  );
  const args = [
    ...["-y", "-itsoffset", seconds(startUs(pieces[0]!)), "-f", "concat", "-i", `file:${list}`],
    ...["-map", "0:v", "-c", "copy", "-f", "matroska", `file:${path}`],
  ];
  const options = { stdin: false, stdout: false, signal };
  const exit = await spawnFfmpeg(machine.tools.ffmpeg, args, options).ended;
  signal.throwIfAborted();
  const output = job.masks!;
  if (!isWritten(exit)) {
    throw encodeError(`Cannot finish ${JSON.stringify(output)}`, { output, args, exit });
  }
  await checkFrames(path, pieces, output, machine.tools.ffprobe, signal);
  await Deno.remove(list);
}

/** A container whose picture is read from a list of pieces. */
function fromList(container: Container): Container {
  return { ...container, scratch: { ...container.scratch, muxer: "concat" } };
}

/** Counts what was written: a frame that was lost on the way is not to be found out by a viewer. */
async function checkFrames(
  path: string,
  pieces: readonly Piece[],
  output: string,
  ffprobe: string,
  signal: AbortSignal,
): Promise<void> {
  const expected = pieces.reduce((sum, { frames }) => sum + frames, 0);
  const actual = await countFrames(ffprobe, path, signal);
  if (actual === expected) return;
  throw new OutputError(
    `Cannot finish ${JSON.stringify(output)}: the joined file has ${
      actual ?? "unreadable"
    } frames ` +
      `where its ${pieces.length} pieces have ${expected}. Name another ffmpeg on the workers.`,
    { output },
  );
}
