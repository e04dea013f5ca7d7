/** The networks that a camera runs on: one, or one a level for the governor to step between. */
import type { Colour } from "../frame/colour.ts";
import { formatSize, type Size } from "../frame/geometry.ts";
import type { Int8Maker } from "../infer/precision.ts";
import { type AnyModel, networkFor } from "../model/any_model.ts";
import type { Network } from "../model/network.ts";
import { LONGER_SIDE, type Resolution } from "../model/resolution.ts";

/** From the largest down. */
const NAMED = ["full", "half", "quarter"] as const;

/** What networks are made for. */
export interface NetworkPlan {
  readonly model: AnyModel;
  /** Where the CPU runs them in 8 bits. */
  readonly makeInt8: Int8Maker | undefined;
  readonly source: Size;
  readonly colour: Colour;
  /** The largest that may run. */
  readonly resolution: Resolution;
  /** Whether smaller ones may take its place. */
  readonly isGoverned: boolean;
}

/**
 * The networks by level, the largest first. Levels that come to the same input size, as with a
 * custom network of a fixed size or a camera smaller than the level, are one.
 *
 * @throws {ModelError} If a tensor is missing or has another shape.
 */
export async function networksOf(plan: NetworkPlan): Promise<readonly Network[]> {
  const { model, makeInt8, source, colour } = plan;
  const networks: Network[] = [];
  for (const resolution of resolutionsOf(plan)) {
    const target = { source, resolution, colour };
    const network = await makeInt8?.(target) ?? networkFor(model, target);
    const before = networks.at(-1);
    if (before && formatSize(before.inputSize) === formatSize(network.inputSize)) continue;
    networks.push(network);
  }
  return networks;
}

function resolutionsOf({ resolution, isGoverned }: NetworkPlan): readonly Resolution[] {
  if (!isGoverned) return [resolution];
  if (typeof resolution === "string") return NAMED.slice(NAMED.indexOf(resolution));
  const longer = Math.max(resolution.width, resolution.height);
  return [resolution, ...NAMED.filter((name) => LONGER_SIDE[name] < longer)];
}
