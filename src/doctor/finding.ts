import { isAbsolute, relative } from "node:path";

/** What was found about one thing that segstream needs or can use. */

/**
 * - `ok`: it is there.
 * - `absent`: it is not there and nothing needs it.
 * - `warning`: segstream runs, but worse than it could.
 * - `problem`: a video cannot be segmented until it is mended.
 */
export type Status = "ok" | "absent" | "warning" | "problem";

/** One line of the diagnosis. */
export interface Finding {
  /** The heading it stands under. */
  readonly area: "system" | "permissions" | "ffmpeg" | "model" | "inference" | "live";
  /** What was looked at. */
  readonly name: string;
  /** What it means for a run. */
  readonly status: Status;
  /** What was found. */
  readonly state: string;
  /** What to do about it, where something can be done. */
  readonly mend?: string;
}

/** The finding for an error, whose message tells the state first and then the mend. */
export function findingOf(
  error: unknown,
  finding: Pick<Finding, "area" | "name" | "status">,
): Finding {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
  const [, state = message, mend] = /^(.+?[^.]\.) (.+)$/.exec(message) ?? [];
  return { ...finding, state, ...(mend === undefined ? {} : { mend }) };
}

/** A path as it is shortest to read: from the current folder where it lies in it. */
export function shortPath(path: string): string {
  const inside = relative(Deno.cwd(), path);
  return isAbsolute(path) && !inside.startsWith("..") ? inside : path;
}
