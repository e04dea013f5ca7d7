/** Outputs that fall away and come back: a full disk, a server that is restarted. */
import assert from "node:assert/strict";
import { parseTarget } from "../../../src/sink/broadcast.ts";
import { rtspServerTest, startRtspServer } from "../../testing/rtsp_server.ts";
import { mayMount, smallDisk } from "../../testing/small_disk.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import { frameTimes, namesIn, sizeOf } from "../synthetic.ts";
import { EventLog, Feeder, openLive } from "./live.ts";

const reason = mayMount ? "" : " (skipped: this user may not mount a small disk)";

Deno.test({
  name: `Broadcast says that the disk is full, and records again when there is room${reason}`,
  ignore: !mayMount,
  async fn() {
    await using folder = await temporaryDirectory();
    await using disk = await smallDisk(folder.path, 256 * 1024);
    assert(disk !== undefined);
    const log = new EventLog();
    const target = parseTarget(folder.join("out.mp4"), { segmentMs: 1000 });
    const broadcast = await openLive([target], { onEvent: log.onEvent });
    const feeder = new Feeder(broadcast);
    // The second segment begins, and with that the first one ends; no more is written until it has.
    await feeder.write(30);
    const closed = await log.first("segment closed");
    await Deno.writeFile(folder.join("ballast"), new Uint8Array(150 * 1024));
    const lost = await feeder.until(log.first("output lost"));
    assert.match(lost.reason, /No space left on device/);
    // Not what has a partial name: the next attempt has begun, and removes what it cannot write.
    const whole = (await namesIn(folder.path)).filter((name) => !name.includes("partial"));
    for (const name of whole) {
      if (folder.join(name) !== closed.path) await Deno.remove(folder.join(name));
    }
    // Some attempts may have found a little room before; this segment has all that it wants.
    const since = log.events.length;
    const next = await feeder.until(log.first("segment closed", since));
    const [lostAt, nextAt] = [log.events.indexOf(lost), log.events.indexOf(next)];
    const between = log.events.slice(lostAt, nextAt).map(({ kind }) => kind);
    assert(between.includes("output restored"), between.join(", "));
    await broadcast.close();
    assert((await frameTimes(next.path)).length > 0);
    assert.equal((await frameTimes(closed.path)).length, 25);
  },
});

Deno.test("Broadcast begins a new file, when the one that it writes is removed", async () => {
  await using folder = await temporaryDirectory();
  const log = new EventLog();
  const path = folder.join("out.mkv");
  const broadcast = await openLive([parseTarget(path)], { onEvent: log.onEvent });
  const feeder = new Feeder(broadcast);
  const partial = folder.join("out.partial.mkv");
  // Before it holds anything it is no more than a reserved name, which ffmpeg would make anew.
  do await feeder.write(10); while (await sizeOf(partial) === 0);
  await Deno.remove(partial);
  assert.match((await feeder.until(log.first("output lost"))).reason, /its file was removed/);
  await feeder.until(log.first("output restored"));
  assert.deepEqual((await broadcast.close()).paths, [path]);
  assert((await frameTimes(path)).length > 0);
});

for (const ffmpeg of [undefined, "ffmpeg"]) {
  const by = `by ${ffmpeg === undefined ? "the bundled" : "the system's"} ffmpeg`;
  Deno.test({
    ...rtspServerTest(`Broadcast publishes to a server, also after it was restarted, ${by}`),
    async fn() {
      await using server = await startRtspServer({ user: "user", password: "secret" });
      const log = new EventLog();
      const broadcast = await openLive([parseTarget(server.publishUrl)], {
        ffmpeg,
        onEvent: log.onEvent,
      });
      const feeder = new Feeder(broadcast);
      await feeder.until(server.published(30));
      await server.stop();
      const lost = await feeder.until(log.first("output lost"));
      await server.restart();
      await feeder.until(log.first("output restored"));
      await feeder.until(server.published(30));
      await broadcast.close();
      assert.equal(lost.output, `rtsp://***@127.0.0.1:${server.port}/publish`);
      assert.doesNotMatch(JSON.stringify(log.events), /secret/);
      assert.equal(broadcast.framesLost, 0);
    },
  });
}
