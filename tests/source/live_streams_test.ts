/** The other ways a stream comes in; ffmpeg sends. */
import assert from "node:assert/strict";
import { otherFfmpeg } from "../ffmpeg/ffmpeg_runs.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { nowMs } from "../../src/frame/clock.ts";
import { type RunningCommand, startCommand } from "../testing/command.ts";
import { freePort } from "../testing/free_port.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { Viewer } from "./live_viewer.ts";

/** Sends H.264 with a key frame a second, in real time. */
async function send(...output: string[]): Promise<RunningCommand> {
  return startCommand((await findFfmpeg()).path, [
    ...["-nostdin", "-loglevel", "info", "-re", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=25"],
    ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-tune", "zerolatency", "-g", "25"],
    ...output,
  ]);
}

/** From frame to frame in milliseconds, of the last 20; those that a busy machine dropped count. */
function lastSteps({ frames }: Viewer): readonly number[] {
  const last = frames.slice(-20);
  return last.slice(1).map(({ ptsUs, index }, n) =>
    (ptsUs - last[n]!.ptsUs) / 1000 / (index - last[n]!.index)
  );
}

/** Waits until frames follow each other as the sender's do: where a machine paused, they do later. */
async function watch(viewer: Viewer): Promise<void> {
  await viewer.until(() =>
    viewer.frames.length >= 30 && lastSteps(viewer).every((step) => step > 35 && step < 45)
  );
  assert.equal(viewer.source.state, "live");
}

for (const ffmpeg of [undefined, otherFfmpeg]) {
  const name = ffmpeg ?? "the bundled ffmpeg";

  Deno.test(`run() with ${name} reads MPEG-TS over UDP, joined between key frames, from one sender after the other`, async () => {
    const url = `udp://127.0.0.1:${freePort()}`;
    const to = ["-f", "mpegts", `${url}?pkt_size=1316`];
    const first = await send(...to);
    await using viewer = await Viewer.open(url, { ffmpeg });
    await watch(viewer);
    await first[Symbol.asyncDispose]();
    await using _second = await send(...to);
    const count = viewer.frames.length;
    await viewer.until(() => viewer.frames.length > count + 20);
    const steps = viewer.frames.slice(1).map(({ ptsUs }, n) => ptsUs - viewer.frames[n]!.ptsUs);
    assert.ok(Math.min(...steps) > 0);
  });

  Deno.test(`run() with ${name} reads RTMP`, async () => {
    const url = `rtmp://127.0.0.1:${freePort()}/app/key`;
    await using _sender = await send("-f", "flv", "-listen", "1", url);
    await using viewer = await Viewer.open(url, { ffmpeg });
    await watch(viewer);
  });

  Deno.test(`run() with ${name} reads HLS at the pace of its clock`, async () => {
    await using folder = await temporaryDirectory();
    const list = folder.join("a.m3u8");
    await using sender = await send("-f", "hls", "-hls_time", "1", list);
    await sender.stderrMatches(/a3\.ts/);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const path = folder.join(new URL(request.url).pathname.slice(1));
        return new Response(await Deno.readFile(path));
      },
    );
    const openedMs = nowMs();
    await using viewer = await Viewer.open(`http://127.0.0.1:${server.addr.port}/a.m3u8`, {
      ffmpeg,
    });
    await watch(viewer);
    // Segments of two seconds and more lie there when it begins, and do not come at once: however
    // late things were, a frame is not there before its time. A few are let go first.
    await viewer.until(() => viewer.frames.at(-1)!.index >= 45);
    const early = viewer.frames.filter(({ index, arrivalMs }) =>
      arrivalMs - openedMs < (index - 5) * 40
    );
    assert.deepEqual(early.map(({ index }) => index), []);
  });
}
