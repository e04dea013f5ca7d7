/** Names that a shell, a URL or ffmpeg would read as something else, as every input and output. */
import assert from "node:assert/strict";
import { makeClip } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { decodableTimes } from "./corpus/reference.ts";

const FRAMES = 3;

const SMALL = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu", "--quiet"];

const NAMES = [
  "two  spaces",
  "single ' and double \" quotes",
  "a\nnew line",
  "tab\tand bell\u0007",
  "Straße 日本 🚗",
  "e\u0301 decomposed",
  "%03d and %d%s%%",
  "-dash",
  "a:b|c",
  "[x]{y}*?",
  "back\\slash",
  "$(touch injected)`touch injected`;&",
  "#fragment?query=1&x",
  "~",
  "a=b,c=d",
  "file:inside",
  "name.partial",
  "x".repeat(230),
];

Deno.test({
  name: "segstream takes every name for what it is, as input, video, masks, statistics and trace",
  ignore: Deno.build.os === "windows",
  async fn(t) {
    await using folder = await temporaryDirectory();
    const clip = folder.join("clip.mp4");
    await makeClip(clip, { size: "64x32", frames: FRAMES, audio: true });
    for (const [number, name] of NAMES.entries()) {
      await t.step(JSON.stringify(name.slice(0, 40)), async () => {
        // Relative to the folder the program runs in, so that nothing stands before the name.
        const inside = folder.join(String(number));
        await Deno.mkdir(inside);
        await Deno.copyFile(clip, `${inside}/${name}.mp4`);
        const outputs = ["-o", `${name}.mkv`, "--stats", `${name}.csv`, "--trace", `${name}.json`];
        const run = (masks: string, options: string[]) =>
          runSegstream([...options, "--masks", masks, ...SMALL, "--", `${name}.mp4`], {
            cwd: inside,
          });
        const first = await run(`masks${name}.mkv`, outputs);
        assert.equal(first.code, 0, first.stderr);
        const second = await run(`${name}/`, ["--no-video"]);
        assert.equal(second.code, 0, second.stderr);
        const left = [...Deno.readDirSync(inside)].map((entry) => entry.name).sort();
        const expected = [".csv", ".json", ".mkv", ".mp4", ""].map((extension) => name + extension);
        assert.deepEqual(left, [...expected, `masks${name}.mkv`].sort());
        assert.equal((await decodableTimes(`${inside}/${name}.mkv`)).length, FRAMES);
        assert.equal([...Deno.readDirSync(`${inside}/${name}`)].length, FRAMES);
      });
    }
  },
});

Deno.test({
  name: "segstream reads a picture whose name looks like the pattern of a sequence",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await temporaryDirectory();
    for (const name of ["a%03d.png", "a*.png"]) {
      await makeClip(folder.join("one.png"), { size: "64x32", frames: 1 });
      await Deno.rename(folder.join("one.png"), folder.join(name));
      const output = folder.join("out.mp4");
      const { code, stderr } = await runSegstream([folder.join(name), "-o", output, ...SMALL]);
      assert.equal(code, 0, `${name}: ${stderr}`);
      assert.equal((await decodableTimes(output)).length, 1);
      await Deno.remove(output);
    }
  },
});
