import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { parseCameras, readCameras } from "../../src/cli/cameras_config.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const OPTIONS = {
  file: "cameras.json",
  readSecret: (path: string) => Promise.resolve(path === "empty" ? "\n" : "p@ss 'w/o'rd\n"),
};

/** A configuration of one camera. */
function oneCamera(camera: object, top: object = {}) {
  return { ...top, cameras: [{ input: "rtsp://10.0.0.5/gate", ...camera }] };
}

Deno.test("parseCameras() reads every setting of a camera", async () => {
  const config = oneCamera({
    name: "yard-2",
    output: ["all.mkv", "rtsp://127.0.0.1/out"],
    record: { path: "rec/gate.mp4", segment: "10m" },
    publish: "rtmp://127.0.0.1/live/x",
    hls: "hls",
    resolution: "quarter",
    every: 2,
    skipStill: true,
    drop: "newest",
    rtspTransport: "udp",
    stallTimeout: "5s",
    maxReconnects: 3,
    targetFps: 12.5,
    targetLatencyMs: 80,
    events: "events.ndjson",
    when: ["person>2%", "car<1%"],
    view: "mask",
    alpha: 0.3,
    classes: "road,human",
    hide: "rider",
    legend: true,
    hud: false,
    encoder: "libx264",
    crf: 20,
    preset: "fast",
  });
  assert.deepEqual(await parseCameras(config, OPTIONS), [{
    name: "yard-2",
    input: "rtsp://10.0.0.5/gate",
    targets: [
      { kind: "record", path: "all.mkv" },
      { kind: "publish", url: "rtsp://127.0.0.1/out" },
      { kind: "record", path: "rec/gate.mp4", segmentMs: 600_000 },
      { kind: "publish", url: "rtmp://127.0.0.1/live/x" },
      { kind: "hls", directory: "hls" },
    ],
    resolution: "quarter",
    every: 2,
    skipStill: true,
    drop: "newest",
    rtspTransport: "udp",
    stallTimeoutMs: 5000,
    maxReconnects: 3,
    target: { fps: 12.5, latencyMs: 80 },
    events: { to: "events.ndjson", when: ["person>2%", "car<1%"] },
    look: {
      view: "mask",
      alpha: 0.3,
      classes: "road,human",
      hide: "rider",
      legend: true,
      hud: false,
    },
    encode: { encoder: "libx264", crf: 20, preset: "fast" },
  }]);
});

Deno.test("parseCameras() puts a camera's word over the file's, and that over the command line's", async () => {
  const config = {
    resolution: "half",
    alpha: 0.5,
    events: "events.ndjson",
    segment: "1h",
    cameras: [
      { input: "rtsp://a/x", alpha: 1, record: "x.mp4", when: "person>2%" },
      { input: "rtsp://b/y", segment: 60, record: "y.mp4", resolution: "640x384" },
    ],
  };
  const defaults = { resolution: "full", drop: "newest", look: { alpha: 0.1, hud: true } } as const;
  assert.deepEqual(await parseCameras(config, { ...OPTIONS, defaults }), [
    {
      name: "x",
      input: "rtsp://a/x",
      resolution: "half",
      drop: "newest",
      look: { alpha: 1, hud: true },
      events: { to: "events.ndjson", when: ["person>2%"] },
      targets: [{ kind: "record", path: "x.mp4", segmentMs: 3_600_000 }],
    },
    {
      name: "y",
      input: "rtsp://b/y",
      resolution: { width: 640, height: 384 },
      drop: "newest",
      look: { alpha: 0.5, hud: true },
      events: { to: "events.ndjson" },
      targets: [{ kind: "record", path: "y.mp4", segmentMs: 60_000 }],
    },
  ]);
});

Deno.test("parseCameras() puts user and password into the address, encoded", async () => {
  const config = oneCamera({ user: "us:er", passwordFile: "gate.secret" });
  const [camera] = await parseCameras(config, OPTIONS);
  assert.equal(camera!.input, "rtsp://us%3Aer:p%40ss%20%27w%2Fo%27rd@10.0.0.5/gate");
  assert.equal(decodeURIComponent(new URL(camera!.input).password), "p@ss 'w/o'rd");
});

Deno.test("parseCameras() names the cameras that have none, around those that do", async () => {
  const cameras = [{ input: "gate.mp4" }, { input: "x.mp4", name: "gate" }];
  const names = (await parseCameras({ cameras }, OPTIONS)).map(({ name }) => name);
  assert.deepEqual(names, ["camera-1", "gate"]);
});

