import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { nowMs } from "../../src/frame/clock.ts";
import { type BroadcastOptions, type KeyFrame, parseTarget } from "../../src/sink/broadcast.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { Collector, decodedTimes, EventLog, Feeder, openLive } from "./broadcast/live.ts";
import { childrenWith, ENCODER } from "./children.ts";
import { namesIn, syntheticFrame } from "./synthetic.ts";

const isLinux = Deno.build.os === "linux";

/** Each time is 40 ms after the one before, to the stream's 11 µs. */
function assertEven(times: readonly number[]): void {
  for (let index = 1; index < times.length; index++) {
    const step = times[index]! - times[index - 1]!;
    assert(Math.abs(step - 0.04) < 2e-5, `${times[index - 1]} then ${times[index]}`);
  }
}

for (const ffmpeg of [undefined, "ffmpeg"]) {
  const by = `by ${ffmpeg === undefined ? "the bundled" : "the system's"} ffmpeg`;

  Deno.test(`Broadcast.write() holds no picture back until the next comes, ${by}`, async () => {
    const broadcast = await openLive([], { ffmpeg });
    const viewer = new Collector();
    broadcast.subscribe(viewer);
    const feeder = new Feeder(broadcast);
    for (let count = 1; count <= 5; count++) {
      await feeder.write(1);
      await viewer.pictures(count);
    }
    await broadcast.close();
    await viewer.ended.promise;
    assertEven(await decodedTimes(viewer.pieces));
  });

  Deno.test(`Broadcast.subscribe() shows a picture at once to a viewer that comes late, ${by}`, async () => {
    const broadcast = await openLive([], { ffmpeg });
    const [early, late] = [new Collector(), new Collector()];
    broadcast.subscribe(early);
    const feeder = new Feeder(broadcast);
    await feeder.write(60);
    await early.pictures(60);
    const leave = broadcast.subscribe(late);
    await late.pictures(1); // though no other is on its way
    assert.equal(broadcast.subscribers, 2);
    await broadcast.close();
    // It began at a key frame, a whole second.
    const [first] = await decodedTimes(late.pieces);
    assert.equal(first! % 1, 0);
    leave();
    leave();
    assert.equal(broadcast.subscribers, 1);
    const times = await decodedTimes(early.pieces);
    assert.equal(times.length, 60);
    assert.equal(times[0], 0);
    assertEven(times);
  });

  Deno.test(`Broadcast.write() goes on over the end of the 33-bit clock, after 26.5 hours, ${by}`, async () => {
    const startUs = (2 ** 33 / 90_000 - 1) * 1e6;
    const broadcast = await openLive([], { ffmpeg });
    const [early, late] = [new Collector(), new Collector()];
    broadcast.subscribe(early);
    const feeder = new Feeder(broadcast, startUs);
    await feeder.write(60);
    broadcast.subscribe(late);
    await feeder.write(40);
    await broadcast.close();
    const times = await decodedTimes(early.pieces);
    assert.equal(times.length, 100);
    assertEven(times);
    assertEven(await decodedTimes(late.pieces));
  });
}

Deno.test("Broadcast.write() keeps its times after a month", async () => {
  const startUs = 30 * 86_400e6;
  const broadcast = await openLive();
  const viewer = new Collector();
  broadcast.subscribe(viewer);
  await new Feeder(broadcast, startUs).write(50);
  await broadcast.close();
  const times = await decodedTimes(viewer.pieces);
  assert.equal(times.length, 50);
  assertEven(times);
  // 27 turns of the clock: 2,592,000 s mod 2^33 / 90 kHz.
  assert(Math.abs(times[0]! - 2_592_000 % (2 ** 33 / 90_000)) < 2e-5);
});

