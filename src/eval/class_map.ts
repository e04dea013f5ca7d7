import { InputError } from "../errors.ts";
import type { SegmentationClass } from "../frame/classes.ts";
import type { DatasetClass } from "./layout.ts";

/** Which of a dataset's classes each class of a network counts as. */
export interface ClassMap {
  /** By the network's class id; the number of the dataset's classes where it counts as none. */
  readonly classOf: Uint8Array<ArrayBuffer>;
  /** The dataset's classes that the network cannot name: each is missed wherever it occurs. */
  readonly missing: readonly string[];
}

/**
 * Maps a network's classes to a dataset's by their names.
 *
 * @throws {InputError} If they have no class in common.
 */
export function mapClasses(
  network: readonly SegmentationClass[],
  dataset: readonly DatasetClass[],
): ClassMap {
  const none = dataset.length;
  const targets = network.map(({ name }) =>
    dataset.findIndex(({ includes }) => includes.includes(name.toLowerCase()))
  );
  const missing = dataset.filter((_, id) => !targets.includes(id)).map(({ name }) => name);
  if (missing.length === none) {
    const names = (classes: readonly SegmentationClass[]) =>
      classes.map(({ name }) => name).join(", ");
    throw new InputError(
      `Cannot evaluate: the network's classes (${names(network)}) and the dataset's ` +
        `(${names(dataset)}) have none in common. Name another --model or dataset.`,
      { input: names(dataset) },
    );
  }
  return { classOf: Uint8Array.from(targets, (id) => id < 0 ? none : id), missing };
}
