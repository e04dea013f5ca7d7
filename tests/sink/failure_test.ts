/** Encoders that die: one line, no hang, nothing left. */
import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { encodeError, isWritten } from "../../src/sink/frame_encoder.ts";
import { runCommand } from "../testing/command.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { namesIn, openSyntheticSink, syntheticFrame, timesAt25, writeFrames } from "./synthetic.ts";

/** Sends a signal to the child of this process whose command line holds `text`. */
async function signalChild(text: string, signal: Deno.Signal): Promise<void> {
  const { stdout } = await runCommand("ps", [
    "-ww",
    "-o",
    "pid=,args=",
    "--ppid",
    String(Deno.pid),
  ]);
  const line = new TextDecoder().decode(stdout).split("\n").find((line) => line.includes(text));
  assert(line !== undefined, `no child with ${text}`);
  Deno.kill(parseInt(line), signal);
}

Deno.test({
  name: "VideoSink.write() rejects in one line, when the encoder is killed (Linux: ps --ppid)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await temporaryDirectory();
    const target = folder.join("demo.mp4");
    const sink = await openSyntheticSink(target);
    await writeFrames(sink, timesAt25(3));
    await signalChild(folder.path, "SIGKILL");
    const later = Array.from({ length: 10_000 }, (_, index) => (index + 3) * 40_000);
    await assert.rejects(writeFrames(sink, later), (error: unknown) => {
      assert(error instanceof OutputError);
      assert.match(
        error.message,
        /^Cannot encode ".*demo\.mp4": ffmpeg was ended by SIGKILL\.[^\n]*$/,
      );
      return true;
    });
    await assert.rejects(sink.close("complete"), /ended by SIGKILL/);
    await sink.abort();
    assert.deepEqual(await namesIn(folder.path), []);
  },
});

Deno.test({
  name: "VideoSink's encoder is in a process group of its own, out of reach of Ctrl-C (Linux: ps)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await temporaryDirectory();
    const sink = await openSyntheticSink(folder.join("demo.mp4"));
    const { stdout } = await runCommand("ps", [
      "-ww",
      "-o",
      "pid=,pgid=,args=",
      "--ppid",
      String(Deno.pid),
    ]);
    const line = new TextDecoder().decode(stdout).split("\n").find((line) =>
      line.includes(folder.path)
    );
    const [pid, group] = line!.trim().split(/\s+/);
    assert.equal(group, pid);
    await sink.abort();
  },
});

Deno.test("encodeError() says that the disk is full and what to do, when ffmpeg says so", () => {
  const { message } = encodeError('Cannot encode "demo.mp4"', {
    output: "demo.mp4",
    args: [],
    exit: {
      code: 1,
      signal: null,
      stderrTail: "av_interleaved_write_frame(): No space left on device\nConversion failed!",
      lastError: "Error writing trailer of file:demo.partial.mp4: No space left on device",
      errorCount: 2,
      cpuMs: undefined,
    },
  });
  assert.equal(
    message,
    'Cannot encode "demo.mp4": No space left on device. Free some, or write elsewhere.',
  );
});

Deno.test("isWritten() is false, when ffmpeg ends with 0 but lost the end of the file", () => {
  // What 4.1 and 5.1 print for a Matroska file on a full disk, before they end with 0.
  const stderrTail = "Error writing trailer of file:demo.mkv: No space left on device";
  const exit = { signal: null, lastError: stderrTail, errorCount: 1, cpuMs: 10 };
  assert.equal(isWritten({ ...exit, code: 0, stderrTail }), false);
  assert.equal(isWritten({ ...exit, code: 0, stderrTail: "h264: no frame!" }), true);
  assert.equal(isWritten({ ...exit, code: 1, stderrTail: "" }), false);
});

Deno.test("VideoSink.write() refuses a frame of another size, and goes on", async () => {
  await using folder = await temporaryDirectory();
  const sink = await openSyntheticSink(folder.join("demo.mp4"));
  await assert.rejects(sink.write(syntheticFrame(0, 0, { width: 32, height: 32 })), RangeError);
  await writeFrames(sink, timesAt25(2));
  await sink.close("complete");
  assert.deepEqual(await namesIn(folder.path), ["demo.mp4"]);
});
