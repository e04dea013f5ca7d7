/** A camera's password: known to the decoder, and to nobody else. */
import assert from "node:assert/strict";
import { descendantsOf, listProcesses } from "../hard/processes.ts";
import { closeSocket, nextMessage, openSocket } from "../live/serve_fakes.ts";
import { type LiveRun, QUICK, startLive } from "../testing/live_run.ts";
import { rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { runSegstream } from "../testing/segstream.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";

const SOURCE = { width: 320, height: 180, fps: 10 };
const LOGIN = { user: "user", password: "secret" };

/** As Latin-1, so that nothing in a binary file is lost. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function assertHidden(what: string, text: string): void {
  const at = text.search(/secret/i);
  assert.ok(at < 0, `${what}: …${text.slice(Math.max(0, at - 80), at + 40)}`);
}

/** All that a run tells over HTTP. */
async function assertPagesHide(run: LiveRun): Promise<void> {
  const paths = [
    ...["/", "/feeds.json", "/metrics", "/healthz", "/classes.json", "/snapshot.png", "/nowhere"],
    ...["/feeds/cam", "/feeds/cam/classes.json", "/feeds/cam/snapshot.png", "/feeds/other"],
  ];
  for (const path of paths) {
    const answer = await run.get(path);
    assertHidden(path, textOf(await answer.bytes()) + JSON.stringify([...answer.headers]));
  }
  const socket = await openSocket(run.at("/feeds/cam/status"));
  assertHidden("the status", String(await nextMessage(socket)));
  await closeSocket(socket);
}

/** What a run left: names and contents. */
async function assertFilesHide(directory: TemporaryDirectory): Promise<number> {
  let files = 0;
  for await (const { name } of Deno.readDir(directory.path)) {
    assertHidden(directory.path, name);
    assertHidden(name, textOf(await Deno.readFile(directory.join(name))));
    files++;
  }
  return files;
}

for (const format of ["text", "json"] as const) {
  Deno.test({
    ...rtspServerTest(`a password is in nothing that a live run says or writes (${format})`),
    async fn() {
      await using directory = await temporaryDirectory();
      await using server = await startRtspServer({ source: SOURCE, ...LOGIN });
      await using run = await startLive([
        ...[server.url, ...QUICK, "--hud", "--log", format],
        ...["-o", directory.join("cam.mp4"), "--segment", "1s", "-o", server.publishUrl],
        ...["--events", directory.join("events.ndjson")],
      ]);
      await run.until("frames go out", ({ framesOut }) => framesOut > 15);
      await server.published(5);
      await assertPagesHide(run);
      // The decoder and the publisher have it from us: ffmpeg takes a URL as an argument only.
      // A child that has been forked and is no other program yet has our arguments, the URLs.
      const own = (await listProcesses()).find(({ pid }) => pid === run.pid)!.command;
      const knowing = (await descendantsOf(run.pid)).filter(({ command }) =>
        /secret/.test(command) && command !== own
      );
      assert.ok(knowing.every(({ command }) => / (-i|-f rtsp) rtsp:/.test(command)));
      assert.equal(knowing.length, 2);
      // It goes away, with all that is said then, and comes back with another password.
      await server.restart({ password: "another" });
      await run.command.stderrMatches(/rejected/);
      await run.command.stderrMatches(/output lost/);
      await assertPagesHide(run);
      const { code, stdout, stderr } = await run.stop();
      assert.equal(code, 0, stderr);
      assertHidden("the log", stderr + textOf(stdout));
      assert.ok(await assertFilesHide(directory) >= 3);
    },
  });
}

Deno.test({
  ...rtspServerTest("a password from a file is in no argument but the decoder's"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({ source: SOURCE, ...LOGIN });
    const config = directory.join("cameras.json");
    const passwordFile = directory.join("password");
    await Deno.writeTextFile(passwordFile, "secret\n");
    const input = server.url.replace("user:secret@", "");
    await Deno.writeTextFile(
      config,
      JSON.stringify({ cameras: [{ name: "cam", input, user: "user", passwordFile }] }),
    );
    await using run = await startLive(["--config", config, ...QUICK]);
    await run.until("frames go out", ({ framesOut }) => framesOut > 5);
    const knowing = (await listProcesses()).filter(({ pid, parent, command }) =>
      [pid, parent].includes(run.pid) && command.includes("secret")
    );
    assert.equal(knowing.length, 1);
    assert.match(knowing[0]!.command, / -i rtsp:.* -f nut -$/);
    await assertPagesHide(run);
    assertHidden("the log", (await run.stop()).stderr);
  },
});

Deno.test({
  ...rtspServerTest("a password is in no error, of a camera, an output or a receiver of events"),
  async fn() {
    await using server = await startRtspServer({ ...{ source: SOURCE }, ...LOGIN });
    const wrong = server.url.replace("secret", "Secret!");
    const away = "rtsp://user:secret@127.0.0.1:9/cam";
    const live = ["--live", ":0"];
    const cases: readonly (readonly string[])[] = [
      [wrong, ...live],
      [wrong, ...live, "--debug"],
      [server.url.replace("/cam", "/other"), ...live, "--log", "json"],
      [away, ...live, "--max-reconnects", "0"],
      [away, away, ...live, "--max-reconnects", "0"],
      ["rtsp://user:secret@127.0.0.1:99999/cam", ...live, "--max-reconnects", "0", "--debug"],
      ["rtsp://user:top/secret@127.0.0.1/cam", ...live, "--debug"],
      ["http://user:secret@127.0.0.1:9/drive.mp4", ...live],
      [away, "-o", "ftp://user:secret@127.0.0.1/live"],
      [away, "-o", "/nowhere/cam.mp4"],
      [away, "--events", "http://user:secret@[127.0.0.1"],
      [away, "--events", "mqtt://user:secret@192.0.2.1"],
      [away, "--no-video", ...live],
    ];
    for (const args of cases) {
      const { code, stdout, stderr } = await runSegstream(args);
      assert.ok(code === 1 || code === 2, stderr);
      assertHidden(args.join(" "), stderr + textOf(stdout));
    }
  },
});
