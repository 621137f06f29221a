/** Crop, flip and normalization against NumPy, and against the same done slowly, one step after the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Augmentation, augmentInto, randomAugmentation } from '../../lib/data/augment';
import { loadCifar10 } from '../../lib/data/cifar10';
import { CIFAR10_NORMALIZATION, normalizationTable } from '../../lib/data/normalization';
import { Random } from '../../lib/data/random';
import { augmentedByNumpy, oracle } from '../fixtures/cifar/oracle';

const table = normalizationTable(CIFAR10_NORMALIZATION);

test('equals what NumPy makes of real images by pad, slice and arithmetic', async () => {
  const { train } = await loadCifar10({ sample: true });
  const expected = augmentedByNumpy();
  const actual = new Float32Array(expected.length);
  for (const [i, { image, ...augmentation }] of oracle.augmentations.entries()) {
    augmentInto(train.image(image), augmentation, table, actual, i * 3072);
  }
  const worst = actual.reduce((error, value, i) => Math.max(error, Math.abs(value - expected[i])), 0);
  assert.ok(worst < 1e-6, `largest difference ${worst}`);
});

/** Pads, crops, mirrors, and only then normalizes. */
function slowly(image: Uint8Array, { top, left, flip }: Augmentation): number[] {
  const padded = Array.from({ length: 40 }, () => Array.from({ length: 40 }, () => [0, 0, 0]));
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++)
      padded[y + 4][x + 4] = [...image.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
  }
  const crop = padded.slice(top, top + 32).map((row) => row.slice(left, left + 32));
  const mirrored = flip ? crop.map((row) => [...row].reverse()) : crop;
  const { mean, std } = CIFAR10_NORMALIZATION;
  return mirrored
    .flat()
    .flatMap((rgb) => rgb.map((value, c) => Math.fround((value / 255 - mean[c]) / std[c])));
}

test('equals the slow way for all 162 corners and sides', () => {
  const random = Random.fromSeed(0);
  const image = new Uint8Array(3072).map(() => random.below(256));
  for (let top = 0; top <= 8; top++) {
    for (let left = 0; left <= 8; left++) {
      for (const flip of [false, true]) {
        const actual = new Float32Array(3072);
        augmentInto(image, { top, left, flip }, table, actual, 0);
        assert.deepEqual([...actual], slowly(image, { top, left, flip }), `${top}, ${left}, ${flip}`);
      }
    }
  }
});

test('draws every corner and both sides', () => {
  const random = Random.fromSeed(2);
  const seen = new Set<string>();
  for (let i = 0; i < 3000; i++) {
    const { top, left, flip } = randomAugmentation(random);
    assert.ok(top >= 0 && top <= 8 && left >= 0 && left <= 8);
    seen.add(`${top} ${left} ${flip}`);
  }
  assert.equal(seen.size, 162);
});
