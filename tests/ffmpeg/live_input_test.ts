import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import {
  isLiveInput,
  liveInputArguments,
  type LiveInputOptions,
  parseLiveInput,
} from "../../src/ffmpeg/live_input.ts";

const OLD: LiveInputOptions = { release: [4, 1], rtspTransport: "tcp", socketTimeoutMs: 20_000 };
const NEW: LiveInputOptions = { ...OLD, release: [5, 1] };

/** The value that follows an option; undefined where the option is not given. */
function option(input: string, name: string, options = OLD): string | undefined {
  const args = liveInputArguments(parseLiveInput(input), options);
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

Deno.test("isLiveInput() tells a camera from a file, by its name alone", () => {
  const cases: [input: string, isLive: boolean][] = [
    ["rtsp://user:secret@camera/stream", true],
    ["rtsps://camera:322/1", true],
    ["RTSP://CAMERA/1", true],
    ["rtmp://host/app/key", true],
    ["rtmps://host/app/key", true],
    ["udp://@239.0.0.1:1234", true],
    ["rtp://127.0.0.1:5004", true],
    ["srt://host:9000", true],
    ["/dev/video0", true],
    ["/dev/video12", true],
    ["http://host/a.m3u8", false],
    ["https://host/a.mp4", false],
    ["/dev/video0.mp4", false],
    ["dev/video0", false],
    ["street:", false],
    ["rtsp.mp4", false],
    ["C:\\rtsp", false],
  ];
  for (const [input, isLive] of cases) assert.equal(isLiveInput(input), isLive, input);
});

Deno.test("parseLiveInput() refuses what is no stream, without the password", () => {
  for (const input of ["street.mp4", "ftp://user:secret@host/a", "xyz://user:secret@host", "-"]) {
    assert.throws(() => parseLiveInput(input), (error: Error) => {
      assert.ok(error instanceof InputError, input);
      assert.ok(!`${error.message}${error.input}`.includes("secret"), error.message);
      return true;
    });
  }
  assert.equal(parseLiveInput("rtsp://user:secret@camera/1").name, "rtsp://***@camera/1");
  // A device is never looked at here: Deno may be refused to.
  assert.deepEqual(parseLiveInput("/dev/video7"), {
    kind: "device",
    name: "/dev/video7",
    path: "/dev/video7",
  });
});

Deno.test("liveInputArguments() ends with the input, which gets its own protocols only", () => {
  for (
    const input of ["rtsp://c/1", "rtmp://h/a", "http://h/a", "udp://h:1", "rtp://h:1", "srt://h:1"]
  ) {
    const args = liveInputArguments(parseLiveInput(input), OLD);
    assert.deepEqual(args.slice(-2), ["-i", input]);
    const protocols = option(input, "-protocol_whitelist")!.split(",");
    assert.ok(
      protocols.includes(input.slice(0, input.indexOf(":"))) && !protocols.includes("file"),
    );
    assert.ok(!args.includes("nobuffer"), "the first key frame would be thrown away");
  }
  assert.deepEqual(liveInputArguments(parseLiveInput("/dev/video3"), OLD).slice(-4), [
    ...["-f", "v4l2"],
    ...["-i", "/dev/video3"],
  ]);
});

Deno.test("liveInputArguments() asks an RTSP camera as its transport and ffmpeg's release want it", () => {
  const camera = "rtsp://camera/1";
  assert.equal(option(camera, "-rtsp_transport"), "tcp");
  assert.equal(option(camera, "-rtsp_transport", { ...OLD, rtspTransport: "udp" }), "udp");
  assert.equal(option(camera, "-stimeout"), "20000000");
  // Before 5.0 -timeout made ffmpeg wait for the camera to call.
  assert.equal(option(camera, "-timeout"), undefined);
  assert.equal(option(camera, "-timeout", NEW), "20000000");
  assert.equal(option(camera, "-stimeout", NEW), undefined);
  assert.equal(option(camera, "-allowed_media_types"), "video");
});

Deno.test("liveInputArguments() gives each protocol only the options that it knows", () => {
  const cases: [input: string, name: string, value: string | undefined][] = [
    ["rtmp://h/a", "-rw_timeout", "20000000"],
    ["http://h/a", "-rw_timeout", "20000000"],
    ["udp://h:1", "-rw_timeout", undefined],
    ["udp://h:1", "-overrun_nonfatal", "1"],
    ["rtp://h:1", "-overrun_nonfatal", undefined],
    ["http://h/a.m3u8?token=1", "-live_start_index", "-2"],
    ["https://h/a.m3u8", "-live_start_index", "-2"],
    ["http://h/mjpeg?file=a.m3u8", "-live_start_index", undefined],
    ["rtsp://h/1", "-analyzeduration", "1"],
    ["rtmp://h/a", "-analyzeduration", "1000000"],
  ];
  for (const [input, name, value] of cases) {
    assert.equal(option(input, name), value, `${input} ${name}`);
  }
  // Segments come at once: they are read at the pace of their clock.
  assert.ok(liveInputArguments(parseLiveInput("http://h/a.m3u8"), OLD).includes("-re"));
  assert.ok(!liveInputArguments(parseLiveInput("http://h/mjpeg"), OLD).includes("-re"));
});
