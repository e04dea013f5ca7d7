import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { i420Layout, planeOf } from "../../src/frame/geometry.ts";
import { type FileSourceOptions, openFileSource } from "../../src/source/file.ts";
import { ffmpegOutput, otherFfmpeg, withClip } from "../ffmpeg/ffmpeg_runs.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { SlotLog } from "./slot_log.ts";

const FOREVER = new AbortController().signal;

async function decode(input: string, options: FileSourceOptions & { keep?: number } = {}) {
  const source = await openFileSource(input, options);
  try {
    const log = new SlotLog(source.info.size, options.keep);
    await source.run(log, FOREVER);
    return { source, info: source.info, frames: log.frames, abandoned: log.abandoned };
  } finally {
    await source.close();
  }
}

function mean(samples: Uint8Array): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

/** The first sample of each plane. */
function corner(pixels: Uint8Array, size: { width: number; height: number }): number[] {
  const { y, u, v } = i420Layout(size);
  return [y, u, v].map((plane) => planeOf(pixels, plane)[0]!);
}

for (const ffmpeg of [undefined, otherFfmpeg]) {
  const name = ffmpeg ?? "the bundled ffmpeg";

  Deno.test(`openFileSource() with ${name} keeps irregular PTS exact, from the first frame`, async () => {
    // In a clock of 57600 ticks; the first frame comes late.
    const graph = "testsrc2=size=64x48:rate=25,settb=1/57600,setpts=N*N*1000+57600";
    const { info, frames, source } = await decode(`lavfi:${graph},trim=end_frame=20`, { ffmpeg });
    const expected = Array.from({ length: 20 }, (_, n) => Math.round(n * n * 1000 / 57600 * 1e6));
    assert.deepEqual(frames.map((frame) => frame.index), expected.map((_, index) => index));
    frames.forEach(({ ptsUs }, n) => assert.ok(Math.abs(ptsUs - expected[n]!) <= 1, `frame ${n}`));
    assert.ok(info.startUs >= 0);
    assert.ok(source.cpuMs! >= 0);
    assert.deepEqual(source.warnings, []);
  });

  Deno.test(`openFileSource() with ${name} pads odd sides with the last column and row`, async (t) => {
    for (const [width, height] of [[161, 121], [1, 1], [64, 47], [63, 48]] as const) {
      await t.step(`${width}x${height}`, async () => {
        const graph = `color=gray:size=512x512:rate=5,format=yuv444p,` +
          `geq=lum='mod(X*7+Y*3,200)+16':cb='mod(X,200)+20':cr='mod(Y,200)+20',` +
          `crop=${width}:${height}:0:0,trim=end_frame=2`;
        const { info, frames } = await decode(`lavfi:${graph}`, { ffmpeg, keep: 1 });
        const size = { width: width + width % 2, height: height + height % 2 };
        assert.deepEqual(info.size, size);
        assert.equal(frames.length, 2);
        const { y, u, v } = i420Layout(size);
        const pixels = frames[0]!.pixels!;
        const luma = planeOf(pixels, y);
        for (let row = 0; row < size.height; row++) {
          for (let column = 0; column < size.width; column++) {
            const [x, z] = [Math.min(column, width - 1), Math.min(row, height - 1)];
            const at = `luma at ${column},${row}`;
            assert.equal(luma[row * size.width + column], (x * 7 + z * 3) % 200 + 16, at);
          }
        }
        // Chroma grows along the sides; subsampling keeps it within two codes.
        const last = (size.width / 2) * (size.height / 2) - 1;
        assert.ok(Math.abs(planeOf(pixels, u)[last]! - ((width - 1) % 200 + 20)) <= 2);
        assert.ok(Math.abs(planeOf(pixels, v)[last]! - ((height - 1) % 200 + 20)) <= 2);
      });
    }
  });

  Deno.test(`openFileSource() with ${name} converts RGB with the matrix it tells`, async () => {
    // Red by BT.601-7 §2.5 and BT.709-6 §3, limited range.
    const cases = [
      ["64x48", "bt601", [81, 90, 240]],
      ["1280x720", "bt709", [63, 102, 240]],
    ] as const;
    for (const [size, matrix, expected] of cases) {
      const graph = `color=red:size=${size},format=gbrp,trim=end_frame=1`;
      const { info, frames } = await decode(`lavfi:${graph}`, { ffmpeg, keep: 1 });
      assert.deepEqual(info.colour, { matrix, range: "limited" });
      const actual = corner(frames[0]!.pixels!, info.size);
      actual.forEach((code, plane) =>
        assert.ok(Math.abs(code - expected[plane]!) <= 1, `${actual}`)
      );
    }
  });

  Deno.test(`openFileSource() with ${name} keeps a full range and 10-bit levels`, async (t) => {
    const cases = [
      ["yuvj420p", "full", 250, 250],
      ["yuv420p", "limited", 230, 230],
      ["yuv420p10le", "limited", 920, 230],
      ["yuvj444p", "full", 250, 250],
      ["yuv444p", "limited", 20, 20],
    ] as const;
    for (const [format, range, level, expected] of cases) {
      await t.step(format, async () => {
        const middle = format.includes("10") ? 512 : 128;
        const drawn = format.replace("yuvj", "yuv");
        // Relabelled as it is, without a change of levels.
        const graph = `color=gray:size=64x48:rate=5,format=${drawn},` +
          `geq=lum=${level}:cb=${middle}:cr=${middle},` +
          `scale=in_range=${range}:out_range=${range},format=${format}`;
        const codec = format.includes("10") ? ["-c:v", "ffv1"] : ["-c:v", "libx264", "-qp", "0"];
        const args = ["-f", "lavfi", "-i", graph, "-frames:v", "2", ...codec];
        args.push("-color_range", range === "full" ? "pc" : "tv");
        await withClip(args, "level.mkv", async (path) => {
          const { info, frames } = await decode(path, { ffmpeg, keep: 1 });
          assert.equal(info.colour.range, range);
          assert.deepEqual(corner(frames[0]!.pixels!, info.size), [expected, 128, 128]);
        });
      });
    }
  });

  Deno.test(`openFileSource() with ${name} maps PQ to BT.709, also in odd sizes`, async (t) => {
    for (const size of ["64x48", "63x47"]) {
      await t.step(size, async () => {
        // PQ code 520 of 1023, limited, is 100 cd/m² (SMPTE ST 2084): diffuse white, near the top.
        const args = [
          "-f",
          "lavfi",
          "-i",
          `color=gray:size=${size}:rate=5,format=yuv420p10le,` +
          "geq=lum=509:cb=512:cr=512",
          "-frames:v",
          "2",
          "-c:v",
          "ffv1",
        ];
        args.push("-color_trc", "smpte2084", "-colorspace", "bt2020nc");
        args.push("-color_primaries", "bt2020", "-color_range", "tv");
        await withClip(args, "pq.mkv", async (path) => {
          const { info, frames, source } = await decode(path, { ffmpeg, keep: 1 });
          assert.equal(source.probe.colour.hdr, "pq");
          assert.deepEqual(info.colour, { matrix: "bt709", range: "limited" });
          const [y, u, v] = corner(frames[0]!.pixels!, info.size);
          // Read as if it were SDR the same code is a middling 127.
          assert.ok(y! > 140 && y! < 235, `luma ${y}`);
          assert.ok(Math.abs(u! - 128) <= 1 && Math.abs(v! - 128) <= 1, `chroma ${u} ${v}`);
          assert.deepEqual(source.warnings, []);
        });
      });
    }
  });
}

