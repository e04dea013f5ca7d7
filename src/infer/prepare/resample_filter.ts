/** Weights are fixed point with this many fractional bits; they sum to one. */
export const WEIGHT_BITS = 8;
const WEIGHT_ONE = 1 << WEIGHT_BITS;

/** From this factor on a shrinking resize averages over the pixels that it would skip. */
const ANTIALIAS_FROM = 2;

/** For each output sample: the first input sample that counts, and `taps` weights that sum to one. */
export interface Filter {
  readonly taps: number;
  readonly firsts: Int32Array;
  readonly weights: Int32Array;
}

/** A triangle of half-width max(1, shrink factor) around each output sample's centre. */
export function triangleFilter(from: number, to: number): Filter {
  const factor = from / to;
  const radius = factor > ANTIALIAS_FROM ? factor : 1;
  const taps = Math.min(from, Math.ceil(2 * radius));
  const firsts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(from - 0.5, Math.max(0.5, (i + 0.5) * factor));
    // The first that is nearer than the radius.
    const first = Math.min(from - taps, Math.max(0, Math.floor(centre - radius + 0.5)));
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = Math.abs(first + tap + 0.5 - centre) / radius;
      exact[tap] = Math.max(0, 1 - distance);
      sum += exact[tap]!;
    }
    // The largest weight takes what rounding leaves, so that a flat plane stays as it is.
    let rest = WEIGHT_ONE;
    let largest = 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = Math.round(exact[tap]! / sum * WEIGHT_ONE);
      weights[i * taps + tap] = weight;
      rest -= weight;
      if (exact[tap]! > exact[largest]!) largest = tap;
    }
    weights[i * taps + largest]! += rest;
    firsts[i] = first;
  }
  return { taps, firsts, weights };
}
