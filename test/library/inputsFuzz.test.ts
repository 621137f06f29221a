/** Some inputs for each reader of files, the same ones every time. `npm run test:faults` tries many more, and others each time. */
import { describe, test } from 'node:test';
import { FUZZERS, fuzz } from '../corpus/fuzzers';

const SEED = 10;

describe('nothing but a right value or a typed error comes of', () => {
  for (const fuzzer of FUZZERS)
    test(`nothing but a right value or a typed error comes of: ${fuzzer.name}`, () =>
      fuzz(fuzzer, { times: 1, seed: SEED }));
});