Deno.test("Broadcast gives a key frame every second of the frames' times, however they come", async () => {
  const keys: number[] = [];
  const broadcast = await openLive();
  broadcast.subscribe({
    send: (_piece: Uint8Array, key?: KeyFrame) => key && keys.push(key.pts / 90_000),
    end() {},
  });
  // 25 a second, then 2 a second as while a camera is away, then 25 again; the last one stumbles.
  const timesMs = [
    ...Array.from({ length: 50 }, (_, index) => index * 40),
    ...Array.from({ length: 6 }, (_, index) => 2000 + index * 500),
    ...Array.from({ length: 26 }, (_, index) => 5000 + index * 40),
    6000,
  ];
  for (const [index, ms] of timesMs.entries()) {
    await broadcast.write(ms * 1000, syntheticFrame(index, 0).pixels);
  }
  await broadcast.close();
  assert.deepEqual(keys, [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(broadcast.framesLost, 0);
});

Deno.test({
  name: "Broadcast replaces an encoder that is killed, and loses no frame that was not in it",
  ignore: !isLinux,
  async fn() {
    const log = new EventLog();
    const broadcast = await openLive([], { onEvent: log.onEvent });
    const viewer = new Collector();
    broadcast.subscribe(viewer);
    const feeder = new Feeder(broadcast);
    await feeder.write(30);
    await viewer.pictures(1);
    const [encoder] = await childrenWith(ENCODER);
    Deno.kill(encoder!, "SIGKILL");
    const { reason } = await feeder.until(log.first("encoder replaced"));
    assert.match(reason, /ffmpeg was ended by SIGKILL/);
    await feeder.write(50);
    await broadcast.close();
    assert.equal(broadcast.encodersReplaced, 1);
    assert.equal(log.count("encoder replaced"), 1);
    const times = await decodedTimes(viewer.pieces);
    assert.equal(times.length + broadcast.framesLost, feeder.written);
    assert(Math.abs(times.at(-1)! - (feeder.written - 1) * 0.04) < 1e-4);
    assert(times.every((time, index) => index === 0 || time > times[index - 1]!));
  },
});

Deno.test({
  name: "Broadcast replaces an encoder that gets stuck",
  ignore: !isLinux,
  async fn() {
    const log = new EventLog();
    const broadcast = await openLive([], { onEvent: log.onEvent, stallTimeoutMs: 4000 });
    const viewer = new Collector();
    broadcast.subscribe(viewer);
    const feeder = new Feeder(broadcast);
    await feeder.write(5);
    await viewer.pictures(1);
    const [encoder] = await childrenWith(ENCODER);
    Deno.kill(encoder!, "SIGSTOP");
    const { reason } = await feeder.until(log.first("encoder replaced"));
    assert.match(reason, /stuck/);
    await feeder.write(20);
    await broadcast.close();
    const times = await decodedTimes(viewer.pieces);
    assert.equal(times.length + broadcast.framesLost, feeder.written);
    assert(Math.abs(times.at(-1)! - (feeder.written - 1) * 0.04) < 1e-4);
  },
});

Deno.test("Broadcast.write() counts frames as lost, when no encoder can be started", async () => {
  const log = new EventLog();
  const binary = { ...await findFfmpeg(), path: "/nonexistent/ffmpeg" };
  const broadcast = await openLive([], { binary, onEvent: log.onEvent });
  const startMs = nowMs();
  await new Feeder(broadcast).write(20);
  const tookMs = nowMs() - startMs;
  assert.equal(broadcast.framesLost, 20);
  // The first failure is answered at once, those after it only after half a second, less a fifth.
  const most = 2 + Math.floor(tookMs / 400);
  const attempts = log.count("encoder replaced");
  assert(attempts >= 2 && attempts <= Math.min(19, most), `${attempts} in ${tookMs} ms`);
  assert.deepEqual(await broadcast.close(), { paths: [] });
});

Deno.test("Broadcast.write() refuses a frame of another size, and everything after the end", async () => {
  const broadcast = await openLive();
  await assert.rejects(broadcast.write(0, new Uint8Array(5)), RangeError);
  await broadcast.close();
  const { pixels } = syntheticFrame(0, 0);
  await assert.rejects(broadcast.write(0, pixels), /it was closed/);
  const viewer = new Collector();
  broadcast.subscribe(viewer);
  await viewer.ended.promise;
});

Deno.test("Broadcast.open() says in one line what cannot be encoded or written", async () => {
  await using folder = await temporaryDirectory();
  await Deno.writeTextFile(folder.join("there.mp4"), "somebody's");
  await Deno.mkdir(folder.join("music"));
  await Deno.writeTextFile(folder.join("music", "song.mp3"), "");
  const out = folder.join("out.mp4");
  const cases: [string[], Partial<BroadcastOptions>, RegExp][] = [
    [[], { preset: "fastest" }, /^Cannot encode "the live stream": .*preset/],
    [[], { encoder: "libx265" }, /libx265: it gives hevc, .*H\.264/],
    [[], { encoder: "nvidia" }, /no video encoder "nvidia"/],
    [[folder.join("there.mp4")], {}, /there\.mp4": it exists/],
    [[folder.join("none", "out.mp4")], {}, /there is no directory/],
    [[folder.join("there.mp4/")], {}, /that is a file\. Name a folder/],
    [[folder.join("music/")], {}, /it holds "song\.mp3"/],
    [[folder.join("none", "hls/")], {}, /there is no directory/],
    [[out, out], {}, /out\.mp4" twice/],
  ];
  for (const [texts, options, expected] of cases) {
    const targets = texts.map((text) => parseTarget(text));
    const error = await openLive(targets, options).then(() => undefined, (error) => error);
    assert(error instanceof OutputError, `${texts}: ${error}`);
    assert.match(error.message, expected);
    assert(!error.message.includes("\n"));
  }
  await assert.rejects(openLive([], { crf: 52 }), RangeError);
  assert.deepEqual(await namesIn(folder.path), ["music", "there.mp4"]);
});