Deno.test("openFileSource() scales back to the first size, when the size changes on the way", async () => {
  const folder = await Deno.makeTempDir();
  const clip = async (size: string, colour: string) => {
    const path = `${folder}/${size}.ts`;
    const graph = `color=${colour}:size=${size}:rate=25`;
    const args = ["-f", "lavfi", "-i", graph, "-frames:v", "10", "-c:v", "libx264"];
    await ffmpegOutput([...args, "-pix_fmt", "yuv420p", "-bf", "0", path]);
    return await Deno.readFile(path);
  };
  const joined = `${folder}/joined.ts`;
  await Deno.writeFile(joined, await clip("320x240", "white"));
  await Deno.writeFile(joined, await clip("160x128", "black"), { append: true });
  const { info, frames } = await decode(joined, { keep: 20 });
  assert.deepEqual(info.size, { width: 320, height: 240 });
  assert.ok(frames.length >= 19, `${frames.length} frames`);
  const luma = frames.map(({ pixels }) => mean(planeOf(pixels!, i420Layout(info.size).y)));
  assert.ok(luma[0]! > 225 && luma.at(-1)! < 25, `luma ${luma}`);
  for (let n = 1; n < frames.length; n++) assert.ok(frames[n]!.ptsUs > frames[n - 1]!.ptsUs);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openFileSource() keeps what decodes, when the file is cut short", async () => {
  const args = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-t", "4"];
  const codec = ["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"];
  await withClip([...args, ...codec], "whole.mkv", async (path) => {
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, bytes.length >> 1));
    const { frames } = await decode(path);
    assert.ok(frames.length > 20 && frames.length < 90, `${frames.length} frames`);
  });
});

