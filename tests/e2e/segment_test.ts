import assert from "node:assert/strict";
import { join } from "node:path";
import { descendantsOf } from "../hard/processes.ts";
import { frameTimes, makeClip, probeFile } from "../testing/media.ts";
import { runSegstream, startSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const SMALL = ["--resolution", "quarter", "--provider", "cpu"];

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("segstream writes the street with every frame, its table and its records", async () => {
  await using folder = await temporaryDirectory();
  const [video, stats, trace] = ["a.mp4", "a.jsonl", "a.json"].map((name) =>
    join(folder.path, name)
  ) as [string, string, string];
  const { code, stderr, stdout } = await runSegstream([
    ...["street:size=512x256,fps=30000/1001,seconds=1", "-o", video, ...SMALL],
    ...["--stats", stats, "--trace", trace, "--legend", "--hud"],
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.length, 0);
  const times = await frameTimes(video);
  assert.equal(times.length, 30);
  times.forEach((time, i) => assert.ok(Math.abs(time - i * 1001 / 30000) <= 0.001));
  for (const stage of ["decode", "wait", "prepare", "infer", "label", "blend", "encode"]) {
    assert.match(stderr, new RegExp(`^${stage} +\\d`, "m"));
  }
  assert.match(stderr, /^latency +\d/m);
  assert.match(stderr, /30 frames at [\d.]+ fps/);
  assert.ok(stderr.includes(`wrote ${video}`));
  const records = (await Deno.readTextFile(stats)).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(records.map(({ index }) => index), Array.from({ length: 30 }, (_, i) => i));
  assert.ok(records.every(({ inferMs, latencyMs }) => inferMs > 0 && latencyMs >= inferMs));
  const events = JSON.parse(await Deno.readTextFile(trace));
  assert.equal(events.filter((event: { name: string }) => event.name === "infer").length, 30);
  assert.deepEqual(namesIn(folder.path), ["a.json", "a.jsonl", "a.mp4"]);
});

for (const view of ["mask", "side-by-side"] as const) {
  Deno.test(`segstream draws --view ${view}`, async () => {
    await using folder = await temporaryDirectory();
    const output = join(folder.path, "out.mkv");
    const args = ["street:size=256x128,seconds=0.2", "-o", output, ...SMALL, "--view", view];
    const { code, stderr } = await runSegstream(args);
    assert.equal(code, 0, stderr);
    const { streams } = await probeFile(output);
    assert.equal(streams[0]!.width, view === "mask" ? 256 : 512);
  });
}

Deno.test("segstream carries sound over, and re-encodes it where the container needs it", async () => {
  await using folder = await temporaryDirectory();
  const clip = join(folder.path, "clip.mp4");
  await makeClip(clip, { audio: true });
  for (const [name, codec] of [["copy.mp4", "aac"], ["again.webm", "opus"]] as const) {
    const output = join(folder.path, name);
    const { code, stderr } = await runSegstream([clip, "-o", output, ...SMALL]);
    assert.equal(code, 0, stderr);
    const { streams } = await probeFile(output);
    assert.deepEqual(streams.map(({ codec_type }) => codec_type).sort(), ["audio", "video"]);
    assert.equal(streams.find(({ codec_type }) => codec_type === "audio")!.codec_name, codec);
  }
});

Deno.test("segstream pipes a video to stdout, with -o -", async () => {
  await using folder = await temporaryDirectory();
  const { code, stdout, stderr } = await runSegstream([
    ...["street:size=256x128,seconds=0.5", "-o", "-", ...SMALL],
  ]);
  assert.equal(code, 0, stderr);
  const piped = join(folder.path, "piped.mkv");
  await Deno.writeFile(piped, stdout);
  assert.equal((await frameTimes(piped)).length, 15);
});

Deno.test("segstream writes the same masks as PNGs and as FFV1, without a video", async () => {
  await using folder = await temporaryDirectory();
  const street = "street:size=256x128,seconds=0.2";
  const png = join(folder.path, "masks");
  const mkv = join(folder.path, "masks.mkv");
  for (const target of [png, mkv]) {
    const { code, stderr } = await runSegstream([
      street,
      "--no-video",
      "--masks",
      target,
      ...SMALL,
    ]);
    assert.equal(code, 0, stderr);
  }
  assert.equal(namesIn(png).length, 6);
  assert.equal((await frameTimes(mkv)).length, 6);
});

Deno.test("segstream never touches an existing file, unless --overwrite is given", async () => {
  await using folder = await temporaryDirectory();
  const output = join(folder.path, "mine.mp4");
  await Deno.writeTextFile(output, "precious");
  const args = ["street:size=64x32,seconds=0.1", "-o", output, ...SMALL];
  const refused = await runSegstream(args);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /mine\.mp4.*exists.*--overwrite/);
  assert.equal(await Deno.readTextFile(output), "precious");
  const replaced = await runSegstream([...args, "--overwrite"]);
  assert.equal(replaced.code, 0, replaced.stderr);
  assert.equal((await frameTimes(output)).length, 3);
  assert.deepEqual(namesIn(folder.path), ["mine.mp4"]);
});

Deno.test("Ctrl-C finishes the frames in flight and keeps a playable part under its own name", async () => {
  await using folder = await temporaryDirectory();
  const output = join(folder.path, "long.mp4");
  const stats = join(folder.path, "long.jsonl");
  await using run = startSegstream([
    ...["street:size=256x128,seconds=3600", "-o", output, "--stats", stats, ...SMALL],
  ]);
  await run.stderrMatches(/\d+ ?\/ ?\d+ frames/);
  run.kill("SIGINT");
  const { code, stderr } = await run.ended;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /Finishing the frames in flight/);
  const kept = namesIn(folder.path);
  assert.deepEqual(kept, ["long.partial.jsonl", "long.partial.mp4"]);
  const frames = (await frameTimes(join(folder.path, "long.partial.mp4"))).length;
  const records = (await Deno.readTextFile(join(folder.path, "long.partial.jsonl"))).trim();
  assert.ok(frames > 0);
  assert.equal(frames, records.split("\n").length);
});

Deno.test("A second Ctrl-C stops at once and leaves nothing", async () => {
  await using folder = await temporaryDirectory();
  const output = join(folder.path, "long.mp4");
  await using run = startSegstream([
    ...["street:size=256x128,seconds=3600", "-o", output, ...SMALL],
  ]);
  await run.stderrMatches(/\d+ ?\/ ?\d+ frames/);
  // Its encoder takes nothing more: the frames in flight are not finished before the second comes.
  const encoder = (await descendantsOf(run.pid)).find(({ command }) =>
    command.includes(".partial")
  );
  Deno.kill(encoder!.pid, "SIGSTOP");
  run.kill("SIGINT");
  await run.stderrMatches(/Ctrl-C again/);
  run.kill("SIGINT");
  const { code } = await run.ended;
  assert.equal(code, 130);
  assert.deepEqual(namesIn(folder.path), []);
});
