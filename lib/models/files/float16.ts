/**
 * Numbers of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
 */
import { ModelError } from '../../errors';

/** The largest finite one. */
const LARGEST = 65504;

/**
 * Rounds numbers to the nearest of 16 bits, to the even one where two are as near.
 *
 * @param name of the weight that they are
 * @returns the bits of each
 * @throws ModelError where one is too large, or isn't finite
 */
export function toFloat16(numbers: Float32Array, name: string): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, (word, i) => {
    if (!(Math.abs(numbers[i]) <= LARGEST)) {
      throw new ModelError(
        `The weight ${name} holds ${numbers[i]}, which 16 bits don't.`,
        "Save it with { dtype: 'float32' }.",
      );
    }
    const sign = (word >>> 16) & 0x8000;
    const exponent = (word >>> 23) & 0xff; // of 2 to the power of it less 127
    if (exponent < 102) return sign; // less than half of the smallest one
    const fraction = (word & 0x7fffff) | 0x800000;
    // Those below 2^-14 have no exponent of their own, and fewer bits of fraction.
    const shift = exponent > 112 ? 13 : 126 - exponent;
    const base = exponent > 112 ? (exponent - 113) << 10 : 0;
    const kept = fraction >>> shift;
    const rest = fraction & ((1 << shift) - 1);
    const half = 1 << (shift - 1);
    const rounded = kept + (rest > half || (rest === half && kept & 1) ? 1 : 0);
    return sign | (base + rounded);
  });
}

/** The number that 16 bits stand for. */
export function fromFloat16(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * 2 ** -24 * fraction : sign * 2 ** (exponent - 25) * (1024 + fraction);
}
