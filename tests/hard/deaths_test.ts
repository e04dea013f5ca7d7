/** Parts that die while the real program runs: one line, the exit code, and nothing left behind. */
import assert from "node:assert/strict";
import { frameTimes } from "../testing/media.ts";
import { runCommand, type RunningCommand, startCommand } from "../testing/command.ts";
import { REPOSITORY } from "../testing/repository.ts";
import { startSegstream } from "../testing/segstream.ts";
import { mayMount, smallDisk } from "../testing/small_disk.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { defaultPermissions, permissionFlags } from "./permissions.ts";
import { describeInterruption, randomInterruption, tryInterruption } from "./corpus/interrupts.ts";
import {
  allEnded,
  descendantsOf,
  foundIn,
  idle,
  noneLeft,
  processesNaming,
  type RunningProcess,
} from "./processes.ts";

const SMALL = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu"];

/** Inputs that never end: one is decoded by ffmpeg, one is drawn by the program itself. */
const DECODED = "lavfi:testsrc2=size=128x64:rate=25";
const DRAWN = "street:size=128x64,seconds=36000";

const ignore = Deno.build.os === "windows";

/** The arguments of the decoder end so; the encoder reads frames from its standard input. */
const DECODER = /-f nut -$/;
const ENCODER = /-i pipe:0 /;

async function childOf(run: RunningCommand, which: RegExp): Promise<RunningProcess> {
  const child = (await descendantsOf(run.pid)).find(({ command }) => which.test(command));
  assert.ok(child !== undefined, `no child like ${which}`);
  return child;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Starts the program and waits until frames are in its output. */
async function startRunning(args: readonly string[]): Promise<RunningCommand> {
  const run = startSegstream([...args, ...SMALL]);
  const output = args[args.indexOf("-o") + 1]!.replace(/(\.\w+)$/, ".partial$1");
  try {
    await foundIn(run, "frames", async () => {
      const size = await Deno.stat(output).then((file) => file.size, () => 0);
      return size > 20_000 ? size : undefined;
    });
    return run;
  } catch (error) {
    await run[Symbol.asyncDispose]();
    throw error;
  }
}

/** The one line of a run that failed, after its progress. */
function lastLine(stderr: string): string {
  return stderr.trim().split("\n").at(-1)!;
}

for (
  const { part, input, which, says } of [
    {
      part: "decoder",
      input: DECODED,
      which: DECODER,
      says: /^segstream: Cannot decode .*SIGKILL.*\.$/,
    },
    {
      part: "encoder",
      input: DRAWN,
      which: ENCODER,
      says: /^segstream: Cannot encode .*SIGKILL.*\.$/,
    },
  ]
) {
  Deno.test({
    name: `segstream fails in one line and leaves nothing, when the ${part} is killed`,
    ignore,
    async fn() {
      await using folder = await temporaryDirectory();
      const files = ["-o", folder.join("out.mp4"), "--stats", folder.join("out.jsonl")];
      await using run = await startRunning([input, ...files, "--masks", folder.join("masks.mkv")]);
      const children = await descendantsOf(run.pid);
      Deno.kill((await childOf(run, which)).pid, "SIGKILL");
      const { code, stderr } = await run.ended;
      assert.equal(code, 1, stderr);
      assert.match(lastLine(stderr), says);
      assert.deepEqual(namesIn(folder.path), []);
      await allEnded(children);
    },
  });
}

Deno.test({
  name: "segstream fails in one line, when the decoder is told to end before the video does",
  ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    await using run = await startRunning([DECODED, "-o", folder.join("out.mp4")]);
    Deno.kill((await childOf(run, DECODER)).pid, "SIGTERM");
    const { code, stderr } = await run.ended;
    assert.equal(code, 1, stderr);
    assert.match(lastLine(stderr), /^segstream: Cannot decode /);
    assert.deepEqual(namesIn(folder.path), []);
  },
});

Deno.test({
  name:
    "segstream's children end by themselves and a playable part stays, when it is killed itself",
  ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    await using run = await startRunning([DECODED, "-o", folder.join("out.mp4")]);
    const children = await descendantsOf(run.pid);
    assert.ok(children.length >= 2);
    run.kill("SIGKILL");
    await run.ended;
    await allEnded(children);
    assert.deepEqual(namesIn(folder.path), ["out.partial.mp4"]);
    assert.ok((await frameTimes(folder.join("out.partial.mp4"))).length > 0);
  },
});

Deno.test({
  name: "segstream -o - says that its reader is gone, when the pipe is closed early",
  ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    const script = '{ "$@"; echo "code $?" >&2; } | head -c 100000 > "$0"';
    const program = [Deno.execPath(), "run", "-q", "-P", "mod.ts", DECODED, "-o", "-", "--quiet"];
    const { stderr } = await runCommand("sh", [
      ...["-c", script, folder.join("piped.mkv"), ...program],
      ...[...SMALL, "--stats", folder.join("out.jsonl")],
    ], { cwd: REPOSITORY });
    assert.match(stderr, /^segstream: Cannot write to the pipe: .*\.\ncode 1\n$/);
    assert.deepEqual(namesIn(folder.path), ["piped.mkv"]);
    assert.equal((await Deno.stat(folder.join("piped.mkv"))).size, 100_000);
  },
});

