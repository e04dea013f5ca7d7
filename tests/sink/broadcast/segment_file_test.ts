import assert from "node:assert/strict";
import { findFfmpeg } from "../../../src/ffmpeg/binary.ts";
import { SegmentFile } from "../../../src/sink/broadcast/segment_file.ts";
import { ffmpeg } from "../../testing/media.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import { frameTimes, namesIn, sizeOf } from "../synthetic.ts";

Deno.test("SegmentFile.close() leaves what a killed recorder wrote, when an abort stops its closing", async () => {
  await using folder = await temporaryDirectory();
  const stop = new AbortController();
  let starts = 0;
  const binary = await findFfmpeg();
  const file = new SegmentFile(folder.join("out.mp4"), {
    binary: {
      ...binary,
      get path() {
        // The second one is started to give the segment its final form.
        if (++starts === 2) stop.abort();
        return binary.path;
      },
    },
    frameRate: { numerator: 25, denominator: 1 },
    taken: new Set(),
    signal: stop.signal,
    onWorking() {},
  });
  file.copy.send(
    await ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-frames:v", "50"],
      ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10"],
      ...["-f", "mpegts", "-"],
    ]),
  );
  const partial = folder.join("out.partial.mp4");
  while (await sizeOf(partial) < 10_000);
  await file.copy.kill("it was killed");
  const { path, reason } = await file.close();
  assert.deepEqual([path, reason, starts], [undefined, "it was killed", 2]);
  assert.deepEqual(await namesIn(folder.path), ["out.partial.mp4"]);
  assert((await frameTimes(partial)).length > 0);
});
