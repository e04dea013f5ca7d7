import { join, parse } from "node:path";

/**
 * The name of a recording's segment: `out-20261122-161500.mp4`, the UTC time at which it begins.
 */
export function segmentName(path: string, startedAt: Date): string {
  const { dir, name, ext } = parse(path);
  const [day, time] = startedAt.toISOString().replace(/[-:]/g, "").split(/[T.]/);
  return join(dir, `${name}-${day}-${time}${ext}`);
}

/** The name to take instead where one is taken: `out-2.mp4`, then `out-3.mp4`. */
export function otherName(path: string, number: number): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${number}${ext}`);
}
