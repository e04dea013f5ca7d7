/** The value of an IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
export function widenHalfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const brainBits = new Uint32Array(1);
const brainValue = new Float32Array(brainBits.buffer);

/** The value of a bfloat16: the upper half of a float32. */
export function widenBrainFloat(bits: number): number {
  brainBits[0] = bits << 16;
  return brainValue[0]!;
}
