/**
 * How far each class is below the winner, at each grid point.
 *
 * The planes of the classes lie `planeBytes` apart. A step takes one cache line of each plane, 16
 * points: down the classes to find the largest logits, and up again to count all from those.
 */
import { loopTo } from "../../wasm/control.ts";
import { f32x4, i32, v128 } from "../../wasm/instructions.ts";
import { type Kernel, kernel, SCRATCH } from "../../wasm/kernel.ts";

/** Four vectors of four points. */
const OFFSETS = [0, 16, 32, 48] as const;
const POINT_STEP = 16;

/**
 * Logits float32 [classes, points] → in their place powers of two: (logit − largest) · log₂e, 0 for
 * the winner. Reads and writes whole steps.
 */
export const lowerToPowers: Kernel = kernel(
  { logits: "i32", planeBytes: "i32", classes: "i32", points: "i32" },
  ({ logits, planeBytes, classes, points }, locals) => {
    const point = locals.i32();
    const id = locals.i32();
    const place = locals.i32();
    const perNat = locals.v128();
    const parts = OFFSETS.map((offset) => ({ offset, largest: locals.v128() }));
    const load = (offset: number) => v128.load(SCRATCH, place, offset);
    return [
      perNat.set(f32x4.splat(Math.LOG2E)),
      loopTo(point, points, POINT_STEP, [
        place.set(i32.add(logits, i32.shl(point, 2))),
        parts.map(({ offset, largest }) => largest.set(load(offset))),
        id.set(1),
        loopTo(id, classes, 1, [
          place.set(i32.add(place, planeBytes)),
          parts.map(({ offset, largest }) => largest.set(f32x4.pmax(largest, load(offset)))),
        ]),
        id.set(0),
        loopTo(id, classes, 1, [
          parts.map(({ offset, largest }) =>
            v128.store(
              SCRATCH,
              place,
              f32x4.mul(f32x4.sub(load(offset), largest), perNat),
              offset,
            )
          ),
          place.set(i32.sub(place, planeBytes)),
        ]),
      ]),
    ];
  },
);