Deno.test({
  name: "A second Ctrl-C stops at once, when the reader of -o - has stopped reading",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // The pipe is open and read no further than its first byte: it fills within the first frames.
    const script = '"$@" | { head -c 1 > /dev/null; echo begun >&2; exec sleep 600; }';
    const program = [Deno.execPath(), "run", "-q", "-P", "mod.ts"];
    const input = ["street:size=512x256,seconds=36000", "-o", "-", "--encoder", "ffv1"];
    await using shell = startCommand("sh", ["-c", script, "sh", ...program, ...input, ...SMALL], {
      cwd: REPOSITORY,
      env: { NO_COLOR: "1" },
    });
    await shell.stderrMatches(/^begun$/m);
    const all = await foundIn(shell, "a reader that sleeps", async () => {
      const found = await descendantsOf(shell.pid);
      return found.some(({ command }) => command.startsWith("sleep")) ? found : undefined;
    });
    assert.ok(all.some(({ command }) => ENCODER.test(command)));
    const segstream = all.find(({ command }) => command.includes("mod.ts"))!;
    await idle(segstream.pid);
    Deno.kill(segstream.pid, "SIGINT");
    await shell.stderrMatches(/Ctrl-C again/);
    Deno.kill(segstream.pid, "SIGINT");
    await allEnded(all.filter(({ command }) => !command.startsWith("sleep")));
    Deno.kill(all.find(({ command }) => command.startsWith("sleep"))!.pid);
    await shell.ended;
  },
});

Deno.test({
  name: "segstream fails in one line, when its output's folder is removed",
  ignore,
  async fn() {
    await using folder = await temporaryDirectory();
    const gone = folder.join("gone");
    await Deno.mkdir(gone);
    await using run = await startRunning([
      DRAWN,
      "-o",
      `${gone}/out.mp4`,
      "--stats",
      `${gone}/out.csv`,
    ]);
    const children = await descendantsOf(run.pid);
    await Deno.remove(gone, { recursive: true });
    run.kill("SIGINT");
    const { code, stderr } = await run.ended;
    assert.equal(code, 1, stderr);
    assert.match(lastLine(stderr), /^segstream: Cannot write .*no directory.*\.$/);
    assert.deepEqual(namesIn(folder.path), []);
    await allEnded(children);
  },
});

for (
  const { output, args } of [
    { output: "the video", args: ["-o", "{}/out.mp4"] },
    { output: "the masks in a folder", args: ["--no-video", "--masks", "{}/masks/"] },
    { output: "the masks in a file", args: ["--no-video", "--masks", "{}/masks.mkv"] },
    { output: "the statistics", args: ["--no-video", "--stats", "{}/out.jsonl"] },
    { output: "the trace", args: ["--no-video", "--trace", "{}/out.json"] },
  ]
) {
  const reason = mayMount ? "" : " (skipped: this user may not mount a small disk)";
  Deno.test({
    name:
      `segstream fails in one line and leaves nothing, when the disk is full of ${output}${reason}`,
    ignore: !mayMount,
    async fn() {
      await using folder = await temporaryDirectory();
      await using disk = await smallDisk(folder.path, 128 * 1024);
      assert.ok(disk !== undefined);
      const files = args.map((arg) => arg.replace("{}", folder.path));
      await using run = startSegstream([DRAWN, ...files, ...SMALL]);
      const { code, stderr } = await run.ended;
      assert.equal(code, 1, stderr);
      assert.match(lastLine(stderr), /^segstream: Cannot .*(No space left|full).*\.$/i);
      assert.deepEqual(namesIn(folder.path), []);
      await noneLeft(() => processesNaming(folder.path));
    },
  });
}

Deno.test({
  name: "segstream is interrupted at once and not in error, when Ctrl-C comes while it probes",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await temporaryDirectory();
    // An ffprobe that waits for its input, as one does for a server that does not answer.
    const ffprobe = folder.join("ffprobe");
    await Deno.writeTextFile(ffprobe, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const permissions = await defaultPermissions();
    const flags = permissionFlags({ ...permissions, run: [...permissions.run, ffprobe] });
    const program = [Deno.execPath(), "run", "-q", "--no-prompt", ...flags, "mod.ts"];
    // A group of its own, as a shell gives to every command: Ctrl-C goes to the whole of it.
    await using run = startCommand("setsid", [
      ...program,
      ...[DECODED, "-o", folder.join("out.mp4"), ...SMALL],
    ], { cwd: REPOSITORY, env: { SEGSTREAM_FFPROBE: ffprobe } });
    const seen = await foundIn(run, "an ffprobe", async () => {
      const found = await descendantsOf(run.pid);
      return found.some(({ command }) => command.startsWith("sleep")) ? found : undefined;
    });
    const { code: sent } = await runCommand("kill", ["-INT", "--", `-${run.pid}`]);
    assert.equal(sent, 0);
    const { code, stderr } = await run.ended;
    assert.equal(code, 130, stderr);
    assert.doesNotMatch(stderr, /Cannot/);
    assert.deepEqual(namesIn(folder.path), ["ffprobe"]);
    await allEnded(seen);
  },
});

/** `deno task corpus` tries 50 others. */
for (let number = 0; number < 10; number++) {
  const interruption = randomInterruption(number);
  Deno.test({
    name: `segstream leaves what was promised: ${describeInterruption(interruption)}`,
    ignore,
    async fn() {
      await using folder = await temporaryDirectory();
      const { verdict, reason } = await tryInterruption(folder.path, interruption);
      assert.equal(verdict, "survived", reason);
    },
  });
}
