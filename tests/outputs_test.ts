import assert from "node:assert/strict";
import { OutputError } from "../src/errors.ts";
import { findFfmpeg } from "../src/ffmpeg/binary.ts";
import { frameTiming } from "../src/frame/timing.ts";
import { type OutputPaths, Outputs } from "../src/outputs.ts";
import { namesIn, streamInfo, syntheticFrame } from "./sink/synthetic.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./testing/temporary.ts";

const TIMES_US = [0, 40_000, 80_000, 120_000];

/** A video, masks and statistics, or other outputs, with a few frames in them. */
async function openWritten(folder: TemporaryDirectory, paths?: OutputPaths): Promise<Outputs> {
  const stream = streamInfo();
  const outputs = await Outputs.open(
    paths ?? {
      video: folder.join("out.mp4"),
      masks: folder.join("masks.mkv"),
      stats: folder.join("out.jsonl"),
    },
    {
      ffmpeg: await findFfmpeg(),
      stream,
      startUs: () => 0,
      outputSize: stream.size,
      probe: undefined,
      startedAtMs: 0,
    },
    {},
  );
  for (const [index, timeUs] of TIMES_US.entries()) {
    const frame = syntheticFrame(index, timeUs);
    await outputs.write(frame);
    await outputs.log(frameTiming(frame.header), frame.header);
  }
  return outputs;
}

const COMPLETE = ["masks.mkv", "out.jsonl", "out.mp4"];
const PARTIAL = ["masks.partial.mkv", "out.partial.jsonl", "out.partial.mp4"];

for (
  const { outcome, names } of [
    { outcome: "complete", names: COMPLETE },
    { outcome: "interrupted", names: PARTIAL },
  ] as const
) {
  Deno.test(`Outputs.close() leaves every output ${outcome}, and a late abort() keeps them`, async () => {
    await using folder = await temporaryDirectory();
    const outputs = await openWritten(folder);
    const { paths } = await outputs.close(outcome);
    await outputs.abort();
    assert.deepEqual(await namesIn(folder.path), names);
    assert.deepEqual(Object.values(paths).filter((path) => path !== undefined).sort(), [
      ...names.map((name) => folder.join(name)),
    ]);
  });
}

Deno.test("Outputs.abort() leaves all or nothing, whenever it comes while they are closed", async () => {
  for (let afterMs = 0; afterMs < 200; afterMs += 20) {
    await using folder = await temporaryDirectory();
    const outputs = await openWritten(folder);
    const closing = outputs.close("interrupted").then(() => PARTIAL, () => []);
    await new Promise((resolve) => setTimeout(resolve, afterMs)); // the moment is what is tried
    await outputs.abort();
    assert.deepEqual(await namesIn(folder.path), await closing, `after ${afterMs} ms`);
  }
});

Deno.test("Outputs.close() rejects when abort() comes in the middle, with no sink to say so", async () => {
  await using folder = await temporaryDirectory();
  const outputs = await openWritten(folder, { stats: folder.join("out.jsonl") });
  const closing = outputs.close("interrupted"); // it writes the last records now
  const refused = assert.rejects(closing, OutputError);
  await outputs.abort();
  await refused;
  assert.deepEqual(await namesIn(folder.path), []);
});
