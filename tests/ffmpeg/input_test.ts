import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { checkFile, inputArguments, parseInput } from "../../src/ffmpeg/input.ts";

Deno.test("parseInput() and inputArguments() hand over an input safely, when it is", () => {
  const cases: [input: string, kind: string, last: string][] = [
    ["street.mp4", "file", "file:street.mp4"],
    ["-y", "file", "file:-y"],
    ["12:30 walk.mp4", "file", "file:12:30 walk.mp4"],
    ["concat:a|b", "file", "file:concat:a|b"],
    ["C:\\video.mp4", "file", "file:C:\\video.mp4"],
    ["file:///tmp/a%20b.mp4", "file", "file:/tmp/a b.mp4"],
    ["rtsp://u:p@camera/1", "url", "rtsp://u:p@camera/1"],
    ["HTTPS://host/a.m3u8", "url", "HTTPS://host/a.m3u8"],
    ["lavfi:testsrc2=size=2x2", "lavfi", "testsrc2=size=2x2"],
  ];
  for (const [input, kind, last] of cases) {
    const parsed = parseInput(input);
    assert.equal(parsed.kind, kind, input);
    const args = inputArguments(parsed);
    assert.equal(args.at(-1), last);
    assert.equal(args.at(-2), "-i");
  }
  assert.equal(parseInput("rtsp://u:p@camera/1").name, "rtsp://***@camera/1");
});

Deno.test("inputArguments() lets each kind of input open its own protocols only", () => {
  const protocols = (input: string) => {
    const args = inputArguments(parseInput(input));
    return args[args.indexOf("-protocol_whitelist") + 1]!.split(",");
  };
  assert.deepEqual(protocols("list.m3u8"), ["file", "crypto", "data"]);
  for (const url of ["http://h/a", "https://h/a", "rtsp://h/a", "rtmp://h/a", "udp://h:1"]) {
    assert.ok(!protocols(url).includes("file"), url);
    assert.ok(protocols(url).includes(url.slice(0, url.indexOf(":"))), url);
  }
  assert.ok(protocols("srt://h:1").includes("srt"));
});

Deno.test("parseInput() refuses an empty name, the standard input and a broken file URL", () => {
  for (const input of ["", "-", "pipe:0", "file://host name/%zz"]) {
    assert.throws(() => parseInput(input), InputError, input);
  }
});

Deno.test("checkFile() says what is wrong, when the file is", async (t) => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/empty.mp4`, "");
  await Deno.writeTextFile(`${folder}/some.mp4`, "bytes");
  const cases: [name: string, path: string, message: RegExp][] = [
    ["missing", `${folder}/absent.mp4`, /no such file/],
    ["below a file", `${folder}/some.mp4/a.mp4`, /no such file/],
    ["a directory", folder, /is a directory/],
    ["empty", `${folder}/empty.mp4`, /is empty/],
    ["a device", "/dev/null", /no regular file/],
  ];
  for (const [name, path, message] of cases) {
    await t.step({
      name,
      ignore: path === "/dev/null" && Deno.build.os === "windows",
      fn: async () => {
        await assert.rejects(() => checkFile(path), (error: Error) => {
          assert.ok(error instanceof InputError);
          assert.equal(error.input, path);
          assert.match(error.message, message);
          return true;
        });
      },
    });
  }
  await checkFile(`${folder}/some.mp4`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "checkFile() says so, when Deno or the system forbids reading",
  permissions: { read: [import.meta.dirname!] },
  fn: async () => {
    await assert.rejects(() => checkFile("/etc/hostname"), /--allow-read/);
  },
});
