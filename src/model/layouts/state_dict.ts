import { ModelError } from "../../errors.ts";
import type { Checkpoint, NamedTensor } from "../checkpoint/checkpoint.ts";
import type { Layout } from "./layout.ts";
import { MMSEGMENTATION_LAYOUT } from "./mmsegmentation.ts";
import { PUBLIC_LAYOUT } from "./public.ts";

/** Every layout that can be imported. */
export const LAYOUTS: readonly Layout[] = [PUBLIC_LAYOUT, MMSEGMENTATION_LAYOUT];

/** The tensors of one Fast-SCNN within a checkpoint. */
export interface StateDict {
  /** How they are named. */
  readonly layout: Layout;
  /** By their names in the public layout. */
  readonly tensors: ReadonlyMap<string, NamedTensor["tensor"]>;
}

/** Counts steps of training; nothing that runs uses it. */
const COUNTER = /\.num_batches_tracked$/;

/**
 * Finds Fast-SCNN in a checkpoint, whatever dicts it is wrapped in and whatever prefix its names have
 * (`state_dict`, `model`, `module.` …): the tensors that stand beside a layout's signature. Of several
 * networks the first in the file is taken, which is the one that was trained; an average of its
 * weights (`ema`) is taken where it is the only one.
 *
 * @param layout The only layout to look for.
 * @throws {ModelError} If there is none.
 */
export function findStateDict(checkpoint: Checkpoint, model: string, layout?: Layout): StateDict {
  const all = [...checkpoint.tensors()];
  for (const candidate of layout === undefined ? LAYOUTS : [layout]) {
    const paths = all.map(({ path }) => path).filter((path) => endsWith(path, candidate.signature));
    const [first] = paths.filter((path) => !/(^|[._])ema[._]/i.test(path)).concat(paths);
    if (first === undefined) continue;
    const prefix = first.slice(0, -candidate.signature.length);
    const tensors = new Map<string, NamedTensor["tensor"]>();
    for (const { path, tensor } of all) {
      if (!path.startsWith(prefix) || COUNTER.test(path)) continue;
      const name = candidate.rename(path.slice(prefix.length));
      if (name !== undefined) tensors.set(name, tensor);
    }
    return { layout: candidate, tensors };
  }
  throw unknownLayout(model, all, layout);
}

function endsWith(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

function unknownLayout(model: string, all: readonly NamedTensor[], layout?: Layout): ModelError {
  const first = all[0]?.path;
  const state = first === undefined
    ? "it holds no tensor"
    : `its ${all.length} tensors, from ${JSON.stringify(first)} on, are not named as ` +
      `${layout === undefined ? "Fast-SCNN's" : `the layout ${layout.name}'s`}`;
  const signatures = LAYOUTS.map((each) => `${each.name} ("${each.signature}")`).join(" and ");
  return new ModelError(
    `Cannot import "${model}": ${state}. The layouts are ${signatures}.`,
    { model, expected: signatures, actual: first ?? "no tensor" },
  );
}
