/** Outputs that fall away and come back: a full disk, a server that is restarted. */
import assert from "node:assert/strict";
import { parseTarget } from "../../../src/sink/broadcast.ts";
import { rtspServerTest, startRtspServer } from "../../testing/rtsp_server.ts";
import { mayMount, smallDisk } from "../../testing/small_disk.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";
import { frameTimes, namesIn } from "../synthetic.ts";
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
    await feeder.write(25);
    const closed = await feeder.until(log.first("segment closed"));
    await Deno.writeFile(folder.join("ballast"), new Uint8Array(150 * 1024));
    const lost = await feeder.until(log.first("output lost"));
    assert.match(lost.reason, /No space left on device/);
    for (const name of await namesIn(folder.path)) {
      if (folder.join(name) !== closed.path) await Deno.remove(folder.join(name));
    }
    await feeder.until(log.first("output restored", log.events.length));
    await feeder.write(30);
    const { paths } = await broadcast.close();
    assert((await frameTimes(paths.at(-1)!)).length > 0);
    assert((await frameTimes(closed.path)).length === 25);
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
  const hasBegun = async () => ((await Deno.stat(partial).catch(() => undefined))?.size ?? 0) > 0;
  do await feeder.write(10); while (!await hasBegun());
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
