import { CITYSCAPES_CLASSES, type SegmentationClass } from "../frame/classes.ts";
import { findClassIds } from "./class_names.ts";

/** Which classes the overlay shows: what `--classes` and `--hide` say. */
export interface ClassFilter {
  /** Only these: class names, categories or ids, comma-separated or as a list. All when absent. */
  readonly show?: string | readonly string[];
  /** But not these, in the same form. */
  readonly hide?: string | readonly string[];
}

/**
 * The ids of the classes to show.
 *
 * @example
 * ```ts
 * import { visibleClasses } from "@segstream/segstream";
 *
 * visibleClasses({ show: "human,vehicle", hide: "train" });
 * ```
 * @throws {RangeError} If a word is no class, category or id, or a list is empty.
 */
export function visibleClasses(
  filter: ClassFilter,
  classes: readonly SegmentationClass[] = CITYSCAPES_CLASSES,
): ReadonlySet<number> {
  const shown = filter.show === undefined
    ? classes.keys()
    : resolveWords("show", filter.show, classes);
  const ids = new Set(shown);
  if (filter.hide !== undefined) {
    for (const id of resolveWords("hide", filter.hide, classes)) ids.delete(id);
  }
  return ids;
}

function resolveWords(
  action: "show" | "hide",
  list: string | readonly string[],
  classes: readonly SegmentationClass[],
): number[] {
  const words = (typeof list === "string" ? list.split(",") : list).filter((word) => word.trim());
  if (words.length === 0) {
    throw new RangeError(`Cannot ${action} classes: the list is empty. Name some, as in road,car.`);
  }
  return words.flatMap((word) => {
    try {
      return findClassIds(word, classes);
    } catch (error) {
      throw new RangeError(`Cannot ${action} classes: ${(error as Error).message}`);
    }
  });
}
