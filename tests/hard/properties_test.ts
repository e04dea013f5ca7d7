/** What holds for every value: geometry, names of inputs, options, messages, timestamps. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidArgumentError } from "commander";
import { number } from "../../src/cli/exit.ts";
import { parseResolution } from "../../src/cli/resolution.ts";
import { InputError } from "../../src/errors.ts";
import { inputArguments, parseInput } from "../../src/ffmpeg/input.ts";
import { FfmpegLog } from "../../src/ffmpeg/log.ts";
import { redact } from "../../src/ffmpeg/redact.ts";
import { evenSize, formatSize, i420Layout, planeOf } from "../../src/frame/geometry.ts";
import { openFileSource } from "../../src/source/file.ts";
import { isStreet, parseStreet } from "../../src/source/street/options.ts";
import { SlotLog } from "../source/slot_log.ts";

const RUNS = { numRuns: 1000, seed: 1 };

const size = fc.record({
  width: fc.integer({ min: 1, max: 5000 }),
  height: fc.integer({ min: 1, max: 5000 }),
});

Deno.test("i420Layout() tiles a frame of any even size without gap or overlap", () => {
  fc.assert(
    fc.property(size.map(evenSize), (even) => {
      const layout = i420Layout(even);
      assert.equal(layout.byteLength, even.width * even.height * 3 / 2);
      let end = 0;
      for (const plane of [layout.y, layout.u, layout.v]) {
        assert.equal(plane.offset, end);
        end += plane.width * plane.height;
      }
      assert.equal(end, layout.byteLength);
      if (layout.byteLength > 100_000) return;
      const frame = new Uint8Array(layout.byteLength);
      for (const plane of [layout.y, layout.u, layout.v]) {
        for (const [at] of planeOf(frame, plane).entries()) planeOf(frame, plane)[at]!++;
      }
      assert.ok(frame.every((count) => count === 1));
    }),
    { ...RUNS, numRuns: 200 },
  );
});

Deno.test("i420Layout() refuses every other size, and evenSize() mends it", () => {
  const side = fc.oneof(fc.integer({ min: -10, max: 10 }), fc.double(), fc.constant(NaN));
  fc.assert(
    fc.property(side, side, (width, height) => {
      const isRight = [width, height].every((each) => each > 0 && each % 2 === 0);
      if (isRight) i420Layout({ width, height });
      else assert.throws(() => i420Layout({ width, height }), RangeError);
    }),
    RUNS,
  );
  fc.assert(
    fc.property(size, (odd) => {
      const even = evenSize(odd);
      i420Layout(even);
      for (const axis of ["width", "height"] as const) {
        assert.ok(even[axis] === odd[axis] || even[axis] === odd[axis] + 1);
      }
    }),
    RUNS,
  );
});

Deno.test("parseResolution() gives a name or a size within bounds, or throws RangeError, for any text", () => {
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.integer(), fc.integer()).map(([width, height]) => `${width}x${height}`),
    fc.constantFrom(
      "full",
      "Half",
      "quarter ",
      "1024X512",
      "32x32",
      "8193x32",
      "1e3x64",
      "0x20x64",
    ),
  );
  fc.assert(
    fc.property(text, (each) => {
      let resolution;
      try {
        resolution = parseResolution(each);
      } catch (error) {
        assert.ok(error instanceof RangeError);
        return;
      }
      if (typeof resolution === "string") return assert.equal(resolution, each);
      assert.equal(formatSize(resolution), each.toLowerCase());
      for (const side of Object.values(resolution)) assert.ok(side >= 32 && side <= 8192);
    }),
    RUNS,
  );
});

Deno.test("number() gives a number within its bounds, or is a usage error, for any text", () => {
  const text = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.constantFrom("", " ", "0x10", "1e1", "Infinity", "NaN"),
  );
  fc.assert(
    fc.property(text, fc.integer(), fc.nat(1000), fc.boolean(), (each, min, span, integer) => {
      try {
        const value = number({ min, max: min + span, integer })(each);
        assert.ok(value >= min && value <= min + span && (!integer || Number.isInteger(value)));
      } catch (error) {
        assert.ok(error instanceof InvalidArgumentError);
      }
    }),
    RUNS,
  );
});

Deno.test("parseStreet() reads what it is given, or throws TypeError, for any text", () => {
  const setting = fc.tuple(
    fc.constantFrom("size", "fps", "seconds", "seed", "colour", ""),
    fc.oneof(fc.string(), fc.nat().map(String), fc.double().map(String), size.map(formatSize)),
  ).map((pair) => pair.join("="));
  const text = fc.oneof(
    fc.string(),
    fc.array(setting, { maxLength: 4 }).map((each) => each.join(",")),
  );
  fc.assert(
    fc.property(text, (each) => {
      try {
        const street = parseStreet(`street:${each}`);
        i420Layout(street.size);
        const { numerator, denominator } = street.frameRate;
        const rate = numerator / denominator;
        assert.ok(rate >= 0.1 && rate <= 1000 && street.durationUs >= 0);
        assert.ok(Number.isInteger(street.seed) && street.seed <= 0xffffffff);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }),
    RUNS,
  );
});

Deno.test("inputArguments() hands every name over behind -i, a path as a path", () => {
  const name = fc.oneof(
    fc.string(),
    fc.tuple(
      fc.constantFrom("-", "file:", "concat:", "pipe", "data:", "http:", "a://", "C:\\"),
      fc.string(),
    )
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(name.filter((each) => !isStreet(each)), (each) => {
      let input;
      try {
        input = parseInput(each);
      } catch (error) {
        assert.ok(error instanceof InputError);
        return;
      }
      const args = inputArguments(input);
      assert.equal(args.at(-2), "-i");
      assert.equal(args.filter((arg) => arg === "-i").length, 1 + (args.at(-1) === "-i" ? 1 : 0));
      if (input.kind === "file") assert.equal(args.at(-1), `file:${input.path}`);
      if (input.kind === "url") assert.match(args.at(-1)!, /^[a-z][a-z0-9+.-]+:\/\//i);
    }),
    RUNS,
  );
});

Deno.test("redact() leaves no password in a URL, whatever the text around it", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9!$%&()*+,.;=_~-]{8,20}$/);
  const around = fc.stringMatching(/^[ \n"'(),a-z]{0,12}$/);
  fc.assert(
    fc.property(word, word, around, around, (user, password, before, after) => {
      const text = `${before} rtsp://${user}:${password}@camera/1 ${after}`;
      const hidden = redact(text);
      assert.ok(!hidden.includes(password) && !hidden.includes(user), hidden);
      assert.equal(hidden, `${before} rtsp://***@camera/1 ${after}`);
    }),
    RUNS,
  );
});

Deno.test("FfmpegLog reads the same from any pieces, and keeps little of any text", () => {
  const line = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.constantFrom(
      "[error] a",
      "[h264 @ 0x1] [error] bad NAL",
      "[warning] w",
      "bench: utime=0.5s stime=0.1s",
    ),
    fc.string({ minLength: 1, maxLength: 8 }).map((text) => `[error] ${text.repeat(800)}`),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 40 }),
      fc.integer({ min: 1, max: 500 }),
      (lines, step) => {
        const text = lines.join("\n");
        const whole = new FfmpegLog();
        const pieces = new FfmpegLog();
        whole.push(text);
        for (let at = 0; at < text.length; at += step) pieces.push(text.slice(at, at + step));
        for (const log of [whole, pieces]) log.end();
        assert.equal(pieces.cpuMs, whole.cpuMs);
        assert.equal(pieces.errorCount, whole.errorCount);
        assert.equal(pieces.lastError.slice(0, 400), whole.lastError.slice(0, 400));
        assert.ok(whole.tail.length <= 5100, `${whole.tail.length} characters`);
      },
    ),
    { ...RUNS, numRuns: 300 },
  );
});

Deno.test("openFileSource() gives any growing timestamps to the microsecond, from the first frame", async () => {
  // A leap of 30 hours or more is an error to ffmpeg (-dts_error_threshold).
  const times = fc.array(fc.nat(100_000_000_000), { minLength: 1, maxLength: 6 });
  const clock = fc.constantFrom(25, 1000, 12_800, 57_600, 90_000, 1_000_000);
  await fc.assert(
    fc.asyncProperty(times, clock, async (timesUs, clock) => {
      const ticks = timesUs.map((time) => Math.floor(time * clock / 1e6));
      const pts = [...new Set(ticks)].sort((a, b) => a - b);
      const chosen = pts.reduceRight((rest, tick, n) => `if(eq(N,${n}),${tick},${rest})`, "0");
      const graph = `testsrc2=size=16x16:rate=25,settb=1/${clock},setpts='${chosen}'`;
      const source = await openFileSource(`lavfi:${graph},trim=end_frame=${pts.length}`);
      const log = new SlotLog(source.info.size);
      await source.run(log, new AbortController().signal);
      await source.close();
      const expected = pts.map((tick) => (tick - pts[0]!) / clock * 1e6);
      assert.equal(log.frames.length, pts.length);
      log.frames.forEach(({ ptsUs }, n) => {
        // 12 µs apart at least: LEAST_STEP_US in src/source/file.ts.
        assert.ok(
          Math.abs(ptsUs - expected[n]!) <= (clock > 90_000 ? 60 : 1),
          `${ptsUs} ${expected[n]}`,
        );
      });
    }),
    { numRuns: 15, seed: 1 },
  );
});
