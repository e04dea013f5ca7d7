import assert from "node:assert/strict";
import { type Camera, type CameraEvent, startCamera } from "../../src/camera/camera.ts";
import { film } from "../../src/camera/encoder.ts";
import type { Failure } from "../../src/camera/flaky.ts";
import { openCameraSource } from "../../src/camera/source.ts";
import { FfmpegError, InputError, OutputError } from "../../src/errors.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { passthroughOption } from "../../src/ffmpeg/release.ts";
import { type RunningCommand, startCommand } from "../testing/command.ts";
import { freePort } from "../testing/free_port.ts";
import { ffmpeg, makeClip } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { RtspClient } from "./rtsp_client.ts";

const ANYWHERE = "rtsp://127.0.0.1:0/cam";
const SMALL = { size: { width: 192, height: 96 }, frameRate: { numerator: 20, denominator: 1 } };

/** The bundled ffmpeg 4.1, and a newer one of the system's where there is one. */
const READERS = [(await findFfmpeg()).path, ...await systemFfmpeg()];

async function systemFfmpeg(): Promise<string[]> {
  return await findFfmpeg({ path: "ffmpeg" }).then(({ path }) => [path], () => []);
}

/** An ffmpeg that decodes a camera and prints each frame's number, time and size. */
async function startReader(
  url: string,
  options: { path?: string; frames?: number; args?: readonly string[] } = {},
): Promise<RunningCommand> {
  const { frames, args = ["-rtsp_transport", "tcp"] } = options;
  const { path, release } = await findFfmpeg(options);
  return startCommand(path, [
    ...["-nostdin", "-hide_banner", "-loglevel", "info", ...args, "-i", url],
    ...["-vf", "showinfo", ...passthroughOption(release)],
    ...(frames === undefined ? [] : ["-frames:v", String(frames)]),
    ...["-f", "null", "-"],
  ]);
}

interface Frame {
  readonly seconds: number;
  readonly size: string;
}

/** What {@link startReader} printed. */
function framesOf(stderr: string): Frame[] {
  return Array.from(
    stderr.matchAll(/ n: *\d+ .*?pts_time:(\S+) .* s:(\d+x\d+) /g),
    ([, seconds, size]) => ({ seconds: Number(seconds), size: size! }),
  );
}

/** From frame to frame. ffmpeg 4.1 moves the first packets of any RTSP stream, left out here. */
function stepsMs(frames: readonly Frame[]): number[] {
  return frames.slice(10).flatMap(({ seconds }, index, rest) =>
    index === 0 ? [] : [Math.round((seconds - rest[index - 1]!.seconds) * 1000)]
  );
}

