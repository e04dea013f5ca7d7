/** Repeatable randomness: the street of one seed is the same on every machine. */

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/** The mulberry32 generator (public domain, Tommy Ettinger): 32 bits of state, period 2³². */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** One of `choices`. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}

/**
 * Smooth noise that tiles: octaves of interpolated lattice values, each half as strong and twice as
 * fine as the one before. Returns float32 [size, size] in about −1…1; `size` is a power of two.
 */
export function tileableNoise(
  random: Random,
  size: number,
  octaves: { first: number; count: number },
): Float32Array {
  const noise = new Float32Array(size * size);
  let strength = 0.6;
  for (let octave = 0; octave < octaves.count; octave++) {
    const cells = Math.min(size, octaves.first << octave);
    const lattice = Float32Array.from({ length: cells * cells }, () => random() * 2 - 1);
    const scale = cells / size;
    for (let row = 0; row < size; row++) {
      const fy = row * scale;
      const top = Math.floor(fy);
      const upper = top * cells;
      const lower = ((top + 1) % cells) * cells;
      const wy = smooth(fy - top);
      for (let column = 0; column < size; column++) {
        const fx = column * scale;
        const left = Math.floor(fx);
        const right = (left + 1) % cells;
        const wx = smooth(fx - left);
        const a = lattice[upper + left]! * (1 - wx) + lattice[upper + right]! * wx;
        const b = lattice[lower + left]! * (1 - wx) + lattice[lower + right]! * wx;
        noise[row * size + column]! += strength * (a * (1 - wy) + b * wy);
      }
    }
    strength *= 0.6;
  }
  return noise;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
