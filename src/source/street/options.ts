import { formatSize, type Size } from "../../frame/geometry.ts";
import type { Ratio } from "../../frame/stream.ts";

/** What the street looks like and how long the drive is. */
export interface StreetOptions {
  /** Both sides even. */
  readonly size: Size;
  /** Frames a second. */
  readonly frameRate: Ratio;
  /** The drive's length in microseconds. */
  readonly durationUs: number;
  /** Which street: an integer from 0 to 2³² − 1. The same seed gives the same bytes. */
  readonly seed: number;
}

/** What a bare `street:` means: ten seconds of 1024×512 at 30 frames a second. */
export const STREET_DEFAULTS: StreetOptions = {
  size: { width: 1024, height: 512 },
  frameRate: { numerator: 30, denominator: 1 },
  durationUs: 10_000_000,
  seed: 1,
};

/** Below this a side has too few pixels to show a street, above it a frame is beyond any encoder. */
const SIDES = { least: 16, most: 8192 } as const;

/** Whether an input names the test street. */
export function isStreet(input: string): boolean {
  return input.startsWith("street:");
}

/**
 * Reads the input `street:`, or with any of its settings
 * `street:size=1920x1080,fps=30000/1001,seconds=4,seed=7`.
 *
 * @throws {TypeError} If a setting is unknown, repeated, or its value cannot be used.
 */
export function parseStreet(spec: string): StreetOptions {
  if (!isStreet(spec)) {
    throw new TypeError(`Cannot read "${spec}" as a test street: it must begin with "street:".`);
  }
  const options: { -readonly [Key in keyof StreetOptions]: StreetOptions[Key] } = {
    ...STREET_DEFAULTS,
  };
  const seen = new Set<string>();
  for (const setting of spec.slice("street:".length).split(",")) {
    if (setting.trim() === "") continue;
    const [key, value = ""] = setting.split("=", 2).map((part) => part.trim()) as [string, string?];
    const refuse = (mend: string) => new TypeError(`Cannot use "${setting}" in "${spec}": ${mend}`);
    if (seen.has(key)) throw refuse(`"${key}" is given twice; keep one.`);
    seen.add(key);
    if (key === "size") options.size = parseSize(value, refuse);
    else if (key === "fps") options.frameRate = parseRate(value, refuse);
    else if (key === "seconds") options.durationUs = parseSeconds(value, refuse);
    else if (key === "seed") options.seed = parseSeed(value, refuse);
    else throw refuse("a street has size=WxH, fps=N, seconds=N and seed=N.");
  }
  return options;
}

/** Makes the error for a value that cannot be used, given the end of its sentence. */
export type Refuse = (mend: string) => TypeError;

/** Reads "1024x512". Throws what `refuse` makes unless both sides are even and within bounds. */
export function parseSize(value: string, refuse: Refuse): Size {
  const match = /^(\d+)x(\d+)$/i.exec(value);
  if (match === null) throw refuse("a size is written like 1024x512.");
  const size = { width: Number(match[1]), height: Number(match[2]) };
  const sides = [size.width, size.height];
  if (sides.some((side) => side % 2 !== 0)) {
    const even = { width: evenUp(size.width), height: evenUp(size.height) };
    throw refuse(`both sides must be even; ${formatSize(even)} is.`);
  }
  if (sides.some((side) => side < SIDES.least || side > SIDES.most)) {
    throw refuse(`sides go from ${SIDES.least} to ${SIDES.most} pixels.`);
  }
  return size;
}

function evenUp(side: number): number {
  return side + (side % 2);
}

/** Reads "30", "29.97" or "30000/1001". Throws what `refuse` makes where it is no such rate. */
export function parseRate(value: string, refuse: Refuse): Ratio {
  const match = /^(\d+)(?:\.(\d{1,3})|\/(\d+))?$/.exec(value);
  const [, whole = "", decimals = "", denominator = ""] = match ?? [];
  const scale = 10 ** decimals.length;
  const rate = denominator === ""
    ? { numerator: Number(whole + decimals), denominator: scale }
    : { numerator: Number(whole), denominator: Number(denominator) };
  const framesASecond = rate.numerator / rate.denominator;
  if (match === null || !(framesASecond >= 0.1 && framesASecond <= 1000)) {
    throw refuse("a rate is 0.1 to 1000, written like 30, 29.97 or 30000/1001.");
  }
  return rate;
}

function parseSeconds(value: string, refuse: Refuse): number {
  const seconds = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || !(seconds > 0 && seconds <= 86_400)) {
    throw refuse("a drive lasts up to 86400 seconds, written like 10 or 2.5.");
  }
  return Math.round(seconds * 1e6);
}

function parseSeed(value: string, refuse: Refuse): number {
  const seed = Number(value);
  if (!/^\d+$/.test(value) || seed > 0xffffffff) {
    throw refuse("a seed is a whole number from 0 to 4294967295.");
  }
  return seed;
}
