/** Parts of a live run that die in the middle of it: each is replaced, and the rest goes on. */
import assert from "node:assert/strict";
import { openWatch } from "../../mod.ts";
import type { StreamEvent } from "../../src/frame/stream_event.ts";
import { descendantsOf } from "../hard/processes.ts";
import { decodedTimes } from "../sink/broadcast/live.ts";
import { type LiveRun, QUICK, startLive } from "../testing/live_run.ts";
import { openViewer } from "../testing/live_viewer.ts";
import { frameTimes } from "../testing/media.ts";
import { rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { DEATHS } from "./mortal_worker.ts";

const SOURCE = { width: 320, height: 180, fps: 10 };

/** By their arguments. */
const DECODER = /-i rtsp:.* -f nut -$/;
const ENCODER = /-i pipe:0 .*-f mpegts pipe:1$/;
const RECORDER = /-f mpegts -i pipe:0 .*\.partial/;

async function kill(run: LiveRun, which: RegExp): Promise<void> {
  const child = (await descendantsOf(run.pid)).find(({ command }) => which.test(command));
  assert.ok(child !== undefined, `no child like ${which}`);
  Deno.kill(child.pid, "SIGKILL");
}

Deno.test({
  ...rtspServerTest("a live run goes on when its decoder, encoder or recorder is killed"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({ source: SOURCE });
    await using run = await startLive([
      ...[server.url, ...QUICK, "-o", directory.join("cam.mp4"), "--log", "json"],
    ]);
    await run.until("frames go out", ({ framesOut }) => framesOut > 10);
    await using viewer = await openViewer(run, "cam");
    const goOn = async () => {
      const { framesOut } = await run.status();
      await run.until("frames go out", (now) => now.framesOut > framesOut + 10);
    };
    await kill(run, ENCODER);
    await run.until("the encoder is replaced", ({ encodersReplaced }) => encodersReplaced === 1);
    await goOn();
    await kill(run, DECODER);
    await run.until("the decoder is replaced", ({ reconnects }) => reconnects === 1);
    await goOn();
    await kill(run, RECORDER);
    await run.command.stderrMatches(/"kind":"output restored"/);
    await goOn();

    assert.ok((await decodedTimes(await viewer.close())).length > 30);
    const { code, stderr } = await run.stop();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /"kind":"encoder replaced".*ended by SIGKILL/);
    assert.match(stderr, /"kind":"lost","reason":"the decoder was ended by SIGKILL"/);
    const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["cam-2.mp4", "cam.mp4"]);
    for (const name of names) assert.ok((await frameTimes(directory.join(name))).length > 10);
    const end = stderr.split("\n").find((line) => line.includes('"kind":"summary"'))!;
    const { framesIn, framesOut, dropped } = JSON.parse(end);
    const drops = Object.values(dropped as Record<string, number>).reduce((a, b) => a + b, 0);
    assert.equal(framesIn, framesOut + drops);
  },
});

Deno.test({
  ...rtspServerTest("a camera goes on when every worker throws, and counts what that costs"),
  async fn() {
    await using server = await startRtspServer({ source: SOURCE });
    const events: StreamEvent[] = [];
    const deaths = new BroadcastChannel(DEATHS);
    let listening = 0;
    let isSaid = false;
    deaths.onmessage = () => listening++;
    await using watch = await openWatch([{
      ...{ name: "cam", input: server.url, resolution: "quarter" },
    }], {
      ...{ provider: "cpu", workers: 2 },
      workerModule: new URL("./mortal_worker.ts", import.meta.url),
      onEvent: (_, event) => events.push(event),
    });
    const camera = watch.cameras[0]!;
    const end = new AbortController();
    let framesAfter = 0;
    camera.onFrame(() => {
      const { framesOut, workersReplaced } = camera.status;
      // Once, when both are there to hear it: a successor hears nothing.
      if (framesOut >= 10 && listening === 2 && !isSaid) {
        deaths.postMessage("now");
        isSaid = true;
      }
      if (workersReplaced === 2 && ++framesAfter === 20) end.abort();
    });
    const [result] = await watch.run(end.signal);
    deaths.close();
    assert.equal(result!.error, undefined);
    const { framesIn, framesOut, dropped, workersReplaced } = result!.status;
    assert.equal(workersReplaced, 2);
    const reasons = events.filter((event) => event.kind === "worker replaced")
      .map(({ reason }) => reason);
    assert.deepEqual(reasons, Array(2).fill("Error: it was told to die"));
    assert.equal(framesIn, framesOut + Object.values(dropped).reduce((a, b) => a + b, 0));
  },
});

Deno.test({
  ...rtspServerTest("workers that cannot start end the run, with the reason"),
  async fn() {
    await using server = await startRtspServer({ source: SOURCE });
    const module = new URL("./stillborn_worker.ts", import.meta.url);
    const options = { provider: "cpu", workers: 2, workerModule: module } as const;
    await assert.rejects(async () => {
      await using watch = await openWatch([{ name: "cam", input: server.url }], options);
      await watch.run(new AbortController().signal);
    }, /it was told not to start/);
  },
});
