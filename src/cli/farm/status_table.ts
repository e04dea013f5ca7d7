import type { CameraStatus, FarmStatus, FileStatus } from "../../farm/status.ts";
import type { WorkerEntry } from "../../farm/roster.ts";

/** How much room there is. */
export interface StatusTableOptions {
  readonly columns: number;
  /** Lines beyond this are left out; all are shown by default. */
  readonly rows: number | undefined;
}

/** What is in the table first. */
const ORDER: readonly FileStatus["state"][] = ["running", "failed", "retrying", "waiting", "done"];

/** The farm at one moment, for people: machines, files, cameras. */
export function formatStatus(status: FarmStatus, options: StatusTableOptions): string {
  const { workers, counts, cameras } = status;
  const fps = workers.reduce((sum, worker) => sum + worker.fps, 0);
  const lines = [
    `${many(workers.length, "worker")}, ${Math.round(fps)} fps measured` +
    (workers.length === 0 && counts.waiting > 0 ? ": start one with segstream farm work" : ""),
    ...columnsOf(workers.map(workerCells)),
    "",
    `files: ${ORDER.map((state) => `${counts[state]} ${state}`).join(", ")}` +
    (status.waitingParts > 0 ? `; ${many(status.waitingParts, "part")} waiting` : ""),
    ...columnsOf(status.files.toSorted(byState).map(fileCells)),
  ];
  if (cameras.length > 0) lines.push("", "cameras:", ...columnsOf(cameras.map(cameraCells)));
  return fit(lines, options).join("\n");
}

function workerCells(worker: WorkerEntry): readonly string[] {
  const doing = worker.doing.map(({ id, frames }) => frames > 0 ? `${id} (${frames})` : id);
  return [
    worker.name,
    `${worker.cores} cores`,
    worker.provider,
    `${worker.fps} fps`,
    `${worker.frames} frames`,
    doing.join(", ") || "idle",
  ];
}

function fileCells({ id, state, parts, frames, reason, notes }: FileStatus): readonly string[] {
  return [
    id,
    state,
    parts === undefined ? "" : `${parts.done}/${many(parts.all, "part")}`,
    frames === undefined ? "" : `${frames} frames`,
    reason ?? notes.join(" "),
  ];
}

function cameraCells({ id, url, state, worker, reason }: CameraStatus): readonly string[] {
  return [id, state, worker ?? "", url, reason ?? ""];
}

function byState(a: FileStatus, b: FileStatus): number {
  return ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
}

/** Rows of cells, each column as wide as its widest. */
function columnsOf(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => widths[index] = Math.max(widths[index] ?? 0, cell.length));
  }
  return rows.map((row) =>
    `  ${row.map((cell, index) => cell.padEnd(widths[index]!)).join("  ").trimEnd()}`
  );
}

function fit(lines: readonly string[], { columns, rows }: StatusTableOptions): string[] {
  const cut = lines.map((line) => line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
  if (rows === undefined || cut.length < rows) return cut;
  return [...cut.slice(0, rows - 2), `… ${cut.length - rows + 2} more lines`];
}

function many(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
