/** What goes wrong with live runs, as a user sees it: one clear line, and the exit code. */
import assert from "node:assert/strict";
import { QUICK, startLive } from "../testing/live_run.ts";
import { makeClip } from "../testing/media.ts";
import { type RtspServer, rtspServerTest, startRtspServer } from "../testing/rtsp_server.ts";
import { runSegstream } from "../testing/segstream.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";

const SOURCE = { width: 320, height: 180, fps: 10 };

async function assertRefused(args: readonly string[], code: number, says: RegExp): Promise<void> {
  const result = await runSegstream(args);
  const { stdout, stderr } = result;
  assert.match(stderr, says, args.join(" "));
  assert.match(stderr, /^segstream: [^\n]+\n$/, "one line");
  assert.equal(result.code, code, args.join(" "));
  assert.equal(stdout.length, 0);
  assert.doesNotMatch(stderr, /secret/);
}

/** Nothing that is refused for its flags is ever connected to. */
const CAMERA = "rtsp://user:secret@127.0.0.1:9/cam";
const LIVE = [CAMERA, "--live", ":0"];

const FLAGS: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [[CAMERA], /for nobody: name --live for a page, --output or --events/],
  [[CAMERA, "yard", "-o", "a.mp4"], /several cameras to one --output\. Say what each writes in a/],
  [[...LIVE, "--masks", "m"], /--masks with cameras: it is for files\. Use --events/],
  [[...LIVE, "--stats", "s.csv"], /--stats with cameras: it is for files/],
  [[...LIVE, "--no-video"], /--no-video with cameras: it is for files/],
  [[...LIVE, "--overwrite"], /--overwrite with cameras: a recording replaces nothing\. Cut it/],
  [[...LIVE, "--head", "prob"], /--head prob with cameras: it is for files/],
  [[...LIVE, "--when", "person>2%"], /--when without --events: say where/],
  [[...LIVE, "--events", "e", "--when", "dragon>2%"], /dragon/],
  [[...LIVE, "--view", "side-by-side"], /Name one of overlay/],
  [[...LIVE, "--classes", "dragon"], /dragon/],
  [[...LIVE, "--drop", "all"], /one of oldest, newest, wait/],
  [[...LIVE, "--target-latency", "0"], /from 1 to 60000/],
  [[...LIVE, "--stall-timeout", "soon"], /a duration such as 500ms, 10s, 5m or 1h/],
  [[...LIVE, "-o", "a.mp4", "--segment", "100ms"], /from one second to 24 hours/],
  [[...LIVE, "--config", "cameras.json"], /--config with inputs or --output: put them into the/],
  [["street:", "--live", "8080x"], /no address with a port\. Write a port or \[HOST\]:PORT/],
  [
    ["street:", "-o", "a.mp4", "--segment", "2s", "--token-file", "t"],
    /without --live: there is no/,
  ],
];

Deno.test("a live run's flags that are wrong, or do not go together, are told in one line", async () => {
  for (const [args, says] of FLAGS) await assertRefused(args, 2, says);
});

const CONFIGS: readonly (readonly [content: string, code: number, says: RegExp])[] = [
  ['{"cameras": [', 2, /c\.json": it is not valid JSON/],
  ["{}", 2, /it names no cameras\. Write \{"cameras": \[\{"input": "rtsp:\/\/…"\}\]\}/],
  ['{"cameras": [{"input": 5}]}', 2, /cameras\[0\]\.input is 5\. It must be a text/],
  ['{"cameras": [{"url": "rtsp://h"}]}', 2, /cameras\[0\] has "url"\. It may have name, input, /],
  ['{"cameras": [{"input": "street:", "alpha": 7}]}', 2, /cameras\[0\]\.alpha is 7\. .* 0 to 1/],
  ['{"cameras": [{"input": "rtps://u:secret@h/1"}]}', 1, /no kind of stream known here/],
  ['{"cameras": [{"input": "rtsp://u:se/secret@h/1"}]}', 1, /read in two ways\. Write %XX/],
  [
    '{"cameras": [{"input": "rtsp://h/1", "user": "u", "passwordFile": "nowhere"}]}',
    1,
    /Cannot read "nowhere"/,
  ],
];

Deno.test("a mistake in --config is told in one line, with its place", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.join("c.json");
  await assertRefused(["--config", file], 1, /Cannot read ".*c\.json": .*/);
  for (const [content, code, says] of CONFIGS) {
    await Deno.writeTextFile(file, content);
    await assertRefused(["--config", file, "--live", ":0"], code, says);
  }
});

