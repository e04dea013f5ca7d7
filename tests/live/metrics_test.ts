import assert from "node:assert/strict";
import { FakeFeed } from "./fake_feed.ts";
import { serveFakes } from "./serve_fakes.ts";

Deno.test("/metrics tells every count of every stream, and the time each stage took", async () => {
  const feeds = [new FakeFeed("front"), new FakeFeed('ba"ck')];
  await using server = await serveFakes(feeds);
  feeds[1]!.set({ state: "reconnecting", dropped: { slow: 3, stale: 4 } });
  // Ready at 1000, inferred over 30 ms, written 50 ms after ready.
  feeds[0]!.frame({
    reading: 990,
    ready: 1000,
    taken: 1001,
    prepared: 1003,
    inferred: 1033,
    labelled: 1036,
    blended: 1038,
    sinking: 1039,
    written: 1050,
  });
  const answer = await fetch(server.at("/metrics"));
  assert.match(answer.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split("\n");
  // The fake's own figures.
  for (
    const line of [
      'segstream_frames_in_total{stream="front"} 10431',
      'segstream_frames_out_total{stream="front"} 10402',
      'segstream_frames_held_total{stream="front"} 12',
      'segstream_frames_dropped_total{stream="front",reason="worker behind"} 27',
      'segstream_frames_dropped_total{stream="ba\\"ck",reason="stale"} 4',
      'segstream_reconnects_total{stream="front"} 1',
      'segstream_workers_replaced_total{stream="front"} 0',
      'segstream_encoders_replaced_total{stream="front"} 0',
      'segstream_ring_slots{stream="front"} 8',
      'segstream_ring_slots_in_use{stream="front"} 2',
      'segstream_viewers{stream="front"} 0',
      'segstream_fps{stream="front"} 25',
      'segstream_state{stream="front",state="live"} 1',
      'segstream_state{stream="ba\\"ck",state="reconnecting"} 1',
      'segstream_state{stream="ba\\"ck",state="live"} 0',
      'segstream_class_share{stream="front",class="road"} 0.5',
      'segstream_stage_seconds_sum{stream="front",stage="infer"} 0.03',
      'segstream_stage_seconds_bucket{le="0.02",stream="front",stage="infer"} 0',
      'segstream_stage_seconds_bucket{le="0.04",stream="front",stage="infer"} 1',
      'segstream_latency_seconds_sum{stream="front"} 0.05',
      'segstream_latency_seconds_count{stream="front"} 1',
      'segstream_latency_seconds_count{stream="ba\\"ck"} 0',
      "segstream_websockets 0",
    ]
  ) assert.ok(lines.includes(line), line);
  const rss = lines.find((line) => line.startsWith("process_resident_memory_bytes "))!;
  assert.ok(Number(rss.split(" ")[1]) > 1e6, rss);
});

Deno.test("/metrics counts anew each time it is asked, and adds nothing up twice", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const read = async () => {
    const text = await (await fetch(server.at("/metrics"))).text();
    return /segstream_frames_in_total\{.*\} (\d+)/.exec(text)![1];
  };
  assert.equal(await read(), "10431");
  assert.equal(await read(), "10431");
  feed.set({ framesIn: 10_500 });
  assert.equal(await read(), "10500");
});
