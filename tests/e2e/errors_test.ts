import assert from "node:assert/strict";
import { join } from "node:path";
import { ffmpeg, makeClip } from "../testing/media.ts";
import { runSegstream } from "../testing/segstream.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const STREET = "street:size=64x32,seconds=0.1";
const OK = "out.mp4";

/** Arguments, exit code, and what the one line must say. `{}` is a folder with the files below. */
const CASES: [name: string, args: string[], code: number, says: RegExp][] = [
  ["no input", [], 2, /name an input\. See segstream --help/],
  ["an unknown option", [STREET, "--nonsense"], 2, /unknown option '--nonsense'/],
  [
    "a missing input",
    ["{}/nowhere.mp4", "-o", OK],
    1,
    /nowhere\.mp4.*(no such|not exist|missing|there is no)/i,
  ],
  ["a folder as input", ["{}", "-o", OK], 1, /folder|directory/i],
  ["text as input", ["{}/text.mp4", "-o", OK], 1, /text\.mp4.*not a video/],
  ["an empty input", ["{}/empty.mp4", "-o", OK], 1, /empty\.mp4.*empty/],
  ["sound as input", ["{}/sound.wav", "-o", OK], 1, /sound\.wav.*no video/],
  ["an unknown street option", ["street:colour=red", "-o", OK], 2, /colour.*size.*seconds/],
  ["an odd street size", ["street:size=63x32", "-o", OK], 2, /63x32|even/],
  ["an unknown output format", [STREET, "-o", "out.gif"], 1, /\.gif.*\.mp4/],
  [
    "an output folder that is not there",
    [STREET, "-o", "{}/no/out.mp4"],
    1,
    /no directory|does not exist/,
  ],
  ["a folder as output", [STREET, "-o", "{}"], 1, /directory|extension/],
  ["the input as output", ["{}/clip.mp4", "-o", "{}/clip.mp4", "--overwrite"], 1, /input/],
  ["an unknown resolution", [STREET, "--resolution", "huge"], 2, /full, half, quarter/],
  ["an unknown provider", [STREET, "--provider", "abacus"], 2, /webgpu/],
  ["a provider of another system", [STREET, "-o", OK, "--provider", "dml"], 1, /windows only/],
  ["an unknown view", [STREET, "--view", "inside-out"], 2, /overlay, mask, side-by-side/],
  ["an alpha above 1", [STREET, "--alpha", "2"], 2, /0 to 1/],
  ["a class that is none", [STREET, "-o", OK, "--classes", "raod"], 2, /raod.*road/],
  ["a missing palette", [STREET, "-o", OK, "--palette", "{}/none.json"], 1, /none\.json/],
  ["a broken palette", [STREET, "-o", OK, "--palette", "{}/text.mp4"], 1, /text\.mp4/],
  ["an unknown model", [STREET, "-o", OK, "--model", "resnet"], 1, /resnet.*fast_scnn_street19_v0/],
  [
    "a model that is none",
    [STREET, "-o", OK, "--model", "{}/text.safetensors"],
    1,
    /text\.safetensors/,
  ],
  ["an unknown encoder", [STREET, "-o", OK, "--encoder", "libx999"], 1, /libx999/],
  ["a preset that is none", [STREET, "-o", OK, "--preset", "warp"], 1, /warp.*--preset/],
  ["a crf that is none", [STREET, "-o", OK, "--crf", "many"], 2, /0 to 63/],
  ["an ffmpeg that is not there", [STREET, "-o", OK, "--ffmpeg", "{}/ffmpeg"], 1, /ffmpeg/],
  ["stats of another kind", [STREET, "-o", OK, "--stats", "{}/a.xml"], 2, /\.jsonl.*\.csv/],
  [
    "one name for two outputs",
    [STREET, "-o", OK, "--stats", "{}/a.csv", "--trace", "{}/b/../a.csv"],
    2,
    /stats and trace both to .*a\.csv/,
  ],
  ["a video that is not wanted", [STREET, "-o", OK, "--no-video"], 2, /--output.*--no-video/],
  ["a format for a file", [STREET, "-o", OK, "--format", "nut"], 2, /--format.*-o -/],
  ["facts about a shipped model", [STREET, "-o", OK, "--model-layout", "nhwc"], 2, /\.onnx/],
  ["nothing to write", [STREET, "--no-video"], 2, /--masks/],
  ["workers that are none", [STREET, "--workers", "0"], 2, /1 to 64/],
];

for (const [name, args, code, says] of CASES) {
  Deno.test(`segstream answers ${name} with one line and exit code ${code}`, async () => {
    await using folder = await temporaryDirectory();
    const inside = join(folder.path, "in");
    await Deno.mkdir(inside);
    await Deno.writeTextFile(join(inside, "text.mp4"), "this is not a video\n".repeat(100));
    await Deno.writeTextFile(join(inside, "text.safetensors"), "neither is this a model");
    await Deno.writeTextFile(join(inside, "empty.mp4"), "");
    if (args.some((arg) => arg.includes("clip.mp4"))) await makeClip(join(inside, "clip.mp4"));
    if (args.some((arg) => arg.includes("sound.wav"))) {
      await ffmpeg(["-f", "lavfi", "-i", "sine", "-t", "1", join(inside, "sound.wav")]);
    }
    const before = [...Deno.readDirSync(inside)].map((entry) => entry.name).sort();
    const result = await runSegstream(
      args.map((arg) => arg === OK ? join(folder.path, OK) : arg.replace("{}", inside)),
    );
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, says);
    assert.match(result.stderr, /^segstream: [^\n]+\n$/);
    assert.deepEqual([...Deno.readDirSync(inside)].map((entry) => entry.name).sort(), before);
    assert.deepEqual([...Deno.readDirSync(folder.path)].map((entry) => entry.name), ["in"]);
  });
}
