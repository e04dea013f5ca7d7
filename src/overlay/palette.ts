/**
 * Palettes: the colour of every class.
 *
 * A palette file is one of
 *
 * - a JSON object by class, category or id: `{"road": "#804080", "vehicle": [0, 0, 142]}`
 * - a JSON list by class id: `["#804080", [244, 35, 232], null]`, `null` keeps the default
 * - text, a class a line: `road 128 64 128`, or by class id: `128,64,128`; `#804080` serves as the
 *   colour in both, and lines that begin with `# ` or `//` are comments
 *
 * Classes that a file does not name keep their own colour; of two entries for a class the later wins.
 */
import { InputError } from "../errors.ts";
import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import type { Rgb } from "../frame/colour.ts";
import { findClassIds } from "./class_names.ts";

/** The colour of every class; the position is the class id. Plain data: it may cross to a worker. */
export type Palette = readonly Rgb[];

/** One line of a palette: which class (a word, or a position in a list), and its colour as written. */
interface Entry {
  readonly key: string | number;
  readonly colour: unknown;
}

/** The classes' own colours. */
export function defaultPalette(
  classes: readonly SegmentationClass[] = CITYSCAPES_CLASSES,
): Palette {
  return classes.map((each) => each.colour);
}

/**
 * Reads a palette file; its forms are at the top of this module.
 *
 * @throws {InputError} If the file cannot be read or a line of it is no colour of a class.
 */
export async function loadPalette(
  path: string,
  classes: readonly SegmentationClass[] = CITYSCAPES_CLASSES,
): Promise<Palette> {
  return (await readPalette(path))(classes);
}

/**
 * Reads a palette file before it is known what the classes are, and gives what makes a palette of
 * them; that throws an InputError as {@link loadPalette} does.
 *
 * @throws {InputError} If the file cannot be read.
 */
export async function readPalette(
  path: string,
): Promise<(classes: readonly SegmentationClass[]) => Palette> {
  const fail = (error: unknown) =>
    new InputError(`Cannot read palette "${path}": ${describe(error)}`, { input: path }, {
      cause: error,
    });
  const text = await Deno.readTextFile(path).catch((error) => {
    throw fail(error);
  });
  return (classes) => {
    try {
      return parsePalette(text, classes);
    } catch (error) {
      throw fail(error);
    }
  };
}

/**
 * A palette from the text of a palette file; its forms are at the top of this module.
 *
 * @throws {RangeError} If a class is not known, or there are more colours than classes.
 * @throws {SyntaxError} If the JSON, a line or a colour is malformed, or nothing is there.
 */
export function parsePalette(
  text: string,
  classes: readonly SegmentationClass[] = CITYSCAPES_CLASSES,
): Palette {
  const entries = /^\s*[{[]/.test(text) ? parseJsonEntries(text) : parseTextEntries(text);
  if (entries.length === 0) {
    throw new SyntaxError('it is empty. Write a class a line, as in "road 128 64 128".');
  }
  const colours = [...defaultPalette(classes)];
  for (const { key, colour } of entries) {
    if (typeof key === "number" && key >= classes.length) {
      throw new RangeError(
        `it lists more colours than there are classes (${classes.length}). Remove the last ones.`,
      );
    }
    const ids = typeof key === "number" ? [key] : findClassIds(key, classes);
    const rgb = parseColour(colour, typeof key === "number" ? classes[key]!.name : key);
    for (const id of ids) colours[id] = rgb;
  }
  return colours;
}

function parseJsonEntries(text: string): Entry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`it is not valid JSON (${(error as Error).message}). Mend the file.`);
  }
  if (!Array.isArray(json)) {
    return Object.entries(json as object).map(([key, colour]) => ({ key, colour }));
  }
  return json.map((colour, key) => ({ key, colour })).filter(({ colour }) => colour !== null);
}

const TEXT_COLOUR = /(?:^|[\s,;:=])(#[\da-f]{6}|\d+[\s,]+\d+[\s,]+\d+)$/i;

function parseTextEntries(text: string): Entry[] {
  const entries: Entry[] = [];
  let position = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || /^(#\s|#$|\/\/)/.test(line)) continue;
    const found = TEXT_COLOUR.exec(line);
    if (!found) {
      throw new SyntaxError(
        `line ${index + 1} (${JSON.stringify(line.slice(0, 40))}) is not "name red green blue".`,
      );
    }
    const name = line.slice(0, found.index).replace(/[\s,;:=]+$/, "");
    const written = found[1]!;
    const colour = written.startsWith("#") ? written : written.split(/[\s,]+/).map(Number);
    entries.push({ key: name === "" ? position++ : name, colour });
  }
  return entries;
}

function parseColour(value: unknown, name: string): Rgb {
  if (typeof value === "string" && /^#[\da-f]{6}$/i.test(value.trim())) {
    const code = parseInt(value.trim().slice(1), 16);
    return [code >> 16, code >> 8 & 255, code & 255];
  }
  const isByte = (part: unknown) =>
    Number.isInteger(part) && Number(part) >= 0 && Number(part) < 256;
  if (Array.isArray(value) && value.length === 3 && value.every(isByte)) {
    return [value[0], value[1], value[2]];
  }
  throw new SyntaxError(
    `${JSON.stringify(value)} is no colour for "${name}". Write "#rrggbb" or [red, green, blue], ` +
      "each 0-255.",
  );
}

function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such file. Name a JSON or text file of colours.";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory. Name a file in it.";
  return (error as Error).message;
}
