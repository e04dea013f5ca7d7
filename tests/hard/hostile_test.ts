/** Inputs made to reach what they should not: other files, other machines, options, protocols. */
import assert from "node:assert/strict";
import { ffmpeg, makeClip } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";

const SMALL = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu", "--quiet"];

const SECRET = "the-content-of-a-private-file";

/** A listener that counts who connects. */
function listen(): { port: number; connections: () => number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const accept = async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  };
  const accepting = accept();
  return {
    port: listener.addr.port,
    connections: () => connections,
    [Symbol.dispose]() {
      listener.close();
      accepting.catch(() => {});
    },
  };
}

function hls(...entries: string[]): string {
  return ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", ...entries, "#EXT-X-ENDLIST", ""]
    .join("\n");
}

const SDP = [
  ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", "c=IN IP4 127.0.0.1", "t=0 0"],
  ...["m=video 5004 RTP/AVP 96", "a=rtpmap:96 H264/90000", ""],
].join("\r\n");

function dash(url: string): string {
  return `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ` +
    `mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period>` +
    `<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" width="64" height="32">` +
    `<BaseURL>${url}</BaseURL></Representation></AdaptationSet></Period></MPD>`;
}

/** Files with text that a demuxer may take for a list of others. {} is a folder, {port} a listener. */
const FILES: readonly [name: string, content: string][] = [
  ["private_video.m3u8", hls("file://{}/private/video.ts")],
  ["private_video_by_path.m3u8", hls("{}/private/video.ts")],
  ["private_text.m3u8", hls("file://{}/private/text.txt")],
  ["password_file.m3u8", hls("file:///etc/passwd")],
  ["listener.m3u8", hls("http://127.0.0.1:{port}/a.ts")],
  [
    "listener_key.m3u8",
    hls('#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:{port}/key"', "{}/private/video.ts"),
  ],
  ["concat_protocol.m3u8", hls("concat:{}/private/video.ts|{}/private/text.txt")],
  ["subfile_protocol.m3u8", hls("subfile,,start,0,end,0,,:{}/private/text.txt")],
  ["named_as_video.mp4", hls("{}/private/video.ts")],
  ["named_as_stream.ts", hls("http://127.0.0.1:{port}/a.ts")],
  ["absolute.ffconcat", "ffconcat version 1.0\nfile '{}/private/video.ts'\n"],
  ["above.ffconcat", "ffconcat version 1.0\nfile ../private/video.ts\n"],
  ["url.ffconcat", "ffconcat version 1.0\nfile 'file:///etc/passwd'\n"],
  ["listener.ffconcat", "ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.ts\n"],
  ["named_as_video_too.mp4", "ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.ts'\n"],
  ["session.sdp", SDP],
  ["private.mpd", dash("file://{}/private/video.ts")],
  ["listener.mpd", dash("http://127.0.0.1:{port}/a.mp4")],
];

/** A folder with `private/`, whose content must not come out, and `in/` for the inputs. */
async function makePrivate(): Promise<TemporaryDirectory> {
  const folder = await temporaryDirectory();
  await Deno.mkdir(folder.join("private"));
  await Deno.mkdir(folder.join("in"));
  await Deno.writeTextFile(folder.join("private", "text.txt"), SECRET);
  await makeClip(folder.join("private", "video.ts"), { size: "64x32", frames: 4 });
  return folder;
}

/** One line, exit code 1, nothing left, nothing of the private files told. */
async function assertRefused(folder: TemporaryDirectory, args: readonly string[], what: string) {
  const { code, stderr } = await runSegstream(["-o", folder.join("out.mp4"), ...SMALL, ...args]);
  assert.equal(code, 1, `${what}: ${stderr}`);
  assert.match(stderr, /^segstream: Cannot [^\n]+\.\n$/, what);
  assert.ok(!stderr.includes(SECRET) && !stderr.includes("root:"), `${what}: ${stderr}`);
  await assert.rejects(Deno.stat(folder.join("out.mp4")), Deno.errors.NotFound);
}

Deno.test("segstream reads no other file and calls nobody, whatever a playlist names", async (t) => {
  await using folder = await makePrivate();
  using listener = listen();
  for (const [name, content] of FILES) {
    await t.step(name, async () => {
      const path = folder.join("in", name);
      const text = content.replaceAll("{}", folder.path).replaceAll(
        "{port}",
        String(listener.port),
      );
      await Deno.writeTextFile(path, text);
      await assertRefused(folder, [path], name);
    });
  }
  assert.equal(listener.connections(), 0);
});

Deno.test("segstream reads no file of this machine, when a server's playlist or redirect names one", async () => {
  await using folder = await makePrivate();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/redirect.ts") {
      return new Response(null, {
        status: 302,
        headers: { location: `file://${folder.path}/private/video.ts` },
      });
    }
    return new Response(hls(`file://${folder.path}/private/video.ts`), {
      headers: { "content-type": "application/vnd.apple.mpegurl" },
    });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  for (const name of ["list.m3u8", "redirect.ts"]) {
    await assertRefused(folder, [`${origin}/${name}`], name);
  }
  await server.shutdown();
});

Deno.test("segstream takes what looks like a protocol for the name of a file, which is not there", async (t) => {
  await using folder = await makePrivate();
  using listener = listen();
  const video = folder.join("private", "video.ts");
  const names = [
    `concat:${video}|${video}`,
    `subfile,,start,0,end,100,,:${video}`,
    `crypto:${video}`,
    `cache:${video}`,
    `async:${video}`,
    `data:video/mp4;base64,AAAA`,
    `tcp:127.0.0.1:${listener.port}`,
    `hls+http:127.0.0.1:${listener.port}`,
  ];
  for (const name of names) {
    await t.step(name.slice(0, name.indexOf(":")), () => assertRefused(folder, [name], name));
  }
  await t.step("a URL of a scheme that ffmpeg does not have", async () => {
    await assertRefused(folder, [`gopherx://127.0.0.1:${listener.port}/`], "gopherx");
  });
  assert.equal(listener.connections(), 0);
});

Deno.test("segstream takes a name that begins with a dash for a file behind --, else for an option", async () => {
  await using folder = await makePrivate();
  for (const name of ["-i", "-y", "-version"]) {
    await assertRefused(folder, ["--", name], name);
    const { code, stderr } = await runSegstream([name, "-o", folder.join("out.mp4"), ...SMALL]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /unknown option/);
  }
});

Deno.test("segstream plays a list of videos that lie below it", async () => {
  await using folder = await makePrivate();
  const list = folder.join("private", "list.ffconcat");
  await Deno.writeTextFile(list, "ffconcat version 1.0\nfile video.ts\nfile video.ts\n");
  const output = folder.join("out.mp4");
  const { code, stderr } = await runSegstream([list, "-o", output, ...SMALL]);
  assert.equal(code, 0, stderr);
  const crc = await ffmpeg(["-i", output, "-map", "0:v", "-f", "framecrc", "-"]);
  assert.equal(new TextDecoder().decode(crc).match(/^0,/gm)?.length, 8);
});