const WRONG: readonly (readonly [unknown, RegExp])[] = [
  [[], /it is no object/],
  [{}, /it names no cameras\. Write \{"cameras"/],
  [{ cameras: [] }, /it names no cameras/],
  [{ cameras: ["rtsp://a"] }, /cameras\[0\] is no object/],
  [{ cameras: [{}] }, /cameras\[0\]\.input is nothing\. It must be a text/],
  [{ cameras: [{ input: 5 }] }, /cameras\[0\]\.input is 5\. It must be a text/],
  [oneCamera({ ouput: "x.mp4" }), /cameras\[0\] has "ouput"\. It may have name, input, user/],
  [oneCamera({}, { output: "x.mp4" }), /it has "output"\. It may have cameras, segment/],
  [oneCamera({ name: "The Gate" }), /cameras\[0\]\.name is "The Gate"\. It must be letters a-z/],
  [
    { cameras: [{ input: "a", name: "x" }, { input: "b", name: "x" }] },
    /cameras\[1\]\.name is "x", as an earlier one's\. Change one/,
  ],
  [oneCamera({ resolution: "big" }), /cameras\[0\]\.resolution is "big"\. It must be full, half/],
  [oneCamera({}, { resolution: "big" }), /: resolution is "big"\. It must be full, half/],
  [oneCamera({ every: 1.5 }), /every is 1\.5\. It must be a whole number from 1 to 1000/],
  [oneCamera({ drop: "some" }), /drop is "some"\. It must be one of oldest, newest, wait/],
  [oneCamera({ stallTimeout: "soon" }), /stallTimeout is "soon"\. It must be a duration/],
  [oneCamera({ segment: "0s" }), /cameras\[0\]\.segment is "0s"\. It must be longer than nothing/],
  [oneCamera({ legend: "yes" }), /legend is "yes"\. It must be true or false/],
  [oneCamera({ when: [] }), /when is \[\]\. It must be a text or a list of texts/],
  [oneCamera({ when: "person>2%" }), /cameras\[0\] has "when" but no "events"/],
  [oneCamera({ view: "side-by-side" }), /view is "side-by-side"\. It must be one of/],
  [
    oneCamera({ record: { segment: "1m" } }),
    /record is \{"segment":"1m"\}\. It must be a path, or/,
  ],
  [oneCamera({ record: "rtsp://u:secret@a/x" }), /record is "rtsp:\/\/\*\*\*@a\/x"\. It must be a/],
  [oneCamera({ publish: "x.mp4" }), /publish is "x\.mp4"\. It must begin with rtsp:/],
  [
    oneCamera({ output: "ftp://u:secret@a/x.mp4" }),
    /output is "ftp:\/\/\*\*\*@a.*is no output here/,
  ],
  [oneCamera({ user: "u" }), /cameras\[0\] has one of "user" and "passwordFile"\. Give both/],
  [
    oneCamera({ user: "u", passwordFile: "x", input: "rtsp://v:secret@a/x" }),
    /input is "rtsp:\/\/\*\*\*@a\/x"\. With "user" it must be a URL without a user/,
  ],
  [oneCamera({ user: "u", passwordFile: "x", input: "a.mp4" }), /With "user" it must be a URL/],
  [oneCamera({ user: "u", passwordFile: "empty" }), /passwordFile is "empty"\. It is empty/],
];

for (const [config, says] of WRONG) {
  Deno.test(`parseCameras() names place and mend, for ${JSON.stringify(config)}`, async () => {
    await assert.rejects(parseCameras(config, OPTIONS), (error) => {
      assert.ok(error instanceof TypeError, String(error));
      assert.ok(error.message.startsWith('Cannot use "cameras.json": '), error.message);
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /secret@|\n/);
      return true;
    });
  });
}

Deno.test("readCameras() reads the file and the password's", async () => {
  await using directory = await temporaryDirectory();
  const passwordFile = directory.join("gate.secret");
  const path = directory.join("cameras.json");
  await Deno.writeTextFile(passwordFile, "secret\r\n");
  await Deno.writeTextFile(path, JSON.stringify(oneCamera({ user: "u", passwordFile })));
  const cameras = await readCameras(path);
  assert.deepEqual(cameras, [{ name: "gate", input: "rtsp://u:secret@10.0.0.5/gate" }]);
});

Deno.test("readCameras() says which file is missing", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("cameras.json");
  await assert.rejects(readCameras(path), (error) => {
    assert.ok(error instanceof InputError);
    assert.equal(
      error.message,
      `Cannot read ${JSON.stringify(path)}: there is no such file. ` +
        "Check the path.",
    );
    return true;
  });
});

Deno.test("readCameras() shows nothing of a file that is no JSON but where it breaks", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("cameras.json");
  await Deno.writeTextFile(path, '{"cameras": [{\n "input": "rtsp://u:secret@a/x" ]}');
  await assert.rejects(readCameras(path), (error) => {
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /it is not valid JSON at line 2 column \d+\. Mend the file\.$/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});
