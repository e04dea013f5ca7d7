/** Recordings and playlists, written by real ffmpegs and read back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseTarget } from "../../../src/sink/broadcast.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import { childrenWith } from "../children.ts";
import { frameTimes, namesIn, probeFile, sizeOf } from "../synthetic.ts";
import { Collector, decodedTimes, EventLog, Feeder, openLive } from "./live.ts";

const isLinux = Deno.build.os === "linux";

/** Frame times that begin at 0 and go on in steps of 40 ms, to the millisecond that Matroska has. */
function assertRegular(times: readonly number[], name: string): void {
  times.forEach((time, index) => {
    assert(Math.abs(time - index * 0.04) <= 0.001, `${name}: frame ${index} at ${time}`);
  });
}

for (const ffmpeg of [undefined, "ffmpeg"]) {
  const by = `by ${ffmpeg === undefined ? "the bundled" : "the system's"} ffmpeg`;
  for (const extension of ["mp4", "mkv", "ts"]) {
    Deno.test(`Broadcast records segments that are whole and leave nothing out in .${extension}, ${by}`, async () => {
      await using folder = await temporaryDirectory();
      const log = new EventLog();
      const target = parseTarget(folder.join(`out.${extension}`), { segmentMs: 2000 });
      const broadcast = await openLive([target], { ffmpeg, onEvent: log.onEvent });
      const before = Date.now();
      await new Feeder(broadcast, 95_440e6).write(130); // the 33-bit clock ends after 3.7 s
      const { paths } = await broadcast.close();
      const after = Date.now();
      assert.deepEqual(
        await namesIn(folder.path),
        paths.map((path) => path.slice(folder.path.length + 1)).sort(),
      );
      assert.equal(log.count("segment closed"), 3);
      const counts: number[] = [];
      // By the number behind the second in which they all began.
      for (const path of paths.toSorted((a, b) => a.length - b.length || a.localeCompare(b))) {
        const [, y, mo, d, h, mi, s] = /out-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(-\d)?\.\w+$/
          .exec(path)!.map(Number);
        const named = Date.UTC(y!, mo! - 1, d!, h!, mi!, s!);
        assert(named > before - 1000 && named <= after, path);
        const times = await frameTimes(path);
        assertRegular(times, path);
        counts.push(times.length);
        const { format } = await probeFile(path);
        assert(Math.abs(Number(format.duration) - times.length * 0.04) <= 0.041, path);
      }
      assert.deepEqual(counts.toSorted((a, b) => b - a), [50, 50, 30]);
      assert.equal(counts.reduce((sum, count) => sum + count), 130);
    });
  }

  Deno.test(`Broadcast keeps an HLS playlist that plays while it grows, ${by}`, async () => {
    await using folder = await temporaryDirectory();
    const target = parseTarget(folder.join("hls/"));
    const playlist = folder.join("hls", "index.m3u8");
    const first = await openLive([target], { ffmpeg });
    await new Feeder(first).write(450);
    assert.deepEqual((await first.close()).paths, [playlist]);
    // 18 s are nine segments, of which six are listed; ffmpeg keeps one or two more for readers.
    assert.equal((await frameTimes(playlist)).length, 300);
    const listed = await segmentsOf(playlist);
    assert.deepEqual(listed, [3, 4, 5, 6, 7, 8]);
    assert.doesNotMatch(await Deno.readTextFile(playlist), /DISCONTINUITY/);
    const files = (await namesIn(folder.join("hls"))).filter((name) => name.endsWith(".ts"));
    assert(files.length <= 8, files.join(" "));

    const second = await openLive([target], { ffmpeg });
    await new Feeder(second).write(100);
    await second.close();
    assert.deepEqual(await segmentsOf(playlist), [5, 6, 7, 8, 9, 10]);
    assert.match(await Deno.readTextFile(playlist), /#EXT-X-DISCONTINUITY/);
    assert.equal((await frameTimes(playlist)).length, 300);
  });
}

/** The numbers of the segments that a playlist names. */
async function segmentsOf(playlist: string): Promise<number[]> {
  const text = await Deno.readTextFile(playlist);
  return Array.from(text.matchAll(/segment-(\d+)\.ts/g), ([, number]) => Number(number));
}

Deno.test("Broadcast.abort() leaves what was recorded under a partial name, playable", async () => {
  await using folder = await temporaryDirectory();
  const log = new EventLog();
  const target = parseTarget(folder.join("out.mp4"));
  const broadcast = await openLive([target], { onEvent: log.onEvent });
  const feeder = new Feeder(broadcast);
  await feeder.write(25);
  const partial = folder.join("out.partial.mp4");
  // The picture is on the disk while the recording goes on.
  while (await sizeOf(partial) < 10_000) await feeder.write(1);
  await broadcast.abort();
  await broadcast.abort();
  assert.deepEqual(log.events, []);
  assert.deepEqual(await namesIn(folder.path), ["out.partial.mp4"]);
  const times = await frameTimes(partial);
  assert(times.length > 0 && times.length <= feeder.written);
  assertRegular(times, partial);
});

Deno.test("Broadcast leaves nothing, when there was no frame", async () => {
  await using folder = await temporaryDirectory();
  const targets = ["out.mp4", "out.mkv"].map((name) => parseTarget(folder.join(name)));
  const broadcast = await openLive(targets);
  assert.deepEqual(await broadcast.close(), { paths: [] });
  assert.deepEqual(await namesIn(folder.path), []);
});

Deno.test({
  name: "Broadcast saves what a killed recorder wrote, and goes on in a second file (Linux: ps)",
  ignore: !isLinux,
  async fn() {
    await using folder = await temporaryDirectory();
    const log = new EventLog();
    const path = folder.join("out.mp4");
    const broadcast = await openLive([parseTarget(path)], { onEvent: log.onEvent });
    const feeder = new Feeder(broadcast);
    await feeder.write(50);
    const [recorder] = await childrenWith(/-f mpegts -i pipe:0 .*out\.partial/);
    while (await sizeOf(folder.join("out.partial.mp4")) < 10_000) await feeder.write(1);
    Deno.kill(recorder!, "SIGKILL");
    const lost = await feeder.until(log.first("output lost"));
    assert.equal(lost.output, path);
    assert.match(lost.reason, /SIGKILL/);
    assert.equal((await feeder.until(log.first("output restored"))).output, path);
    await feeder.write(10);
    const { paths } = await broadcast.close();
    assert.deepEqual(paths, [path, folder.join("out-2.mp4")]);
    assert.deepEqual(await namesIn(folder.path), ["out-2.mp4", "out.mp4"]);
    const [saved, rest] = [await frameTimes(path), await frameTimes(paths[1]!)];
    assertRegular(saved, path);
    assertRegular(rest, paths[1]!);
    assert(saved.length > 0 && rest.length > 10);
    assert.equal(broadcast.framesLost, 0);
  },
});

Deno.test({
  name: "Broadcast waits for no output: one that is stuck costs the others nothing (Linux: ps)",
  ignore: !isLinux,
  async fn() {
    await using folder = await temporaryDirectory();
    const broadcast = await openLive([parseTarget(folder.join("out.mkv"))]);
    const viewer = new Collector();
    broadcast.subscribe(viewer);
    const feeder = new Feeder(broadcast);
    await feeder.write(25);
    const [recorder] = await childrenWith(/-f mpegts -i pipe:0 .*out\.partial/);
    Deno.kill(recorder!, "SIGSTOP");
    // Three times what fits into a pipe; one that takes nothing for 15 seconds would be ended.
    while (viewer.byteLength < 196_608) await feeder.write(25);
    Deno.kill(recorder!, "SIGCONT");
    await broadcast.close();
    assert.equal((await decodedTimes(viewer.pieces)).length, feeder.written);
    assertRegular(await frameTimes(folder.join("out.mkv")), "out.mkv");
    assert.equal((await frameTimes(folder.join("out.mkv"))).length, feeder.written);
  },
});

Deno.test("Broadcast tries again for ever, when a folder is taken away, and the rest goes on", async () => {
  await using folder = await temporaryDirectory();
  const log = new EventLog();
  await Deno.mkdir(folder.join("usb"));
  const broadcast = await openLive([
    parseTarget(folder.join("usb", "out.mkv"), { segmentMs: 1000 }),
    parseTarget(folder.join("hls/")),
    parseTarget(folder.join("kept.mkv")),
  ], { onEvent: log.onEvent });
  const feeder = new Feeder(broadcast);
  await feeder.until(log.first("segment closed"));
  // In one step each, whatever is being written there at this moment.
  await Deno.rename(folder.join("usb"), folder.join("usb.away"));
  await Deno.rename(folder.join("hls"), folder.join("hls.away"));
  const lost = await feeder.until(log.first("output lost"));
  assert.doesNotMatch(lost.reason, /\n/);
  while (
    !log.events.some((event) => event.kind === "output lost" && event.output.includes("usb"))
  ) {
    await feeder.write(10);
  }
  await Deno.mkdir(folder.join("usb"));
  const isRestored = (part: string) =>
    log.events.some((event) => event.kind === "output restored" && event.output.includes(part));
  while (!isRestored("usb") || !isRestored("hls")) await feeder.until(Promise.resolve());
  await feeder.write(50);
  const { paths } = await broadcast.close();
  assert.equal((await frameTimes(folder.join("kept.mkv"))).length, feeder.written);
  const last = paths.findLast((path) => path.startsWith(join(folder.path, "usb")))!;
  assertRegular(await frameTimes(last), last);
  assert((await frameTimes(folder.join("hls", "index.m3u8"))).length > 0);
});
