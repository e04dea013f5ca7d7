import { basename, extname } from "node:path";
import { isStreet } from "../source/open.ts";

/** Extensions that an output keeps from its input. */
const KEPT = [".mp4", ".mov", ".mkv", ".webm", ".ts"];

/**
 * The output's name when none was given, in the current folder: `drive.segmented.mp4` for
 * `/videos/drive.mp4`. Containers that cannot be written become .mp4.
 */
export function defaultOutput(input: string): string {
  if (isStreet(input)) return "street.mp4";
  const path = /^[a-z][a-z0-9+.-]+:\/\//i.test(input) ? new URL(input).pathname : input;
  const extension = extname(path);
  const stem = basename(path, extension).replaceAll(/[\\/:*?"<>|]/g, "_") || "video";
  const kept = KEPT.includes(extension.toLowerCase()) ? extension.toLowerCase() : ".mp4";
  return `${stem}.segmented${kept}`;
}
