/** Durations as people write and read them: `10m` is 600,000 ms. */

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 } as const;

/**
 * Milliseconds of `500ms`, `10s`, `2.5m` (or `min`) or `1h`; a bare number is seconds.
 *
 * @throws {RangeError} If it is none of these.
 */
export function parseDuration(text: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?$/i.exec(text.trim()) ?? [];
  if (number !== undefined) {
    return Number(number) * UNIT_MS[unit.toLowerCase() as keyof typeof UNIT_MS];
  }
  throw new RangeError("It must be a duration such as 500ms, 10s, 5m or 1h.");
}

/** The two leading figures of a duration, for sentences: "0.4 s", "12 s", "5 min", "3.5 h", "12 days". */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 99.5) return `${short(minutes)} min`;
  const hours = minutes / 60;
  return hours < 47.5 ? `${short(hours)} h` : `${short(hours / 24)} days`;
}

function short(value: number): string {
  return value < 9.95 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}
