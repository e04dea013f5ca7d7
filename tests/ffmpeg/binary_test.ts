import assert from "node:assert/strict";
import { FfmpegError } from "../../src/errors.ts";
import { findFfmpeg, findFfprobe } from "../../src/ffmpeg/binary.ts";

const isWindows = Deno.build.os === "windows";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A program that answers as an ffmpeg of this version does. */
async function writeFake(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
}

async function withVariable(name: string, value: string, use: () => Promise<void>) {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await use();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test("findFfmpeg() takes the bundled one, when none is named", async () => {
  const binary = await findFfmpeg();
  assert.match(binary.path, /ffmpeg-installer/);
  assert.equal(binary.release[0], 4);
  assert.equal(await findFfmpeg(), binary, "and remembers it");
});

Deno.test({
  name: "findFfmpeg() prefers the option, then the environment",
  ignore: isWindows,
  fn: () =>
    withFolder(async (folder) => {
      await writeFake(`${folder}/ffmpeg-a`, "ffmpeg version 6.1");
      await writeFake(`${folder}/ffmpeg-b`, "ffmpeg version 7.1");
      await withVariable("SEGSTREAM_FFMPEG", `${folder}/ffmpeg-a`, async () => {
        assert.deepEqual((await findFfmpeg()).release, [6, 1]);
        assert.deepEqual((await findFfmpeg({ path: `${folder}/ffmpeg-b` })).release, [7, 1]);
      });
    }),
});

Deno.test({
  name: "findFfmpeg() says how to mend it, when the binary is missing, forbidden or another",
  ignore: isWindows,
  fn: () =>
    withFolder(async (folder) => {
      await writeFake(`${folder}/other`, "GNU ls 9.1");
      await Deno.writeTextFile(`${folder}/plain`, "text", { mode: 0o644 });
      const cases: [path: string, message: RegExp][] = [
        [`${folder}/absent`, /no such program.*--ffmpeg/],
        [`${folder}/other`, /does not answer as ffmpeg.*--ffmpeg/],
        [`${folder}/plain`, /chmod \+x/],
      ];
      for (const [path, message] of cases) {
        await assert.rejects(() => findFfmpeg({ path }), (error: Error) => {
          assert.ok(error instanceof FfmpegError);
          assert.match(error.message, message);
          assert.ok(!error.message.includes("\n"));
          return true;
        });
      }
    }),
});

Deno.test({
  name: "findFfmpeg() names the permission, when Deno may not run it",
  permissions: { read: true, env: true, sys: true, run: ["deno"] },
  fn: async () => {
    await assert.rejects(() => findFfmpeg({ path: import.meta.filename! }), /--allow-run/);
  },
});

Deno.test({
  name: "findFfprobe() prefers the option, the named ffmpeg's neighbour, the environment",
  ignore: isWindows,
  fn: () =>
    withFolder(async (folder) => {
      await writeFake(`${folder}/ffmpeg`, "ffmpeg version 6.1");
      assert.match(await findFfprobe(), /ffprobe-installer/);
      await withVariable("SEGSTREAM_FFPROBE", "/opt/ffprobe", async () => {
        assert.equal(await findFfprobe(), "/opt/ffprobe");
        assert.equal(await findFfprobe({ ffmpeg: `${folder}/ffmpeg` }), "/opt/ffprobe");
        await writeFake(`${folder}/ffprobe`, "ffprobe version 6.1");
        assert.equal(await findFfprobe({ ffmpeg: `${folder}/ffmpeg` }), `${folder}/ffprobe`);
        assert.equal(await findFfprobe({ ffprobe: "/a", ffmpeg: `${folder}/ffmpeg` }), "/a");
      });
    }),
});
