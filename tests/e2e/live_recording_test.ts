/** Recordings of a live run, and how Ctrl-C ends them. */
import assert from "node:assert/strict";
import { allEnded, descendantsOf } from "../hard/processes.ts";
import { QUICK, startLive } from "../testing/live_run.ts";
import { frameTimes } from "../testing/media.ts";
import { rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const SOURCE = { width: 320, height: 180, fps: 10 };

/** How long an orderly end waits for a recorder: END_MS in src/sink/broadcast/segment_file.ts. */
const HELD_UP_MS = 30_000;

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test({
  ...rtspServerTest(
    "--segment cuts a recording into files that are each whole, the last at Ctrl-C",
  ),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({ source: SOURCE });
    await using run = await startLive([
      ...[server.url, ...QUICK, "-o", directory.join("cam.mp4"), "--segment", "2s"],
      // However late this machine is, no frame is missing where a segment ends.
      ...["-o", `${directory.join("hls")}/`, "--drop", "wait"],
    ]);
    await run.command.stderrMatches(/(segment closed: [^]*){2}/);
    const { code, stderr } = await run.stop();
    assert.equal(code, 0, stderr);
    const [, framesOut] = stderr.match(/ (\d+) out/)!;
    const names = namesIn(directory.path).filter((name) => name !== "hls");
    assert.ok(names.length >= 3);
    let frames = 0;
    for (const name of names) {
      assert.match(name, /^cam-\d{8}-\d{6}\.mp4$/); // none is left under a partial name
      assert.match(stderr, new RegExp(`^wrote .*${name}$`, "m"));
      const times = await frameTimes(directory.join(name));
      assert.equal(times[0], 0);
      assert.ok(times.every((time, at) => at === 0 || time > times[at - 1]!));
      if (name !== names.at(-1)) assert.ok(times.at(-1)! > 1.8 && times.at(-1)! < 3.2);
      frames += times.length;
    }
    assert.equal(frames, Number(framesOut)); // none is lost between two files, none is in both
    // The same stream for browsers, from the same encode.
    const playlist = await Deno.readTextFile(directory.join("hls", "index.m3u8"));
    assert.match(playlist, /#EXTINF:[^]*#EXT-X-ENDLIST/);
  },
});

Deno.test({
  ...rtspServerTest("a second Ctrl-C ends a live run at once, and keeps a recording that plays"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({ source: SOURCE });
    await using run = await startLive([server.url, ...QUICK, "-o", directory.join("cam.mp4")]);
    const partial = directory.join("cam.partial.mp4");
    await run.until("frames go out", ({ framesOut }) => framesOut > 30);
    let recorded = 0;
    while (recorded <= 10) recorded = (await frameTimes(partial).catch(() => [])).length;
    const children = await descendantsOf(run.pid);
    // A recorder that does not come to its end holds an orderly end up for half a minute.
    const recorder = children.find(({ command }) => command.includes(".partial"));
    Deno.kill(recorder!.pid, "SIGSTOP");
    run.command.kill("SIGINT");
    await run.command.stderrMatches(/Ctrl-C again stops at once/);
    const stoppedMs = performance.now();
    const { code, stderr } = await run.stop();
    assert.equal(code, 130, stderr);
    assert.ok(performance.now() - stoppedMs < HELD_UP_MS / 2);
    await allEnded(children);
    assert.deepEqual(namesIn(directory.path), ["cam.partial.mp4"]);
    assert.ok((await frameTimes(partial)).length >= recorded);
  },
});

Deno.test({
  ...rtspServerTest("Ctrl-C ends a live run whose camera was never there, or whose network loads"),
  async fn() {
    await using server = await startRtspServer({ source: SOURCE });
    await server.stop();
    await using away = await startLive([server.url, ...QUICK]);
    await away.command.stderrMatches(/cam retrying: attempt 2 .*nothing answers/);
    const { code, stderr } = await away.stop();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^cam: 0 frames in, 0 out$/m);

    await server.restart();
    await using early = await startLive([server.url, ...QUICK]);
    await early.command.stderrMatches(/connected/); // the workers load what they need only now
    const children = await descendantsOf(early.pid);
    assert.equal((await early.stop()).code, 0);
    await allEnded(children);
  },
});
