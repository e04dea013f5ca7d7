import assert from "node:assert/strict";
import type { Colour } from "../../src/frame/colour.ts";
import type { Size } from "../../src/frame/geometry.ts";
import { Hud, type HudValues } from "../../src/overlay/hud.ts";

const COLOUR: Colour = { matrix: "bt601", range: "limited" };
const VALUES: HudValues = {
  fps: 29.97,
  latencyMs: 41,
  provider: "cpu",
  modelSize: { width: 1024, height: 512 },
};

function greyFrame({ width, height }: Size): Uint8Array {
  return new Uint8Array(width * height * 1.5).fill(128);
}

function drawHud(size: Size, values: HudValues): Uint8Array {
  const frame = greyFrame(size);
  new Hud(size, COLOUR).draw(frame, values);
  return frame;
}

Deno.test("Hud.draw() writes white on a dark box in the upper left, when the frame has room", () => {
  const size = { width: 640, height: 360 };
  const frame = drawHud(size, VALUES);
  const corner = frame.subarray(14 * 640 + 10, 14 * 640 + 120);
  assert.ok(corner.some((luma) => luma === 235), "white");
  assert.ok(corner.some((luma) => luma < 70), "shade");
  assert.ok(frame.every((code) => code >= 16 && code <= 235), "within the limited range");
  assert.ok(frame.subarray(640 * 360).every((code) => code === 128), "grey stays grey");
  const below = frame.subarray(180 * 640, 640 * 360);
  assert.ok(below.every((luma) => luma === 128), "the rest of the frame is left");
});

Deno.test("Hud.draw() shows each figure, when it changes", () => {
  const size = { width: 640, height: 360 };
  const hud = new Hud(size, COLOUR);
  const draw = (values: HudValues) => {
    const frame = greyFrame(size);
    hud.draw(frame, values);
    return frame;
  };
  const first = draw(VALUES);
  assert.deepEqual(draw({ ...VALUES }), first, "the same figures");
  for (
    const change of [
      { fps: 12 },
      { fps: undefined },
      { latencyMs: 7 },
      { provider: "webgpu" },
      { modelSize: { width: 512, height: 256 } },
      { message: "reconnecting" },
    ]
  ) {
    const changed = draw({ ...VALUES, ...change });
    assert.notDeepEqual(changed, first, JSON.stringify(change));
    assert.deepEqual(changed, drawHud(size, { ...VALUES, ...change }), "as from a new one");
  }
  assert.deepEqual(draw({ ...VALUES, fps: NaN }), draw({ ...VALUES, fps: undefined }));
});

Deno.test("Hud.draw() stays within the frame, when the frame is small or the text long", () => {
  const message = "a message that is far longer than any of these frames is wide, by design";
  for (const [width, height] of [[2, 2], [4, 200], [128, 128], [200, 2], [64, 130]] as const) {
    const padded = new Uint8Array(width * height * 1.5 + 16).fill(128);
    const hud = new Hud({ width, height }, COLOUR);
    hud.draw(padded.subarray(8, -8), { ...VALUES, message });
    const around = [...padded.subarray(0, 8), ...padded.subarray(-8)];
    assert.ok(around.every((byte) => byte === 128), `${width}x${height}`);
    const isDrawn = padded.some((byte) => byte !== 128);
    assert.equal(isDrawn, height >= 128 && width > 6, `${width}x${height}`);
  }
});
