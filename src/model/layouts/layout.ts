import type { PickleValue } from "../checkpoint/pickle_reader.ts";
import type { FastScnnTraits } from "../fast_scnn.ts";
import type { Tensors } from "../tensor.ts";

/** How one family of checkpoints names the tensors of Fast-SCNN, and what it was trained with. */
export interface Layout {
  /** As `--layout` takes it. */
  readonly name: string;
  /** A tensor that every checkpoint of this layout has, and none of another. */
  readonly signature: string;
  /** The tensor's name in the public layout; undefined for what Fast-SCNN does not run. */
  rename(name: string): string | undefined;
  /** What the layout implies. */
  readonly traits: Omit<FastScnnTraits, "classes">;
  /**
   * Why the renamed tensors are another network after all; undefined if they are not.
   */
  objection?(weights: Tensors): string | undefined;
  /** Names and colours of the classes, where the checkpoint tells them. */
  classList?(root: PickleValue): unknown;
}

/** A value within dicts, by the keys that lead to it. */
export function valueAt(root: PickleValue, ...keys: readonly string[]): PickleValue | undefined {
  let value: PickleValue | undefined = root;
  for (const key of keys) value = value instanceof Map ? value.get(key) : undefined;
  return value;
}