/** Resolves once nothing listens; the system may take a connection or two before it knows. */
async function closedPort(url: string): Promise<void> {
  for (;;) {
    try {
      using _client = await RtspClient.connect(url);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }
}

/** Tells of events, and waits for them. */
class Events {
  readonly all: CameraEvent[] = [];
  #changed = Promise.withResolvers<void>();

  readonly onEvent = (event: CameraEvent) => {
    this.all.push(event);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  };

  async count(kind: CameraEvent["kind"], count: number): Promise<void> {
    while (this.all.filter((event) => event.kind === kind).length < count) {
      await this.#changed.promise;
    }
  }
}

for (const path of READERS) {
  Deno.test(`startCamera() films the street at its rate, as ${name(path)} reads it`, async () => {
    const begunMs = performance.now();
    await using camera = await startCamera(ANYWHERE, SMALL);
    await using reader = await startReader(camera.url, { path, frames: 80 });
    const { stderr } = await reader.ended;
    const tookMs = performance.now() - begunMs;
    const frames = framesOf(stderr);
    assert.ok(frames.length >= 80); // one more, or two, may have passed the filter
    // However late things were: a picture of some second is not there before that second is over. A
    // timer may be a millisecond early.
    const filmedMs = 1000 * (frames.at(-1)!.seconds - frames[10]!.seconds);
    assert.ok(tookMs > filmedMs - 10, `${filmedMs} ms were filmed in ${tookMs}`);
    assert.deepEqual([...new Set(frames.map((frame) => frame.size))], ["192x96"]);
    // A street that is drawn too late leaves frames out: a step is a multiple of the rate's.
    assert.deepEqual(stepsMs(frames).filter((step) => step <= 0 || step % 50 !== 0), []);
    assert.doesNotMatch(stderr, /missed|concealing|error while decoding/i);
  });

  Deno.test(`startCamera() shows a file over and over, as ${name(path)} reads it`, async () => {
    await using directory = await temporaryDirectory();
    const source = directory.join("clip.mp4");
    // One second, with sound.
    await makeClip(source, { size: "96x64", rate: 20, frames: 20, audio: true });
    await using camera = await startCamera(ANYWHERE, { source });
    assert.deepEqual(camera.size, { width: 96, height: 64 });
    assert.equal(camera.frameRate.numerator / camera.frameRate.denominator, 20);
    await using reader = await startReader(camera.url, { path, frames: 50 });
    const { stderr } = await reader.ended;
    const frames = framesOf(stderr);
    assert.ok(frames.length >= 50);
    assert.equal(frames.at(-1)!.size, "96x64");
    assert.deepEqual([...new Set(stepsMs(frames))], [50]);
    assert.doesNotMatch(stderr, /missed|concealing|error while decoding/i);
  });
}

function name(path: string): string {
  return path === READERS[0] ? "the bundled ffmpeg" : "the system's ffmpeg";
}

Deno.test("startCamera() serves two clients at once, one of them by way of UDP", async () => {
  await using camera = await startCamera(ANYWHERE, SMALL);
  await using first = await startReader(camera.url);
  await first.stderrMatches(/ n: *0 /);
  // Without a transport ffmpeg asks for UDP; it is refused, and takes TCP.
  await using second = await startReader(camera.url, { frames: 20, args: [] });
  const { code, stderr } = await second.ended;
  assert.equal(code, 0);
  assert.ok(framesOf(stderr).length >= 20);
  await first.stderrMatches(/ n: *40 /);
});

Deno.test("startCamera() shows its picture to who knows the password", async () => {
  const url = "rtsp://user:s%40cret@127.0.0.1:0/cam";
  await using camera = await startCamera(url, SMALL);
  assert.doesNotMatch(camera.url, /user|cret/);
  const open = async (userinfo: string, path = "/cam") => {
    const url = camera.url.replace("//", `//${userinfo}`).replace("/cam", path);
    await using reader = await startReader(url, { frames: 1 });
    return (await reader.ended).stderr;
  };
  assert.equal(framesOf(await open("user:s%40cret@"))[0]!.size, "192x96");
  assert.match(await open("user:guess@"), /401 Unauthorized/);
  assert.match(await open(""), /401 Unauthorized/);
  assert.match(await open("user:s%40cret@", "/other"), /404 Not Found/);
});

Deno.test("startCamera() begins with a key frame for each client, within a second", async () => {
  await using camera = await startCamera(ANYWHERE, SMALL);
  for (let index = 0; index < 2; index++) {
    using client = await RtspClient.connect(camera.url);
    assert.equal((await client.request("DESCRIBE")).status, 200);
    await client.play();
    // Its parameter sets come first: type 7.
    assert.equal((await client.packet()).payload[0]! & 31, 7);
    let pictures = 0;
    do {
      await client.picture();
      pictures++;
    } while ((await client.packet()).payload[0] !== 0x67);
    assert.ok(pictures <= 20, `${pictures} pictures from key frame to key frame`);
  }
});

Deno.test("startCamera() stalls, drops and reboots to another size, when it is told to", async () => {
  const failures: readonly Failure[] = [
    { kind: "stall", atMs: 500, durationMs: 200 },
    { kind: "drop", atMs: 800 },
    { kind: "reboot", atMs: 900, durationMs: 300, size: { width: 96, height: 48 } },
  ];
  const events = new Events();
  // A port that it gets again, whatever else goes on here.
  await using camera = await startCamera(`rtsp://127.0.0.1:${freePort()}/cam`, {
    ...SMALL,
    failures: () => failures,
    onEvent: events.onEvent,
  });
  const { url } = camera;
  using first = await RtspClient.connect(url);
  await events.count("failure", 2);
  await first.closed();
  await events.count("failure", 3);
  await closedPort(url);
  await events.count("back", 2);
  assert.deepEqual(
    events.all.filter((event) => event.kind !== "client"),
    failures.flatMap((failure): CameraEvent[] => {
      const begin: CameraEvent = { kind: "failure", failure };
      return failure.kind === "drop" ? [begin] : [begin, { kind: "back" }];
    }),
  );
  await using reader = await startReader(url, { frames: 5 });
  assert.equal(framesOf((await reader.ended).stderr).at(-1)!.size, "96x48");
});

Deno.test("stop() leaves nothing: no port, no connection, no ffmpeg", async () => {
  const camera = await startCamera(ANYWHERE, SMALL);
  using client = await RtspClient.connect(camera.url);
  await client.request("DESCRIBE");
  await camera.stop();
  await camera.ended;
  await client.closed();
  await assert.rejects(RtspClient.connect(camera.url), Deno.errors.ConnectionRefused);
  await camera.stop();
});

Deno.test("startCamera() may be stopped at once, and during a failure", async () => {
  await (await startCamera(ANYWHERE, SMALL)).stop();
  for (const kind of ["stall", "reboot"] as const) {
    const events = new Events();
    const failure = { kind, atMs: 0, durationMs: 60_000, size: SMALL.size };
    const camera = await startCamera(ANYWHERE, {
      ...SMALL,
      failures: () => [failure],
      onEvent: events.onEvent,
    });
    await events.count("failure", 1);
    await camera.stop();
  }
});

Deno.test("startCamera() refuses what it cannot serve, in one line", async () => {
  await using directory = await temporaryDirectory();
  const sound = directory.join("sound.m4a");
  await ffmpeg(["-f", "lavfi", "-i", "sine", "-t", "0.2", sound]);
  const missing = directory.join("missing.mp4");
  const fails = (url: string, options: Parameters<typeof startCamera>[1], type: unknown) =>
    assert.rejects(startCamera(url, options), (error) => {
      assert.ok(error instanceof (type as typeof Error), String(error));
      assert.doesNotMatch(error.message, /\n|secret/);
      return true;
    });
  await fails("http://user:secret@127.0.0.1/cam", {}, TypeError);
  await fails(ANYWHERE, { source: missing }, InputError);
  await fails(ANYWHERE, { source: sound }, InputError);
  await fails(ANYWHERE, { source: "rtsp://user:secret@127.0.0.1:1/cam" }, InputError);
  await fails(ANYWHERE, { source: "street:size=3x3" }, TypeError);
  await fails(ANYWHERE, { size: { width: 95, height: 64 } }, RangeError);
  await fails(ANYWHERE, { ffmpeg: missing }, FfmpegError);
  await using camera: Camera = await startCamera(ANYWHERE, SMALL);
  await fails(camera.url.replace("//", "//user:secret@"), SMALL, OutputError);
});

Deno.test({
  name: "ended rejects with ffmpeg's reason, when it cannot film",
  ignore: Deno.build.os === "windows", // a script stands in for ffmpeg
  fn: rejectWithReason,
});

async function rejectWithReason() {
  await using directory = await temporaryDirectory();
  const { path } = await findFfmpeg();
  const failing = directory.join("ffmpeg");
  const script = `#!/bin/sh
case "$1" in -version) exec "${path}" -version ;; esac
echo "[error] Unknown encoder 'libx264'" >&2
exit 1
`;
  await Deno.writeTextFile(failing, script, { mode: 0o755 });
  await using camera = await startCamera(ANYWHERE, { ...SMALL, ffmpeg: failing });
  await assert.rejects(camera.ended, (error) => {
    assert.ok(error instanceof FfmpegError);
    assert.equal(
      error.message,
      "Cannot film: ffmpeg gave no picture: Unknown encoder 'libx264'. Check the source.",
    );
    return true;
  });
  await closedPort(camera.url);
}

Deno.test("film() rejects after its patience, when nothing in a file decodes", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("broken.mp4");
  // Its head tells of a video, and where that should be are zeros.
  await makeClip(path, { size: "96x64", args: ["-movflags", "faststart"] });
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.fill(0, 3000));
  const binary = await findFfmpeg();
  const source = await openCameraSource(path, binary);
  const filming = film(binary, source, {
    size: source.size,
    onUnit: () => {},
    signal: new AbortController().signal,
    patienceMs: 1000,
  });
  await assert.rejects(filming, /^FfmpegError: Cannot film: ffmpeg gave no picture: .+\./);
});
