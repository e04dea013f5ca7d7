/** Several cameras in one run. */
import assert from "node:assert/strict";
import { openWatch } from "../../mod.ts";
import type { FeedStatus } from "../../src/report/feed.ts";
import { QUICK, startLive } from "../testing/live_run.ts";
import { frameTimes, probeFile } from "../testing/media.ts";
import { median } from "../testing/median.ts";
import { rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const SOURCE = { width: 320, height: 180, fps: 10 };

function droppedOf({ dropped }: FeedStatus): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

Deno.test({
  ...rtspServerTest("a fast camera cannot starve a slow one"),
  async fn() {
    await using fast = await startRtspServer({ source: { ...SOURCE, fps: 60 } });
    await using slow = await startRtspServer({ source: { ...SOURCE, fps: 2 } });
    // On an idle core the network takes 2 ms of such a frame: the workers give 10 a second in all, and
    // on cores that are four times as fast still not 42, the 0.7 of the cameras' frames below.
    const shared = { resolution: "quarter", slowdown: 100 } as const;
    await using watch = await openWatch([
      { ...shared, name: "fast", input: fast.url },
      { ...shared, name: "slow", input: slow.url },
    ], { provider: "cpu", workers: 2 });
    const end = new AbortController();
    const [hare, tortoise] = watch.cameras;
    const workMs: number[] = [];
    const waitMs: number[] = [];
    hare!.onFrame(({ prepareMs, inferMs }) => workMs.push(prepareMs + inferMs));
    tortoise!.onFrame((timing) => {
      waitMs.push(timing.waitMs);
      if (waitMs.length >= 12 && workMs.length >= 12) end.abort();
    });
    for (const { status } of await watch.run(end.signal)) {
      assert.equal(status.framesIn, status.framesOut + droppedOf(status));
    }
    assert.ok(droppedOf(hare!.status) > 0.3 * hare!.status.framesIn);
    // However many frames of the fast one there are: a slow one's waits until a worker is through
    // with one of them.
    assert.ok(median(waitMs) < 1.5 * median(workMs), `${waitMs} ms beside ${workMs}`);
  },
});

Deno.test({
  ...rtspServerTest("a camera that is given up leaves the others running, and is on their page"),
  async fn() {
    await using gate = await startRtspServer({ source: SOURCE, path: "/gate" });
    await using yard = await startRtspServer({ source: SOURCE, path: "/yard" });
    await using run = await startLive([gate.url, yard.url, ...QUICK, "--max-reconnects", "1"]);
    for (const name of ["gate", "yard"]) {
      await run.until("frames come", ({ framesOut }) => framesOut > 5, { name });
    }
    await gate.stop();
    await run.until("it is given up", ({ state }) => state === "ended", { name: "gate" });
    await run.command.stderrMatches(/gate gave up: nothing answers at that address and port/);
    const { framesOut } = await run.status("yard");
    await run.until("frames go on", (now) => now.framesOut > framesOut + 10, { name: "yard" });

    const page = await (await run.get("/")).text();
    for (const name of ["gate", "yard"]) assert.match(page, new RegExp(`href="/feeds/${name}"`));
    assert.equal((await run.get("/feeds/gate")).status, 200);
    const health = await run.get("/healthz");
    assert.equal(health.status, 200, "one of them is well");
    assert.match(await health.text(), /"gate","state":"ended"/);
    assert.equal(await run.metric('segstream_state{stream="gate",state="ended"}'), 1);
    assert.equal(await run.metric('segstream_state{stream="yard",state="live"}'), 1);

    const { code, stderr } = await run.stop();
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^gate: \d+ frames in, .*\nsegstream: gate: Cannot go on with .*nothing answers/m,
    );
    assert.match(stderr, /^yard: \d+ frames in, \d+ out/m);
  },
});

Deno.test({
  ...rtspServerTest("--config gives each camera settings and outputs of its own"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({ source: SOURCE });
    const [gate, events] = [directory.join("gate.mp4"), directory.join("events.ndjson")];
    const config = directory.join("cameras.json");
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        resolution: "quarter",
        legend: true,
        events,
        cameras: [
          { name: "gate", input: server.url, record: gate },
          { name: "yard", input: "street:size=128x64,fps=5,seconds=3600", when: ["road>1%"] },
        ],
      }),
    );
    await using run = await startLive(["--config", config, "--provider", "cpu", "--hide", "sky"]);
    for (const name of ["gate", "yard"]) {
      const { modelSize } = await run.until("frames go out", ({ framesOut }) => framesOut > 10, {
        name,
      });
      assert.equal(modelSize!.width, name === "gate" ? 320 : 128);
    }
    const { feeds } = await (await run.get("/feeds.json")).json();
    for (const { view } of feeds) {
      assert.ok(view.legend);
      assert.ok(!view.visible.includes(10), "the command line's --hide sky");
    }
    const { code, stderr } = await run.stop();
    assert.equal(code, 0, stderr);
    const { streams } = await probeFile(gate);
    assert.deepEqual([streams[0]!.width, streams[0]!.height], [320, 180]);
    assert.ok((await frameTimes(gate)).length > 10);
    const lines = (await Deno.readTextFile(events)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    const kinds = (stream: string) =>
      new Set(lines.filter((line) => line.stream === stream).map(({ kind }) => kind));
    assert.ok(kinds("gate").has("frame"));
    assert.ok(kinds("yard").has("crossed") && !kinds("yard").has("frame"));
  },
});
