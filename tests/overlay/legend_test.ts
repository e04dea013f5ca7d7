import assert from "node:assert/strict";
import { type Colour, rgbToYuv } from "../../src/frame/colour.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import type { Size } from "../../src/frame/geometry.ts";
import { Legend, type LegendOptions } from "../../src/overlay/legend.ts";

const COLOUR: Colour = { matrix: "bt601", range: "limited" };
const SIZE = { width: 640, height: 360 };
const ROAD = 0;
const CAR = 13;

function drawLegend(labels: Uint8Array, options: Partial<LegendOptions> = {}): Uint8Array {
  const { width, height }: Size = options.size ?? SIZE;
  const frame = new Uint8Array(width * height * 1.5).fill(128);
  new Legend({ size: { width, height }, colour: COLOUR, ...options }).draw(frame, labels);
  return frame;
}

function lumaCount(frame: Uint8Array, luma: number): number {
  return frame.subarray(0, 640 * 360).filter((code) => code === luma).length;
}

Deno.test("Legend.draw() shows the colour of every class, when all are present", () => {
  const labels = Uint8Array.from({ length: 640 * 360 }, (_, at) => at % 19);
  const frame = drawLegend(labels);
  for (const { name, colour } of CITYSCAPES_CLASSES) {
    const [y] = rgbToYuv(colour, COLOUR);
    // A swatch is 10×8 pixels.
    assert.ok(lumaCount(frame, y) >= 80, name);
  }
  const above = frame.subarray(0, 640 * 180);
  assert.ok(above.every((luma) => luma === 128), "the upper half is left");
});

Deno.test("Legend.draw() dims classes, when they are not in the frame", () => {
  const visible = new Set([ROAD, CAR]);
  const [road] = rgbToYuv(CITYSCAPES_CLASSES[ROAD]!.colour, COLOUR);
  const [car] = rgbToYuv(CITYSCAPES_CLASSES[CAR]!.colour, COLOUR);
  const labels = new Uint8Array(640 * 360).fill(ROAD);
  const onlyRoad = drawLegend(labels, { visible });
  assert.ok(lumaCount(onlyRoad, road) >= 80);
  assert.ok(lumaCount(onlyRoad, car) < 20);

  labels.fill(CAR, 0, 640 * 36);
  const both = drawLegend(labels, { visible });
  assert.ok(lumaCount(both, road) >= 80);
  assert.ok(lumaCount(both, car) >= 80);
});

Deno.test("Legend.draw() keeps every entry in its place, when classes come and go", () => {
  const extentOf = (frame: Uint8Array) => {
    const drawn = [...frame.subarray(0, 640 * 360).entries()].filter(([, luma]) => luma !== 128);
    const columns = drawn.map(([at]) => at % 640);
    return [columns.reduce((a, b) => Math.min(a, b)), columns.reduce((a, b) => Math.max(a, b))];
  };
  const none = drawLegend(new Uint8Array(640 * 360).fill(255));
  const all = drawLegend(Uint8Array.from({ length: 640 * 360 }, (_, at) => at % 19));
  assert.deepEqual(extentOf(none), extentOf(all));
});

Deno.test("Legend.draw() draws nothing, when no class is visible or the frame is too small", () => {
  for (
    const options of [
      { visible: new Set<number>() },
      { size: { width: 2, height: 2 } },
      { size: { width: 64, height: 64 } },
      { size: { width: 2, height: 400 } },
    ]
  ) {
    const { width, height } = options.size ?? SIZE;
    const frame = drawLegend(new Uint8Array(width * height), options);
    assert.ok(frame.subarray(0, width * height / 2).every((code) => code === 128));
    if (width !== 2 || height === 2) assert.ok(frame.every((code) => code === 128));
  }
});

Deno.test("Legend.draw() stays within the frame, when its names are wider", () => {
  const classes = [{ name: "x".repeat(60), colour: [255, 0, 0], category: "x" }] as const;
  const padded = new Uint8Array(100 * 60 * 1.5 + 16).fill(128);
  const legend = new Legend({ size: { width: 100, height: 60 }, colour: COLOUR, classes });
  legend.draw(padded.subarray(8, -8), new Uint8Array(6000));
  assert.ok([...padded.subarray(0, 8), ...padded.subarray(-8)].every((byte) => byte === 128));
  assert.ok(padded.some((byte) => byte !== 128));
});
