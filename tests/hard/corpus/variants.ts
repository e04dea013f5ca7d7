/** The generated cases: every container with every damage, in turn. */
import { join } from "node:path";
import type { Clip } from "./clips.ts";
import { type Damage, damage, DAMAGES } from "./damage.ts";
import { type Outcome, tryFile } from "./trial.ts";

/** A case, which its number and the seed define. */
export interface Variant {
  readonly number: number;
  readonly clip: Clip;
  readonly damage: Damage;
  readonly seed: number;
}

/** The first `count` cases of a seed. */
export function listVariants(clips: readonly Clip[], count: number, seed: number): Variant[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    clip: clips[number % clips.length]!,
    damage: DAMAGES[Math.floor(number / clips.length) % DAMAGES.length]!,
    seed: seed * 1_000_003 + number,
  }));
}

/** How a case went. */
export interface VariantResult {
  readonly variant: Variant;
  readonly outcome: Outcome;
  /** Where and how the file was damaged. */
  readonly description: string;
}

/** Makes the damaged file in a folder of its own, tries it, and removes the folder. */
export async function tryVariant(parent: string, variant: Variant): Promise<VariantResult> {
  const { number, clip, seed } = variant;
  const folder = join(parent, `case${number}`);
  await Deno.mkdir(folder);
  const { bytes, description } = damage(clip.bytes, variant.damage, seed);
  const input = `in${clip.extension}`;
  await Deno.writeFile(join(folder, input), bytes);
  const outcome = await tryFile(folder, input, clip.extension);
  await Deno.remove(folder, { recursive: true });
  return { variant, outcome, description };
}