Deno.test("FileSource.run() returns and stops the decoder, when the signal aborts", async () => {
  const source = await openFileSource("lavfi:testsrc2=size=640x480:rate=25");
  const log = new SlotLog(source.info.size);
  const controller = new AbortController();
  log.onFrame = (count) => count === 5 && controller.abort();
  await source.run(log, controller.signal);
  assert.equal(log.frames.length, 5);
  assert.ok(log.abandoned <= 1);
  await source.close();
});

Deno.test("FileSource.run() returns, when the signal it was opened with aborts", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const source = await openFileSource("lavfi:testsrc2=size=640x480:rate=25", { signal });
  controller.abort();
  const log = new SlotLog(source.info.size);
  await source.run(log, FOREVER);
  assert.deepEqual(source.warnings, []);
  await source.close();
});

Deno.test("FileSource.run() returns and stops the decoder, when the ring is closed", async () => {
  const source = await openFileSource("lavfi:testsrc2=size=640x480:rate=25");
  const log = new SlotLog(source.info.size);
  log.onFrame = (count) => log.isClosed = count === 3;
  await source.run(log, FOREVER);
  assert.equal(log.frames.length, 3);
  await source.close();
});

Deno.test("FileSource.close() ends a run at once, and an unused source as well", async () => {
  const used = await openFileSource("lavfi:testsrc2=size=640x480:rate=25");
  const log = new SlotLog(used.info.size);
  log.onFrame = (count) => count === 2 && void used.close();
  await used.run(log, FOREVER);
  assert.equal(log.frames.length, 2);
  const unused = await openFileSource("lavfi:testsrc2=size=640x480:rate=25");
  await unused.close();
  await unused.close();
});

Deno.test({
  name: "FileSource.run() returns, when it is stopped between the last frame and the decoder's end",
  ignore: Deno.build.os === "windows", // a script stands in for ffmpeg
  fn: async (t) => {
    await using folder = await temporaryDirectory();
    const ffmpeg = folder.join("ffmpeg");
    const { path } = await findFfmpeg();
    // Closes its output long before it ends.
    const script = `'${path}' "$@"\n[ "$1" = -version ] || { exec >&-; exec sleep 1000; }\n`;
    await Deno.writeTextFile(ffmpeg, `#!/bin/sh\n${script}`, { mode: 0o755 });
    for (const by of ["the run's signal", "the source's signal", "close()"]) {
      await t.step(`by ${by}`, async () => {
        const [run, open] = [new AbortController(), new AbortController()];
        const source = await openFileSource("lavfi:testsrc2=size=64x48,trim=end_frame=2", {
          ffmpeg,
          signal: open.signal,
        });
        const log = new SlotLog(source.info.size);
        const stop = () => {
          if (by === "close()") return void source.close();
          (by === "the run's signal" ? run : open).abort();
        };
        // At the end of the stream the slot is given back.
        log.abandon = () => void setTimeout(stop);
        await source.run(log, run.signal);
        assert.equal(log.frames.length, 2);
        await source.close();
      });
    }
  },
});

Deno.test("FileSource.run() refuses to run twice", async () => {
  const { source, info } = await decode("lavfi:testsrc2=size=64x48,trim=end_frame=2");
  await assert.rejects(() => source.run(new SlotLog(info.size), FOREVER), TypeError);
});

Deno.test("openFileSource() rejects with the reason, when the signal has aborted", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(() => openFileSource("lavfi:testsrc2", { signal }), /enough/);
});

Deno.test("openFileSource() reads a file whose name looks like an option or a URL", async () => {
  const args = ["-f", "lavfi", "-i", "testsrc2=size=64x48", "-frames:v", "3", "-c:v", "mpeg4"];
  for (const name of ["-y.mp4", "http:x.mp4", "50% #1?.mp4"]) {
    await withClip(args, name, async (path) => {
      assert.equal((await decode(path)).frames.length, 3);
    });
  }
});

Deno.test("FileSource.run() rejects with ffmpeg's reason, when nothing decodes", async () => {
  const args = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-t", "1"];
  await withClip([...args, "-c:v", "libx264", "-pix_fmt", "yuv420p"], "a.mp4", async (path) => {
    // The media data lies after the first atom; zeros are no pictures.
    const bytes = await Deno.readFile(path);
    const text = new TextDecoder("latin1").decode(bytes);
    const [start, end] = [text.indexOf("mdat") + 4, text.indexOf("moov") - 4];
    await Deno.writeFile(path, bytes.fill(0, start, end));
    await assert.rejects(() => decode(path), (error: Error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, /no frame in it decodes \(.+\)\. Check/);
      return true;
    });
  });
});
