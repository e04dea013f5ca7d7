/** A sample of the corpus that `deno task corpus` runs whole. */
import assert from "node:assert/strict";
import { makeClip } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { makeClips } from "./corpus/clips.ts";
import { DAMAGES } from "./corpus/damage.ts";
import { decodableTimes } from "./corpus/reference.ts";
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

Deno.test("segstream keeps every frame of a video whose sound is broken, and says so", async () => {
  await using folder = await temporaryDirectory();
  const clip = folder.join("in.mkv");
  await makeClip(clip, { size: "64x32", frames: 5, audio: true, args: ["-c:a", "libvorbis"] });
  const bytes = await Deno.readFile(clip);
  // Vorbis I, section 4.2.1: the setup header begins with 5 and "vorbis"; a decoder refuses zeros.
  const setup = new TextDecoder("latin1").decode(bytes).indexOf("\u0005vorbis");
  assert.ok(setup > 0);
  await Deno.writeFile(clip, bytes.fill(0, setup, setup + 32));
  const output = folder.join("out.mkv");
  const small = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu"];
  const { code, stderr } = await runSegstream([clip, "-o", output, ...small]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^note: The sound /m);
  assert.deepEqual(await decodableTimes(output), await decodableTimes(clip));
  assert.equal((await decodableTimes(clip)).length, 5);
});
