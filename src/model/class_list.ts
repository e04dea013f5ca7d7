/** The classes of models that people bring: names from a file, colours that can be told apart. */

import { ModelError } from "../errors.ts";
import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import type { Rgb } from "../frame/colour.ts";

/** Class ids are bytes, and 255 is the label of what does not count. */
const MAX_CLASSES = 255;

/**
 * Classes from a list of names, or of objects `{"name", "colour", "category"}` of which only the name
 * must be there. A colour is `[r, g, b]` or `"#rrggbb"`; the position is the class id.
 *
 * Names that Cityscapes has keep its colour and category; the others get colours of their own and
 * are their own category.
 *
 * @throws {RangeError} If the list is not of that form, or names a class twice.
 */
export function parseClasses(list: unknown): readonly SegmentationClass[] {
  if (!Array.isArray(list) || list.length < 1 || list.length > MAX_CLASSES) {
    throw new RangeError(`classes must be a list of 1 to ${MAX_CLASSES} names.`);
  }
  const generated = distinctColours(list.length);
  const classes = list.map((item, id) => parseClass(item, generated[id]!));
  const names = classes.map((each) => each.name);
  const twice = names.find((name, id) => names.indexOf(name) !== id);
  if (twice !== undefined) throw new RangeError(`classes has ${JSON.stringify(twice)} twice.`);
  return classes;
}

/**
 * Reads a file of classes: JSON in the form of {@link parseClasses}, or text with a name a line.
 *
 * @throws {ModelError} If it cannot be read or is not of that form.
 */
export async function readClasses(path: string): Promise<readonly SegmentationClass[]> {
  try {
    const text = await Deno.readTextFile(path);
    const isJson = /^\s*[[{"]/.test(text);
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    return parseClasses(isJson ? JSON.parse(text) : lines.filter((line) => line !== ""));
  } catch (cause) {
    const state = cause instanceof Deno.errors.NotFound
      ? "there is no such file."
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new ModelError(
      `Cannot read the classes in "${path}": ${state} Write a name a line, in the order of the ids.`,
      { model: path },
      { cause },
    );
  }
}

/** A list in the form that {@link parseClasses} reads, for a model's metadata. */
export function formatClasses(classes: readonly SegmentationClass[]): string {
  return JSON.stringify(classes);
}

/** Whether the classes are the 19 of Cityscapes, in their order. */
export function areCityscapes(classes: readonly SegmentationClass[]): boolean {
  return classes.length === CITYSCAPES_CLASSES.length &&
    classes.every(({ name }, id) => name === CITYSCAPES_CLASSES[id]!.name);
}

/**
 * Colours that a person can tell apart: hues a golden section of the circle apart, so that
 * neighbours in the list are far from each other, in alternating brightness.
 */
function distinctColours(count: number): Rgb[] {
  const goldenSection = (Math.sqrt(5) - 1) / 2;
  return Array.from({ length: count }, (_, id) => {
    const hue = (0.6 + id * goldenSection) % 1;
    return fromHsv(hue, [0.85, 0.6, 0.9][id % 3]!, [0.9, 1, 0.6][id % 3]!);
  });
}

function parseClass(item: unknown, generated: Rgb): SegmentationClass {
  const { name, colour, category } = typeof item === "object" && item !== null
    ? item as Record<string, unknown>
    : { name: item, colour: undefined, category: undefined };
  if (typeof name !== "string" || name.trim() === "") {
    throw new RangeError(`classes has ${JSON.stringify(item)}, which is no name.`);
  }
  const plain = name.trim();
  const known = CITYSCAPES_CLASSES.find((each) => each.name === plain);
  return {
    name: plain,
    colour: colour === undefined ? known?.colour ?? generated : parseColour(colour, plain),
    category: typeof category === "string" ? category : known?.category ?? plain,
  };
}

function parseColour(value: unknown, name: string): Rgb {
  const isByte = (part: unknown) =>
    Number.isInteger(part) && Number(part) >= 0 && Number(part) < 256;
  if (Array.isArray(value) && value.length === 3 && value.every(isByte)) {
    return [value[0], value[1], value[2]];
  }
  if (typeof value === "string" && /^#[\da-f]{6}$/i.test(value)) {
    const code = parseInt(value.slice(1), 16);
    return [code >> 16, code >> 8 & 255, code & 255];
  }
  throw new RangeError(`${JSON.stringify(value)} is no colour for ${JSON.stringify(name)}.`);
}

/** Hue, saturation and value 0–1 to RGB codes (Smith 1978). */
function fromHsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (shift: number) => {
    const sector = (shift + 6 * hue) % 6;
    const share = Math.max(0, Math.min(sector, 4 - sector, 1));
    return Math.round(255 * (value - value * saturation * share));
  };
  return [channel(5), channel(3), channel(1)];
}
