/**
 * Real numbers as 8-bit codes: `real = scale · (code − zeroPoint)`.
 *
 * Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference", arXiv 1712.05877, §2.1.
 */

/** The real numbers that an activation's codes span. */
export interface Range {
  /** Where it begins. */
  readonly low: number;
  /** Where it ends. */
  readonly high: number;
}

/** What the codes of an activation mean. */
export interface ActivationCodes {
  /** Positive. */
  readonly scale: number;
  /** The code of 0, from 0 to 255. */
  readonly zeroPoint: number;
}

/** A kernel in 8 bits, each output channel with a scale of its own; the code of 0 is 0. */
export interface KernelCodes {
  /** As many as the kernel has values. */
  readonly codes: Int8Array;
  /** [out], positive. */
  readonly scales: Float32Array;
}

/**
 * How large a kernel's codes may become.
 *
 * - `full`: ±127.
 * - `reduced`: ±63, for processors that add two products of a uint8 and an int8 in 16 bits, which
 *   2 · 255 · 127 overflows.
 */
export type WeightRange = "full" | "reduced";

const LARGEST_ACTIVATION = 255;
const LARGEST_WEIGHT = { full: 127, reduced: 63 } as const;

/**
 * The codes for a range, which is widened to hold 0, so that padding is exact. A range that starts
 * at 0 gets the zero point 0: then to clip at the smallest code is to apply ReLU.
 */
export function activationCodes(range: Range): ActivationCodes {
  const low = Math.min(0, range.low);
  const high = Math.max(0, range.high);
  const scale = Math.fround((high - low) / LARGEST_ACTIVATION);
  if (!(scale > 0 && Number.isFinite(scale))) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.round(Math.abs(low) / scale) };
}

/**
 * The codes of a kernel [out, …]: the largest weight of each output gets the largest code, or a
 * smaller one where that would take the output's scale below its entry in `leastScales`.
 */
export function kernelCodes(
  weight: Float32Array,
  out: number,
  range: WeightRange = "full",
  leastScales?: Float32Array,
): KernelCodes {
  const codes = new Int8Array(weight.length);
  const scales = new Float32Array(out);
  const perOutput = weight.length / out;
  for (let channel = 0; channel < out; channel++) {
    const start = channel * perOutput;
    const end = start + perOutput;
    let largest = 0;
    for (let i = start; i < end; i++) {
      const size = Math.abs(weight[i]!);
      if (size > largest) largest = size;
    }
    const least = leastScales?.[channel] ?? 0;
    const scale = Math.fround(Math.max(largest / LARGEST_WEIGHT[range], least)) || 1;
    scales[channel] = scale;
    const perUnit = 1 / scale;
    // A million weights are rounded at start-up: shifted above 0, truncating is enough.
    for (let i = start; i < end; i++) codes[i] = (weight[i]! * perUnit + 128.5 | 0) - 128;
  }
  return { codes, scales };
}
