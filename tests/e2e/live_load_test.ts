/** Cameras that send more than the network can take. */
import assert from "node:assert/strict";
import { type CameraOptions, openWatch, type WatchResult } from "../../mod.ts";
import type { StreamEvent } from "../../src/frame/stream_event.ts";
import type { FrameTiming } from "../../src/frame/timing.ts";
import { median } from "../testing/median.ts";
import { rtspServerTest, type RtspSource, startRtspServer } from "../testing/rtsp_server.ts";

/** What was seen of a camera. */
interface Film {
  readonly timings: readonly FrameTiming[];
  readonly events: readonly StreamEvent[];
  readonly result: WatchResult;
}

/** Films a camera, on two workers, until it is enough. */
async function film(
  source: RtspSource,
  options: Omit<CameraOptions, "name" | "input">,
  isEnough: (film: Omit<Film, "result">) => boolean,
): Promise<Film> {
  await using server = await startRtspServer({ source });
  const timings: FrameTiming[] = [];
  const events: StreamEvent[] = [];
  await using watch = await openWatch([{ ...options, name: "cam", input: server.url }], {
    ...{ provider: "cpu", workers: 2 },
    onEvent: (_, event) => events.push(event),
  });
  const end = new AbortController();
  watch.cameras[0]!.onFrame((timing) => {
    timings.push(timing);
    if (isEnough({ timings, events })) end.abort();
  });
  const [result] = await watch.run(end.signal);
  if (result!.error) throw result!.error;
  return { timings, events, result: result! };
}

for (const drop of ["oldest", "newest"] as const) {
  Deno.test({
    ...rtspServerTest(
      `a network that is far too slow costs frames, each counted, and no more (${drop})`,
    ),
    async fn() {
      // On an idle core the network takes 2 ms of such a frame: two workers give 10 of the 50, and on
      // cores that are three times as fast still not 40.
      const { timings, result: { status } } = await film(
        { width: 320, height: 180, fps: 50 },
        { resolution: "quarter", slowdown: 100, drop },
        ({ timings }) => timings.length >= 45,
      );
      const { framesIn, framesOut, dropped } = status;
      const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      assert.equal(framesIn, framesOut + drops);
      assert.ok(dropped[drop]! > 0.2 * framesIn, JSON.stringify(dropped));
      // Only one frame waits, so that its turn comes when a worker is through with one before it.
      const served = median(timings.map(({ prepareMs, inferMs }) => prepareMs + inferMs));
      const waited = median(timings.slice(20).map(({ waitMs }) => waitMs));
      assert.ok(waited < served, `${waited} ms waited for ${served} ms of work`);
      // And nothing grows: a frame waits less than its work takes, is worked on, and waits for one before
      // it. In a queue of all that comes the last ones would take ten times as long.
      const late = timings.slice(-15);
      const latencyMs = median(late.map(({ latencyMs }) => latencyMs));
      const workMs = median(late.map(({ prepareMs, inferMs }) => prepareMs + inferMs));
      assert.ok(latencyMs < 4 * workMs, `${latencyMs} ms for ${workMs} ms of work`);
    },
  });
}

Deno.test({
  ...rtspServerTest("a governed camera steps its network down when it is late, and says so"),
  async fn() {
    const { events, timings, result: { status } } = await film(
      { width: 640, height: 320, fps: 10 },
      // Neither size of the network can meet it: it ends at the smallest.
      { resolution: "half", slowdown: 10, target: { latencyMs: 10 }, look: { hud: true } },
      ({ events, timings }) => events.at(-1)?.kind === "stepped" && timings.length >= 10,
    );
    const { from, to, reason } = events.find(({ kind }) => kind === "stepped") as Extract<
      StreamEvent,
      { kind: "stepped" }
    >;
    assert.deepEqual([from, to], [{ width: 640, height: 320 }, { width: 512, height: 256 }]);
    assert.match(reason, /^a latency of \d+ ms where 10 are wanted$/);
    assert.deepEqual(status.modelSize, to);
    assert.ok(timings.length < 150, "it took 15 s to see that");
  },
});