Deno.test("what a live run cannot write, serve or play is told in one line", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.join("there.mp4");
  await makeClip(file, { frames: 2 });
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const page = `:${taken.addr.port}`;
  const gone = directory.join("gone", "cam.mp4");
  const webm = directory.join("cam.webm");
  const street = "street:size=64x32";
  const cases: (readonly [args: readonly string[], says: RegExp])[] = [
    [[street, "--live", page], /on 127\.0\.0\.1:\d+: the port is in use\. End the program that/],
    [[street, "--live", "192.0.2.1:0"], /was not given leave to\. Add --allow-net=192\.0\.2\.1:0/],
    [[CAMERA, "-o", file], /there\.mp4": it exists, and a recording replaces nothing\. Give it/],
    [[CAMERA, "-o", gone], /there is no directory/],
    [[CAMERA, "-o", webm], /H\.?264/i],
    [[CAMERA, "-o", "http://user:secret@h/live"], /http:\/\/ is no output here/],
    [[CAMERA, "-o", "rtsp://user:se#secret@h/live"], /read in two ways\. Write %XX/],
    [
      ["rtps://user:secret@h/1", "--live", ":0"],
      /"rtps" is no kind of stream known here\. Name one/,
    ],
    [["rtsp://user:se/secret@h/1", "--live", ":0"], /read in two ways\. Write %XX/],
    [[CAMERA, "--events", directory.join("gone", "e")], /folder does not exist/],
  ];
  for (const [args, says] of cases) await assertRefused(args, 1, says);
  assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["there.mp4"]);
});

Deno.test({
  ...rtspServerTest("a camera that refuses at the start ends the run, in one line"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({
      ...{ source: SOURCE, user: "user", password: "secret" },
    });
    const record = ["-o", directory.join("cam.mp4")];
    const cases: [url: string, says: RegExp][] = [
      [server.url.replace("secret", "guess"), /rejects the user or the password \(401\)\. Check/],
      [server.url.replace("user:secret@", ""), /wants a user and a password \(401\)\. Write them/],
      [server.url.replace("/cam", "/other"), /has no such stream \(404\)\. Check the path/],
    ];
    for (const [url, says] of cases) await assertRefused([url, ...record], 1, says);
    assert.equal(await server.countConnections(), cases.length, "each was asked once");
    await server.stop();
    const patience = ["--max-reconnects", "1"];
    await assertRefusedAfterRetry([server.url, ...record, ...patience]);
  },
});

async function assertRefusedAfterRetry(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runSegstream(args);
  assert.equal(code, 1);
  const lines = stderr.trim().split("\n");
  assert.match(lines.at(-1)!, /^segstream: Cannot open "rtsp:\/\/\*\*\*@.*nothing answers at that/);
  assert.doesNotMatch(stderr, /secret/);
}

/** Restarts a camera with another password, and gives the run's first word on it. */
async function changePassword(server: RtspServer, directory: TemporaryDirectory) {
  const log = directory.join("events.ndjson");
  await using run = await startLive([server.url, ...QUICK, "--events", log]);
  await run.until("frames come", ({ framesOut }) => framesOut > 5);
  await server.restart({ password: "another" });
  const [, seconds] = await run.command.stderrMatches(
    /cam rejected: the camera rejects the user or the password \(401\)\. Check both; asked again in (\d+) s/,
  );
  // The page goes on with the last frame meanwhile, for as long as it takes.
  const { framesHeld } = await run.status();
  const { reason } = await run.until("it is held", (now) => now.framesHeld > framesHeld + 10);
  return { seconds: Number(seconds), reason };
}

Deno.test({
  ...rtspServerTest("a camera whose password changes is not hammered"),
  async fn() {
    await using directory = await temporaryDirectory();
    await using server = await startRtspServer({
      ...{ source: SOURCE, user: "user", password: "secret" },
    });
    const { seconds, reason } = await changePassword(server, directory);
    assert.match(reason!, /401/);
    assert.ok(seconds >= 24, "30 s, and less by the jitter"); // later ones take minutes: backoff_test
    const connections = await server.countConnections();
    assert.ok(connections <= 2, `${connections} connections`);
  },
});

Deno.test("an open address wants the token of the printed URL, and keeps it in a file", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.join("token");
  const args = ["street:size=128x64,fps=5", ...QUICK, "--live", "0.0.0.0:0", "--token-file", file];
  const tokens: (string | null)[] = [];
  for (let round = 0; round < 2; round++) {
    await using run = await startLive(args);
    const token = new URL(run.url).searchParams.get("token");
    tokens.push(token);
    for (const path of ["/", "/metrics", "/feeds.json", "/snapshot.png", "/healthz"]) {
      for (const given of ["", "?token=guess", `?token=${token!.slice(0, -1)}`]) {
        const answer = await fetch(run.at(path + given));
        assert.equal(answer.status, 401, path + given);
        assert.match(await answer.text(), /^401: the token is missing or wrong\. Open the address/);
      }
    }
    assert.equal((await run.get("/feeds.json")).status, 200);
    const { stderr } = await run.stop();
    assert.equal(stderr.split(token!).length, 2, "it is printed once");
  }
  assert.equal(tokens[0], tokens[1]);
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
});
