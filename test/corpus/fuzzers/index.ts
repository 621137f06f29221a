/** Inputs that nobody thought of, for each reader of files: nothing but a right value or a typed error comes of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { CIFAR } from './cifar';
import type { Fuzzer } from './fuzzer';
import { PICTURES } from './pictures';
import { SAVED } from './saved';

export const FUZZERS: readonly Fuzzer[] = [...PICTURES, ...CIFAR, ...SAVED];

/**
 * Tries a fuzzer's inputs.
 *
 * @param seed the same one gives the same inputs
 * @throws Error with the smallest input that fails, and the seed
 */
export async function fuzz(
  { property, runs }: Fuzzer,
  options: { times: number; seed: number },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
  try {
    await fc.assert(await property(folder), {
      numRuns: runs * options.times,
      seed: options.seed,
      includeErrorInReport: true,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
