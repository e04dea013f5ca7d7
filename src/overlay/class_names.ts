/** Classes by what a person calls them. */
import type { SegmentationClass } from "../frame/classes.ts";

/**
 * The ids that a word stands for: a class's name, a category (all its classes) or a class id.
 *
 * Letters' case does not matter, and spaces, hyphens and underscores are the same:
 * `traffic-light`, `Traffic Light` and `traffic_light` are one class.
 *
 * @throws {RangeError} If it is none of these; the message suggests the nearest name.
 */
export function findClassIds(word: string, classes: readonly SegmentationClass[]): number[] {
  const wanted = canonicalName(word);
  const named = classes.findIndex((each) => canonicalName(each.name) === wanted);
  if (named >= 0) return [named];

  const members = classes.flatMap((each, id) => canonicalName(each.category) === wanted ? id : []);
  if (members.length > 0) return members;

  if (/^\d+$/.test(wanted) && Number(wanted) < classes.length) return [Number(wanted)];
  throw new RangeError(describeUnknown(word, wanted, classes));
}

function canonicalName(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[\s_-]+/g, " ");
}

function describeUnknown(
  word: string,
  wanted: string,
  classes: readonly SegmentationClass[],
): string {
  const problem = `"${word.trim()}" is no class, category or class id below ${classes.length}`;
  const names = classes.map((each) => each.name);
  const categories = classes.map((each) => each.category);
  const known = [...new Set([...names, ...categories])];
  const distances = known.map((name) => editDistance(wanted, canonicalName(name)));
  const least = Math.min(...distances);
  // Further than a quarter of the word away, a suggestion is a guess; the list serves better.
  if (least <= Math.max(1, wanted.length / 4)) {
    return `${problem}; did you mean "${known[distances.indexOf(least)]}"?`;
  }
  return `${problem}; choose from ${known.join(", ")}.`;
}

/**
 * How many insertions, deletions, substitutions and swaps of neighbours lead from one word to the
 * other (Damerau-Levenshtein, optimal string alignment).
 */
function editDistance(from: string, to: string): number {
  const first = Array.from({ length: to.length + 1 }, (_, column) => column);
  const rows = [first];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const above = rows[i - 1]!;
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(
        above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1),
        above[j]! + 1,
        row[j - 1]! + 1,
        isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity,
      ));
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
