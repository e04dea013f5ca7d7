/** What `--when` asks for: `person>2%`, `road<10% for 5s`, `vehicle > 15%, sky<1%`. */
import type { SegmentationClass } from "../frame/classes.ts";
import { parseDuration } from "../frame/duration.ts";
import { findClassIds } from "../overlay/class_names.ts";

/** A bound on how much of the picture some classes take. */
export interface Condition {
  /** As it was written, spaces tidied: "person>2% for 1s". */
  readonly text: string;
  /** The classes whose shares are added up. */
  readonly classIds: readonly number[];
  /** The side of the threshold on which the condition holds. */
  readonly holds: "above" | "below";
  /** A share, 0 to 1. */
  readonly threshold: number;
  /** How far back over the threshold the share must go for the condition to end; a share. */
  readonly hysteresis: number;
  /** How long a crossing must last to count, in milliseconds; 0 if one frame is enough. */
  readonly forMs: number;
}

/** How conditions are read. */
export interface ConditionOptions {
  /** As a part of the threshold; 0.2 by default, so that `person>2%` ends at 1.6%. */
  readonly hysteresis?: number;
}

const FORM = /^(.+?)\s*([<>])\s*(\d+(?:\.\d+)?)\s*%(?:\s+for\s+(\S.*))?$/i;
const HYSTERESIS = 0.2;

/**
 * Reads one condition: a class, a category or a class id, `>` or `<`, a number with `%`, and
 * perhaps `for` and a duration.
 *
 * @throws {RangeError} If it is not of that form; the message names what is wrong.
 */
export function parseCondition(
  text: string,
  classes: readonly SegmentationClass[],
  options: ConditionOptions = {},
): Condition {
  const fail = (state: string) => new RangeError(`Cannot watch ${JSON.stringify(text)}: ${state}`);
  const [, word, sign, percent, duration] = FORM.exec(text.trim()) ?? [];
  if (word === undefined) {
    throw fail(
      'write a class, > or <, and a share with %, as in "person>2%" or "road<10% for 5s".',
    );
  }
  const holds = sign === ">" ? "above" : "below";
  const threshold = Number(percent) / 100;
  if (holds === "above" ? threshold >= 1 : threshold <= 0 || threshold > 1) {
    throw fail(`no share is ever ${holds} ${percent}%.`);
  }
  try {
    return {
      text: text.trim().replaceAll(/\s+/g, " ").replace(/ ?([<>]) ?([\d.]+) ?%/, "$1$2%"),
      classIds: findClassIds(word, classes),
      holds,
      threshold,
      hysteresis: threshold * (options.hysteresis ?? HYSTERESIS),
      forMs: duration === undefined ? 0 : parseDuration(duration),
    };
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause));
  }
}

/**
 * Reads several: comma-separated, in a list, or both.
 *
 * @throws {RangeError} If there is none, or one of them is not valid.
 */
export function parseConditions(
  list: string | readonly string[],
  classes: readonly SegmentationClass[],
  options: ConditionOptions = {},
): readonly Condition[] {
  const texts = [list].flat().flatMap((text) => text.split(",")).filter((text) => text.trim());
  if (texts.length === 0) {
    throw new RangeError('Cannot watch for nothing: name a condition, as in "person>2%".');
  }
  return texts.map((text) => parseCondition(text, classes, options));
}
