import assert from "node:assert/strict";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import type { Size } from "../../src/frame/geometry.ts";
import { HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import { FrameRing } from "../../src/ring/ring.ts";
import { SECTION } from "../../src/ring/sections.ts";
import {
  framePtsUs,
  isStreet,
  openStreetSource,
  parseStreet,
  STREET_DEFAULTS,
  type StreetOptions,
  StreetScene,
} from "../../src/source/street.ts";

const SMALL: Size = { width: 256, height: 128 };

interface Drawn {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

function drawOnce(size: Size, seed: number, timeUs: number): Drawn {
  return drawInto(new StreetScene({ size, seed }), timeUs);
}

function drawInto(scene: StreetScene, timeUs: number): Drawn {
  const area = scene.size.width * scene.size.height;
  // What is left of these values was not drawn.
  const frame = {
    pixels: new Uint8Array(1.5 * area).fill(1),
    labels: new Uint8Array(area).fill(99),
  };
  scene.draw(timeUs, frame.pixels, frame.labels);
  return frame;
}

function classNumber(name: string): number {
  const label = CITYSCAPES_CLASSES.findIndex((one) => one.name === name);
  assert.notEqual(label, -1, name);
  return label;
}

Deno.test("draw() gives the same bytes, when seed and time are the same", () => {
  const scene = new StreetScene({ size: SMALL, seed: 5 });
  drawInto(scene, 9_000_000); // a scene remembers nothing of what it drew before
  assert.deepEqual(drawInto(scene, 2_345_678), drawOnce(SMALL, 5, 2_345_678));
});

Deno.test("draw() gives another street, when the seed is another", () => {
  const one = drawOnce(SMALL, 1, 0);
  const other = drawOnce(SMALL, 2, 0);
  assert.ok(share(one.labels, (label, at) => label !== other.labels[at]) > 0.05);
});

Deno.test("draw() moves the street, when time goes on", () => {
  const scene = new StreetScene({ size: SMALL, seed: 1 });
  const now = drawInto(scene, 0);
  const later = drawInto(scene, 1_000_000);
  const area = SMALL.width * SMALL.height;
  assert.ok(share(now.pixels.subarray(0, area), (y, at) => y !== later.pixels[at]) > 0.5);
  assert.ok(share(now.labels, (label, at) => label !== later.labels[at]) > 0.05);
});

Deno.test("draw() labels every pixel and shows each main class, over ten seconds", () => {
  const scene = new StreetScene({ size: { width: 512, height: 256 }, seed: 1 });
  const counts = new Float64Array(256);
  for (let second = 0; second <= 10; second++) {
    for (const label of drawInto(scene, second * 1e6).labels) counts[label]!++;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const strangers = counts.subarray(CITYSCAPES_CLASSES.length).reduce(
    (sum, count) => sum + count,
    0,
  );
  assert.equal(strangers, 0);
  // At least these shares of the picture; Cityscapes itself has 33% road, 20% building, 14%
  // vegetation, 6% car, 5% sidewalk, 4% sky, 1% pole, 1% person (Cordts et al. 2016, figure 5).
  const least = {
    road: 0.25,
    sidewalk: 0.005,
    building: 0.1,
    vegetation: 0.04,
    sky: 0.03,
    car: 0.04,
    pole: 0.002,
    person: 0.002,
    "traffic sign": 0.0005,
    "traffic light": 0.0001,
    rider: 0.0001,
    bicycle: 0.0001,
    terrain: 0.00005,
    bus: 0.0005,
    truck: 0.00005,
  };
  for (const [name, expected] of Object.entries(least)) {
    const found = counts[classNumber(name)]! / total;
    assert.ok(found >= expected, `${name}: ${found}, expected at least ${expected}`);
  }
});

Deno.test("draw() fills every byte, at any even size", () => {
  const sizes = [[64, 32], [16, 16], [256, 128], [322, 242], [480, 854], [640, 480], [2048, 1024]];
  for (const [width, height] of sizes as [number, number][]) {
    const { pixels, labels } = drawOnce({ width, height }, 3, 1_234_567);
    assert.ok(labels.every((label) => label < CITYSCAPES_CLASSES.length), `${width}x${height}`);
    // 16–240 are the codes of limited range; the buffer was filled with 1.
    assert.ok(pixels.every((code) => code >= 16 && code <= 240), `${width}x${height}`);
  }
});

Deno.test("draw() agrees with its labels: bright sky above, grey road below, green trees", () => {
  const { width, height } = { width: 512, height: 256 };
  const scene = new StreetScene({ size: { width, height }, seed: 1 });
  const sums = new Map<number, { n: number; y: number; u: number; v: number; row: number }>();
  for (let second = 0; second < 10; second++) {
    const { pixels, labels } = drawInto(scene, second * 1e6);
    const chromaU = width * height;
    const chromaV = chromaU * 1.25;
    for (let row = 0; row < height; row += 2) {
      for (let column = 0; column < width; column += 2) {
        const at = row * width + column;
        const half = (row / 2) * (width / 2) + column / 2;
        const sum = sums.get(labels[at]!) ?? { n: 0, y: 0, u: 0, v: 0, row: 0 };
        sum.n++;
        sum.y += pixels[at]!;
        sum.u += pixels[chromaU + half]!;
        sum.v += pixels[chromaV + half]!;
        sum.row += row / height;
        sums.set(labels[at]!, sum);
      }
    }
    assert.equal(labels[(height - 1) * width + width / 2], classNumber("road"));
  }
  const mean = (name: string) => {
    const { n, y, u, v, row } = sums.get(classNumber(name))!;
    return { y: y / n, u: u / n, v: v / n, row: row / n };
  };
  const [sky, road, trees] = [mean("sky"), mean("road"), mean("vegetation")];
  assert.ok(sky.y > 160 && sky.row < 0.3 && sky.u > 128, JSON.stringify(sky));
  assert.ok(road.y > 70 && road.y < 140 && road.row > 0.6, JSON.stringify(road));
  assert.ok(Math.abs(road.u - 128) < 5 && Math.abs(road.v - 128) < 5, JSON.stringify(road));
  assert.ok(trees.u < 122 && trees.v < 128 && trees.y < road.y, JSON.stringify(trees));
});

Deno.test("draw() refuses buffers, when they do not fit the size", () => {
  const scene = new StreetScene({ size: SMALL, seed: 1 });
  const area = SMALL.width * SMALL.height;
  assert.throws(() => scene.draw(0, new Uint8Array(area)), RangeError);
  assert.throws(() => scene.draw(0, new Uint8Array(1.5 * area), new Uint8Array(1)), RangeError);
  assert.throws(() => new StreetScene({ size: { width: 33, height: 32 }, seed: 1 }), RangeError);
});

Deno.test("parseStreet() reads the settings of a street", () => {
  const cases: [string, Partial<StreetOptions>][] = [
    ["street:", {}],
    ["street:size=1920x1080", { size: { width: 1920, height: 1080 } }],
    ["street:fps=25", { frameRate: { numerator: 25, denominator: 1 } }],
    ["street:fps=29.97", { frameRate: { numerator: 2997, denominator: 100 } }],
    ["street:fps=30000/1001", { frameRate: { numerator: 30000, denominator: 1001 } }],
    ["street:seconds=2.5", { durationUs: 2_500_000 }],
    ["street:seed=0", { seed: 0 }],
    ["street: size=64x32 , seed=7,", { size: { width: 64, height: 32 }, seed: 7 }],
  ];
  for (const [spec, expected] of cases) {
    assert.deepEqual(parseStreet(spec), { ...STREET_DEFAULTS, ...expected }, spec);
  }
});

Deno.test("parseStreet() says in one line what to mend, when a setting is wrong", () => {
  const cases: [string, RegExp][] = [
    ["file.mp4", /must begin with "street:"/],
    ["street:width=64", /size=WxH, fps=N, seconds=N and seed=N/],
    ["street:size=64", /written like 1024x512/],
    ["street:size=321x241", /must be even; 322x242 is/],
    ["street:size=8x8", /from 16 to 8192/],
    ["street:fps=0", /0\.1 to 1000/],
    ["street:fps=30/0", /0\.1 to 1000/],
    ["street:fps=fast", /0\.1 to 1000/],
    ["street:seconds=0", /up to 86400 seconds/],
    ["street:seconds=", /up to 86400 seconds/],
    ["street:seed=-1", /whole number/],
    ["street:seed=1,seed=2", /given twice/],
  ];
  for (const [spec, line] of cases) {
    assert.throws(() => parseStreet(spec), (error) => {
      assert.ok(error instanceof TypeError, spec);
      assert.match(error.message, line);
      assert.ok(!error.message.includes("\n") && error.message.includes(spec), spec);
      return true;
    });
  }
});

Deno.test("isStreet() knows the test street", () => {
  assert.ok(isStreet("street:size=64x32"));
  assert.ok(!isStreet("main_street.mp4"));
});

Deno.test("framePtsUs() rounds the exact time, at 30000/1001 frames a second", () => {
  const rate = { numerator: 30000, denominator: 1001 };
  // 1001/30000 s = 33366.67 µs; 30000 frames are 1001 s to the microsecond.
  assert.deepEqual([0, 1, 2, 3, 30000].map((index) => framePtsUs(index, rate)), [
    0,
    33367,
    66733,
    100100,
    1001 * 1e6,
  ]);
});

function ringFor(size: Size, slots: number): FrameRing {
  const area = size.width * size.height;
  return FrameRing.allocate({
    slots,
    headerFields: HEADER_FIELDS,
    sectionBytes: [1.5 * area, area, 0, 0],
  });
}

Deno.test("run() fills the ring with every frame in order, stamped", async () => {
  const options = parseStreet("street:size=64x32,fps=25,seconds=0.4,seed=3");
  const source = openStreetSource(options);
  assert.equal(source.info.frameCount, 10);
  assert.equal(source.info.durationUs, 400_000);
  assert.equal(source.info.startUs, 0);
  assert.equal(source.info.hasAudio, false);
  assert.deepEqual(source.info.colour, { matrix: "bt709", range: "limited" });
  const ring = ringFor(options.size, 10);
  await source.run(ring, new AbortController().signal);
  const scene = new StreetScene(options);
  for (let index = 0; index < 10; index++) {
    const slot = ring.take(0)!;
    const header = ring.header(slot);
    assert.equal(header[HEADER.index], index);
    assert.equal(header[HEADER.ptsUs], index * 40_000);
    assert.ok(header[HEADER.reading]! > 0 && header[HEADER.ready]! >= header[HEADER.reading]!);
    assert.deepEqual(ring.section(slot, SECTION.pixels), drawInto(scene, index * 40_000).pixels);
    ring.finish(slot);
  }
  assert.equal(ring.tryAcquire(), undefined);
  assert.ok(source.cpuMs! > 0);
  await source.close();
  await source.close();
});

Deno.test("run() ends, when the signal aborts while the ring is full", async () => {
  const options = parseStreet("street:size=64x32,seconds=100");
  const source = openStreetSource(options);
  const ring = ringFor(options.size, 2);
  const controller = new AbortController();
  const full = Promise.withResolvers<void>();
  let published = 0;
  const running = source.run({
    acquire: (signal) => ring.acquire(signal),
    publish: (slot) => {
      ring.publish(slot);
      if (++published === ring.slots) full.resolve();
    },
    abandon: (slot) => ring.abandon(slot),
    header: (slot) => ring.header(slot),
    section: (slot, section) => ring.section(slot, section),
  }, controller.signal);
  await full.promise;
  controller.abort();
  await running;
  assert.equal(published, 2);
});

/** The share of elements for which `test` holds. */
function share(values: Uint8Array, test: (value: number, at: number) => boolean): number {
  let count = 0;
  for (let at = 0; at < values.length; at++) if (test(values[at]!, at)) count++;
  return count / values.length;
}
