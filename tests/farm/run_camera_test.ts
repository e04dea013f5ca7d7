import assert from "node:assert/strict";
import { cameraRunner } from "../../src/farm/run_camera.ts";
import { probeFile } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

Deno.test("cameraRunner() records a camera into a folder of its own making", async () => {
  await using folder = await temporaryDirectory();
  const lines: string[] = [];
  const run = cameraRunner({ provider: "cpu", threads: 1, log: (line) => lines.push(line) });
  const camera = {
    name: "north gate",
    url: "street:size=64x48,seconds=2",
    output: folder.join("recordings"),
    segment: { resolution: { width: 64, height: 32 }, precision: "fp32" },
  } as const;
  await run(camera, new AbortController().signal);
  const names = [...Deno.readDirSync(camera.output)].map(({ name }) => name);
  assert.equal(names.length, 1, names.join());
  assert.match(names[0]!, /^north_gate-\d{8}-\d{6}\.mp4$/);
  const [video] = (await probeFile(`${camera.output}/${names[0]}`)).streams;
  assert.ok(Number(video!.nb_read_frames) > 0);
  assert.match(lines[0]!, /^Camera north gate: connected/);
});
