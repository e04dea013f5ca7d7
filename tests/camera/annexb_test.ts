import assert from "node:assert/strict";
import fc from "fast-check";
import { type AccessUnit, AccessUnitSplitter, NAL_TYPE, nalType } from "../../src/camera/annexb.ts";
import { ffmpeg, frameTimes, makeClip } from "../testing/media.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

/** NAL units by their first bytes: the type, then first_mb_in_slice = 0 as its highest bit. */
const SPS = [0x67, 1];
const PPS = [0x68, 2];
const SEI = [0x06, 3];
const DELIMITER = [0x09, 0xf0];
const KEY = [0x65, 0x88, 4];
const KEY_CONTINUED = [0x65, 0x48, 5];
const PICTURE = [0x41, 0x9a, 6];
const PICTURE_CONTINUED = [0x41, 0x5a, 7];

function annexB(nals: readonly number[][], startCode: readonly number[] = [0, 0, 1]): Uint8Array {
  return Uint8Array.from(nals.flatMap((nal) => [...startCode, ...nal]));
}

function split(stream: Uint8Array, lengths: Iterable<number> = [stream.length]): AccessUnit[] {
  const splitter = new AccessUnitSplitter();
  const units: AccessUnit[] = [];
  let at = 0;
  for (const length of lengths) {
    units.push(...splitter.push(stream.slice(at, at + length)));
    at += length;
  }
  units.push(...splitter.push(stream.slice(at)), ...splitter.end());
  return units;
}

function plain(units: readonly AccessUnit[]): number[][][] {
  return units.map((unit) => unit.nals.map((nal) => [...nal]));
}

/** ITU-T H.264 §7.4.1.2.3: which NAL unit begins an access unit. */
const CASES: readonly { what: string; nals: number[][][] }[] = [
  { what: "pictures of one slice", nals: [[KEY], [PICTURE], [PICTURE]] },
  {
    what: "pictures of several slices",
    nals: [[KEY, KEY_CONTINUED], [PICTURE, PICTURE_CONTINUED]],
  },
  {
    what: "parameter sets before key frames",
    nals: [[SPS, PPS, SEI, KEY], [PICTURE], [SPS, PPS, KEY]],
  },
  { what: "delimiters", nals: [[DELIMITER, SPS, PPS, KEY], [DELIMITER, PICTURE]] },
  { what: "information before a picture", nals: [[KEY], [SEI, PICTURE]] },
];

for (const { what, nals } of CASES) {
  Deno.test(`push() tells access units apart, with ${what}`, () => {
    assert.deepEqual(plain(split(annexB(nals.flat()))), nals);
    assert.deepEqual(plain(split(annexB(nals.flat(), [0, 0, 0, 1]))), nals);
  });
}

Deno.test("push() tells which access units a decoder can begin with", () => {
  const units = split(annexB([SPS, PPS, KEY, PICTURE, SPS, PPS, KEY, KEY_CONTINUED]));
  assert.deepEqual(units.map((unit) => unit.isKey), [true, false, true]);
});

Deno.test("push() gives a picture as soon as the next one begins", () => {
  const splitter = new AccessUnitSplitter();
  assert.equal(splitter.push(annexB([KEY])).length, 0);
  assert.equal(splitter.push(annexB([PICTURE])).length, 0, "the NAL unit may go on");
  assert.deepEqual(plain(splitter.push(annexB([[0x41]]))), [[KEY]]);
});

Deno.test("push() leaves out what stands before the first start code, and empty NAL units", () => {
  const stream = Uint8Array.from([9, 9, 0, 0, 1, 0, 0, 1, ...KEY, 0, 0, 0, 0]);
  assert.deepEqual(plain(split(stream)), [[KEY]]);
});

Deno.test("push() gives the same however a real stream is cut", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("clip.h264");
  // Two slices a picture, a key frame every five.
  const options = ["-c:v", "libx264", "-tune", "zerolatency", "-slices", "2", "-g", "5"];
  await makeClip(path, { size: "96x64", frames: 12, args: options });
  const stream = await Deno.readFile(path);
  const whole = split(stream);
  assert.equal(whole.length, (await frameTimes(path)).length);
  assert.deepEqual(whole.flatMap((unit, index) => unit.isKey ? [index] : []), [0, 5, 10]);
  for (const { nals } of whole) {
    const slices = nals.map(nalType).filter((type) => type <= NAL_TYPE.keySlice);
    assert.equal(slices.length, 2);
  }
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 3000 })), (lengths) => {
    assert.deepEqual(split(stream, lengths), whole);
  }));
  assert.deepEqual(split(stream, stream.map(() => 1)), whole);

  // Put together again, the NAL units are a stream with the same pictures.
  const again = directory.join("again.h264");
  await Deno.writeFile(again, annexB(whole.flatMap((unit) => unit.nals.map((nal) => [...nal]))));
  assert.deepEqual(await checksums(again), await checksums(path));
});

async function checksums(path: string): Promise<string> {
  return new TextDecoder().decode(await ffmpeg(["-i", path, "-f", "framecrc", "-"]));
}
