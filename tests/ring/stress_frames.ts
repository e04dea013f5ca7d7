/** What the two sides of the ring's stress test agree on. */

/** Numbers in a frame's header. */
export const FIELD = { index: 0, mark: 1 } as const;

/** The word that belongs at position `i` of frame `index`. */
export function canary(index: number, i: number): number {
  return (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(i + 7, 0x85ebca6b)) >>> 0;
}

/** A small generator of repeatable numbers (xorshift32). */
export function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Keeps the processor busy for a while. */
export function spin(iterations: number): number {
  let value = 1;
  for (let i = 0; i < iterations; i++) value = Math.imul(value, 0x01000193) ^ i;
  return value;
}
