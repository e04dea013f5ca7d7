import assert from "node:assert/strict";
import { runCommand, startCommand } from "./command.ts";
import { frameTimes, makeClip, probeFile } from "./media.ts";
import { shared } from "./shared.ts";
import { temporaryDirectory } from "./temporary.ts";

Deno.test("makeClip() and probeFile() agree on size, frames and sound", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("clip.mp4");
  await makeClip(path, { size: "64x48", rate: 10, frames: 7, audio: true });
  const { streams } = await probeFile(path);
  const video = streams.find((stream) => stream.codec_type === "video")!;
  assert.deepEqual([video.width, video.height, video.nb_read_frames], [64, 48, "7"]);
  assert.ok(streams.some((stream) => stream.codec_type === "audio"));
  const times = await frameTimes(path);
  assert.deepEqual(times.map((time) => Math.round(time * 10)), [0, 1, 2, 3, 4, 5, 6]);
});

Deno.test("temporaryDirectory() removes all, when its scope ends", async () => {
  let path: string;
  {
    await using directory = await temporaryDirectory();
    path = directory.path;
    await Deno.writeTextFile(directory.join("file"), "text");
  }
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("runCommand() gives code, output and errors of a program that reads its input", async () => {
  const stdin = new TextEncoder().encode("text");
  const result = await runCommand("sh", ["-c", "cat; echo problem >&2; exit 3"], { stdin });
  assert.equal(result.code, 3);
  assert.equal(new TextDecoder().decode(result.stdout), "text");
  assert.equal(result.stderr, "problem\n");
});

Deno.test("stderrMatches() waits for what a program prints while it runs", async () => {
  await using command = startCommand("sh", ["-c", "echo ready 42 >&2; exec cat"], {
    stdin: new Uint8Array(0),
  });
  const match = await command.stderrMatches(/ready (\d+)/);
  assert.equal(match[1], "42");
  await assert.rejects(command.stderrMatches(/never/), /ended without printing/);
});

Deno.test("startCommand() is killed, when its scope ends", async () => {
  let ended;
  {
    await using command = startCommand("sh", ["-c", "while :; do sleep 1; done"]);
    ended = command.ended;
  }
  assert.equal((await ended).signal, "SIGKILL");
});

Deno.test("shared() says why a test is skipped, when the file is absent", () => {
  const absent = shared("no/such/file");
  assert.equal(absent.ignore, true);
  assert.equal(absent.name("x() works"), "x() works (skipped: ../shared/no/such/file is absent)");
});
