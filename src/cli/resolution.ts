import type { Resolution } from "../model/resolution.ts";

const NAMES = ["full", "half", "quarter"] as const;

/** The longest side that a network's input may have: four times the paper's. */
const LONGEST_SIDE = 8192;

/**
 * Reads `--resolution`.
 *
 * @throws {RangeError} If it is neither a name nor a size.
 */
export function parseResolution(text: string): Resolution {
  const name = NAMES.find((each) => each === text);
  if (name) return name;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/i.exec(text) ?? [];
  const size = { width: Number(width), height: Number(height) };
  const isValid = [size.width, size.height].every((side) => side >= 32 && side <= LONGEST_SIDE);
  if (isValid) return size;
  throw new RangeError(
    `It must be full, half, quarter, or WIDTHxHEIGHT with sides from 32 to ${LONGEST_SIDE}.`,
  );
}

/**
 * Reads a list of them, comma-separated.
 *
 * @throws {RangeError} If one of them is no resolution.
 */
export function parseResolutions(text: string): Resolution[] {
  return text.split(",").map((part) => parseResolution(part.trim()));
}
