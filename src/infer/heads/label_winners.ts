/**
 * The class of largest logit at each grid point.
 *
 * The planes of the classes lie `planeBytes` apart. A step takes one cache line of each plane, 16
 * points, so that every line is read once; the best logits and their classes stay in registers.
 *
 * ```
 * class 0   │ 16 points │ …        best = max over the classes, point by point
 * class 1   │ 16 points │ …   →    winner = the first class that reached it, as a byte
 *   ⋮
 * ```
 */
import { loopTo } from "../../wasm/control.ts";
import { f32x4, i16x8, i32, i32x4, i8x16, v128 } from "../../wasm/instructions.ts";
import { type Kernel, kernel, SCRATCH } from "../../wasm/kernel.ts";

/** Four vectors of four points. */
const PARTS = [0, 1, 2, 3] as const;
const VECTOR_BYTES = 16;

/** Points that one step takes. It reads and writes whole steps: blocks have room for that. */
export const WINNER_STEP = 16;

/** Logits float32 [classes, points] at `logits` → winners uint8 [points] at `winners`. */
export const findWinners: Kernel = kernel(
  { logits: "i32", planeBytes: "i32", classes: "i32", points: "i32", winners: "i32" },
  ({ logits, planeBytes, classes, points, winners }, locals) => {
    const point = locals.i32();
    const id = locals.i32();
    const plane = locals.i32();
    const ids = locals.v128();
    const value = locals.v128();
    const isMore = locals.v128();
    const parts = PARTS.map((part) => ({
      offset: part * VECTOR_BYTES,
      best: locals.v128(),
      winner: locals.v128(),
    }));
    return [
      loopTo(point, points, WINNER_STEP, [
        plane.set(i32.add(logits, i32.shl(point, 2))),
        ...parts.map(({ offset, best, winner }) => [
          best.set(v128.load(SCRATCH, plane, offset)),
          winner.set(i32x4.splat(0)),
        ]),
        id.set(1),
        loopTo(id, classes, 1, [
          plane.set(i32.add(plane, planeBytes)),
          ids.set(i32x4.splat(id)),
          ...parts.map(({ offset, best, winner }) => [
            value.set(v128.load(SCRATCH, plane, offset)),
            isMore.set(f32x4.gt(value, best)),
            best.set(f32x4.pmax(best, value)),
            // Ids rise, so the larger one is the later one.
            winner.set(i32x4.max_s(winner, v128.and(isMore, ids))),
          ]),
        ]),
        v128.store(
          SCRATCH,
          i32.add(winners, point),
          i8x16.narrow_i16x8_u(
            i16x8.narrow_i32x4_s(parts[0]!.winner, parts[1]!.winner),
            i16x8.narrow_i32x4_s(parts[2]!.winner, parts[3]!.winner),
          ),
        ),
      ]),
    ];
  },
);
