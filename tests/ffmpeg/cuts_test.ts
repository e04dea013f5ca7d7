/** Parts of a video decode to the frames of the whole, or it is found out that they do not. */
import assert from "node:assert/strict";
import { cutsOf, decodedFrames } from "../testing/decoded.ts";
import { answerOf } from "../testing/installed.ts";
import { ffmpeg, makeClip } from "../testing/media.ts";
import { shared } from "../testing/shared.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** The frames of all parts between cuts, one part after the other. */
async function framesOfParts(path: string, cutsUs: readonly number[]): Promise<string[]> {
  const edges = [undefined, ...cutsUs, undefined];
  const frames: string[] = [];
  for (let index = 0; index + 1 < edges.length; index++) {
    const range = { startUs: edges[index], endUs: edges[index + 1] };
    frames.push(...await decodedFrames(path, range));
  }
  return frames;
}

const X264 = ["-c:v", "libx264", "-preset", "ultrafast"];

/** Clips of 200 frames with a keyframe every second or so. */
const CLIPS: readonly {
  readonly what: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly audio?: boolean;
  readonly rate?: number;
  readonly isCut: boolean;
}[] = [
  { what: "reordered frames", file: "b.mp4", args: [...X264, "-g", "25", "-bf", "3"], isCut: true },
  {
    what: "open groups of pictures",
    file: "open.mp4",
    args: [...X264, "-g", "25", "-bf", "3", "-x264-params", "open-gop=1:scenecut=0"],
    isCut: true,
  },
  {
    what: "open groups of pictures in Matroska",
    file: "open.mkv",
    args: [...X264, "-g", "25", "-bf", "3", "-x264-params", "open-gop=1:scenecut=0"],
    isCut: true,
  },
  {
    what: "a picture that begins after the sound",
    file: "late.mp4",
    args: [...X264, "-g", "25", "-bf", "2", "-vf", "setpts=PTS+1.7/TB"],
    audio: true,
    isCut: true,
  },
  {
    what: "30000/1001 frames a second",
    file: "ntsc.mkv",
    args: [...X264, "-g", "25"],
    rate: 30000 / 1001,
    isCut: true,
  },
  {
    what: "a variable rate",
    file: "vfr.mp4",
    args: [
      ...X264,
      "-g",
      "25",
      "-bf",
      "2",
      "-vf",
      "select='mod(n\\,7)',setpts=PTS+random(1)*0.02/TB",
      "-vsync",
      "vfr",
    ],
    isCut: true,
  },
  {
    what: "MPEG-4 part 2 with B-frames",
    file: "m4.mp4",
    args: ["-c:v", "mpeg4", "-g", "25", "-bf", "2"],
    isCut: true,
  },
  {
    what: "VP9",
    file: "v.webm",
    args: ["-c:v", "libvpx-vp9", "-g", "25", "-deadline", "realtime", "-cpu-used", "8"],
    isCut: true,
  },
  // Without an index a seek is an estimate: such files are left whole.
  { what: "a transport stream", file: "t.ts", args: [...X264, "-g", "25"], isCut: false },
  {
    what: "AVI, which has no timestamps",
    file: "a.avi",
    args: ["-c:v", "mpeg4", "-g", "25"],
    isCut: false,
  },
];

for (const { what, file, args, isCut, ...clip } of CLIPS) {
  Deno.test(`parts at findCuts() decode to the frames of the whole, with ${what}`, async () => {
    await using folder = await temporaryDirectory();
    const path = folder.join(file);
    await makeClip(path, { size: "64x48", frames: 200, ...clip, args });
    const { cuts, clean } = await cutsOf(path, 2000);
    assert.equal(cuts.length >= 2, isCut, String(cuts));
    assert.deepEqual(clean, cuts);
    const whole = await decodedFrames(path);
    assert.ok(whole.length > 150);
    assert.deepEqual(await framesOfParts(path, cuts), whole);
  });
}

for (const name of ["videos/carnd_solidWhiteRight_960x540.mp4", "torture/mediabunny_edts.mp4"]) {
  const clip = shared(`data/${name}`);
  Deno.test({
    name: clip.name(`parts at findCuts() decode to the frames of the whole: ${name}`),
    ignore: clip.ignore,
    async fn() {
      const { cuts, clean } = await cutsOf(clip.path, 2000);
      assert.ok(cuts.length > 0);
      assert.deepEqual(clean, cuts);
      assert.deepEqual(await framesOfParts(clip.path, cuts), await decodedFrames(clip.path));
    },
  });
}

const version = await answerOf("ffmpeg", ["-version"]);
const newer = / version [5-9]\./.test(new TextDecoder().decode(version?.stdout));

Deno.test({
  name: "isCleanCut() finds out a keyframe that is none" +
    (newer ? "" : " (skipped: there is no ffmpeg 5 or newer)"),
  ignore: !newer,
  async fn() {
    await using folder = await temporaryDirectory();
    const path = folder.join("refresh.mp4");
    // A column of intra blocks wanders through the picture; newer releases mark where it begins.
    const args = [...X264, "-x264-params", "intra-refresh=1:keyint=25"];
    const before = Deno.env.get("SEGSTREAM_FFMPEG");
    Deno.env.set("SEGSTREAM_FFMPEG", "ffmpeg");
    try {
      await makeClip(path, { size: "64x48", frames: 200, args });
      const { cuts, clean } = await cutsOf(path, 2000);
      assert.ok(cuts.length > 0);
      assert.deepEqual(clean, []);
      assert.notDeepEqual(await framesOfParts(path, cuts), await decodedFrames(path));
    } finally {
      if (before === undefined) Deno.env.delete("SEGSTREAM_FFMPEG");
      else Deno.env.set("SEGSTREAM_FFMPEG", before);
    }
  },
});

Deno.test("findCuts() believes no length: a file that says it lasts for days is read to its end", async () => {
  await using folder = await temporaryDirectory();
  const path = folder.join("long.mkv");
  await makeClip(path, { size: "64x48", frames: 100, args: [...X264, "-g", "25"] });
  // The DURATION tag of the stream; ffprobe tells it as it stands.
  const lying = folder.join("lying.mkv");
  await ffmpeg(["-i", path, "-c", "copy", "-metadata:s:v", "DURATION=99:00:00.000", lying]);
  const { cuts } = await cutsOf(lying, 1000);
  assert.ok(cuts.length <= 3, String(cuts));
});
