/**
 * A small seeded random number generator, so that the same seed shuffles and augments alike everywhere.
 *
 * xoshiro128** 1.1 by David Blackman and Sebastiano Vigna (https://prng.di.unimi.it/xoshiro128starstar.c,
 * public domain), its state filled from the seed by the finalizer of MurmurHash3 over a Weyl sequence
 * (SplitMix32).
 */
import { ConfigError, quotable } from '../errors';

/** The whole state of a `Random`: four unsigned 32-bit integers, not all 0. */
export type RandomState = readonly [number, number, number, number];

/** A stream of pseudo-random numbers: not for secrets. */
export class Random {
  readonly #state: Uint32Array;

  private constructor(state: Uint32Array) {
    this.#state = state;
  }

  /**
   * Starts a stream. Streams of different seeds, or of one seed and different stream numbers, are unrelated.
   *
   * @throws ConfigError when the seed isn't an integer of 0 to 2^32 - 1.
   */
  static fromSeed(seed: number, stream = 0): Random {
    checkSeed(seed);
    let weyl = mix(mix(seed) ^ stream);
    return new Random(
      Uint32Array.from({ length: 4 }, () => {
        weyl = (weyl + 0x9e3779b9) >>> 0;
        return mix(weyl);
      }),
    );
  }

  /** Goes on where the stream whose `state` was read stood. */
  static fromState(state: RandomState): Random {
    return new Random(Uint32Array.from(state));
  }

  /** Where the stream stands; plain numbers, so it can be stored as JSON. */
  get state(): RandomState {
    const [a, b, c, d] = this.#state;
    return [a, b, c, d];
  }

  /** The next integer of 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** The next integer of 0 to `bound` - 1, each equally likely; `bound` is 1 to 2^32. */
  below(bound: number): number {
    // Values from the last, incomplete run of `bound` values are drawn again: they would favor small
    // results.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /** The next number of `from` up to, but not, `to`, each equally likely. */
  uniform(from = 0, to = 1): number {
    return from + ((to - from) * this.uint32()) / 2 ** 32;
  }

  /** The integers 0 to `length` - 1 in random order (Fisher and Yates). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** Refuses what is no seed: throws ConfigError unless it is an integer of 0 to 2^32 - 1. */
export function checkSeed(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new ConfigError(`A seed can't be ${quotable(seed)}.`, 'Give an integer of 0 to 4294967295.');
  }
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function mix(value: number): number {
  let z = value;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
