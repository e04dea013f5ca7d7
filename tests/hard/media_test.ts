/** A sample of the corpus that `deno task corpus` runs whole. */
import assert from "node:assert/strict";
import { temporaryDirectory } from "../testing/temporary.ts";
import { makeClips } from "./corpus/clips.ts";
import { DAMAGES } from "./corpus/damage.ts";
import { listVariants, tryVariant } from "./corpus/variants.ts";

/** Every damage of every container once, and four cases more. */
const COUNT = 24;

/** Other cases than those of the command's default. */
const SEED = 2;

Deno.test(`segstream gives what ffmpeg decodes or refuses in one line, for ${COUNT} damaged files`, async () => {
  await using folder = await temporaryDirectory();
  const clips = await makeClips(folder.path);
  assert.ok(COUNT >= clips.length * DAMAGES.length);
  const verdicts = new Set<string>();
  for (const variant of listVariants(clips, COUNT, SEED)) {
    const { outcome, description } = await tryVariant(folder.path, variant);
    const what = `case ${variant.number}, ${variant.clip.name}, ${variant.damage}: ${description}`;
    assert.match(outcome.verdict, /^survived$|^refused clearly$/, `${what}: ${outcome.reason}`);
    verdicts.add(outcome.verdict);
  }
  assert.equal(verdicts.size, 2, "some files survive and some are beyond help");
});
