/** A piece of arithmetic whose time is the clock of the core and nothing else. */

/** Steps of the generator; about 20 ms on a core of 2020. */
const STEPS = 1 << 24;

/** Kept, so that the loop cannot be optimised away. */
let kept = 1;

/** Xorshift: each step needs the one before. Gives the milliseconds it took this thread. */
export function spin(): number {
  const beganMs = performance.now();
  let state = kept;
  for (let step = 0; step < STEPS; step++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  kept = state;
  return performance.now() - beganMs;
}
