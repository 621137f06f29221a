/**
 * Dataset, the sample that ships with the library, and its statistics, against NumPy
 * (fixtures/cifar/make_oracle.py).
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { CLASS_NAMES } from '../../lib/data/classNames';
import { Dataset, type TrainAndTest } from '../../lib/data/dataset';
import {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  channelStatistics,
  normalizePixels,
} from '../../lib/data/normalization';
import { ConfigError, DataError } from '../../lib/errors';
import { oracle } from '../fixtures/cifar/oracle';

let sample: TrainAndTest;
before(async () => {
  sample = await loadCifar10({ sample: true });
});

/** A data set of n images, image i filled with the value i, labels counting from 0 to 9. */
function numbered(n: number): Dataset {
  const images = new Uint8Array(n * 3072).map((_, i) => Math.floor(i / 3072));
  return new Dataset(
    images,
    new Uint8Array(n).map((_, i) => i % 10),
  );
}

describe('the sample', () => {
  for (const part of ['train', 'test'] as const) {
    test(`the sample: ${part} has the pixels and labels that NumPy reads`, () => {
      const dataset = sample[part];
      const facts = oracle[part];
      assert.equal(dataset.length, facts.length);
      assert.deepEqual(dataset.classCounts(), facts.classCounts);
      assert.deepEqual([...dataset.labels.subarray(0, 10)], facts.firstLabels);
      assert.deepEqual([...dataset.image(0).subarray(0, 12)], facts.firstRow);
      assert.deepEqual([...dataset.image(dataset.length - 1).subarray(-3)], facts.lastPixel);
      assert.deepEqual(dataset.classNames, CLASS_NAMES);
      assert.deepEqual(dataset.imageShape, [32, 32, 3]);
    });

    test(`the sample: ${part} has the channel statistics that NumPy computes`, () => {
      const { mean, std } = channelStatistics(sample[part]);
      for (let channel = 0; channel < 3; channel++) {
        assert.ok(Math.abs(mean[channel] - oracle[part].mean[channel]) < 1e-12);
        assert.ok(Math.abs(std[channel] - oracle[part].std[channel]) < 1e-12);
      }
    });
  }
});

describe('normalizePixels', () => {
  test(`normalizePixels: the article's normalization brings 0..255 to -1..1`, () => {
    assert.deepEqual(
      [...normalizePixels(Uint8Array.of(0, 255, 51), ARTICLE_NORMALIZATION)],
      [-1, 1, Math.fround(-0.6)],
    );
  });

  test('normalizePixels: statistics of an image normalized by its own are 0 and 1', () => {
    const dataset = sample.train.subset(50);
    const normalized = normalizePixels(dataset.images, channelStatistics(dataset));
    for (let channel = 0; channel < 3; channel++) {
      const values = normalized.filter((_, i) => i % 3 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      assert.ok(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-6, `${mean}, ${variance}`);
    }
  });

  test('normalizePixels: refuses a deviation of 0 and a mean of NaN', () => {
    const { mean, std } = CIFAR10_NORMALIZATION;
    const pixels = Uint8Array.of(0, 0, 0);
    assert.throws(() => normalizePixels(pixels, { mean, std: [0.2, 0, 0.2] }), ConfigError);
    assert.throws(() => normalizePixels(pixels, { mean: [Number.NaN, 0, 0], std }), ConfigError);
  });
});

describe('Dataset', () => {
  test('Dataset: subset takes the first so many, or those of the indices in their order', () => {
    const dataset = numbered(20);
    assert.deepEqual([...dataset.subset(3).labels], [0, 1, 2]);
    const chosen = dataset.subset([17, 4, 4]);
    assert.deepEqual([...chosen.labels], [7, 4, 4]);
    assert.deepEqual([chosen.image(0)[0], chosen.image(1)[3071], chosen.image(2)[5]], [17, 4, 4]);
  });

  test('Dataset: split gives two parts without a common image, the same for the same seed', () => {
    const dataset = numbered(200);
    const ids = (part: Dataset) => Array.from(part.labels, (_, i) => part.image(i)[0]);
    const [first, second] = dataset.split(0.9, 5);
    assert.deepEqual([first.length, second.length], [180, 20]);
    assert.deepEqual(
      [...ids(first), ...ids(second)].sort((a, b) => a - b),
      [...Array(200).keys()],
    );
    assert.ok(ids(second).every((id, i) => second.labels[i] === id % 10));
    assert.deepEqual(ids(dataset.split(0.9, 5)[1]), ids(second));
    assert.notDeepEqual(ids(dataset.split(0.9, 6)[1]), ids(second));
  });

  test('Dataset: refuses pixels that do not fit, labels out of range and no images', () => {
    assert.throws(() => new Dataset(new Uint8Array(3071), new Uint8Array(1)), DataError);
    assert.throws(() => new Dataset(new Uint8Array(3072), Uint8Array.of(10)), /Label 10 of image 0/);
    assert.throws(() => new Dataset(new Uint8Array(3072), Uint8Array.of(2), ['cat', 'dog']), DataError);
    assert.throws(() => new Dataset(new Uint8Array(0), new Uint8Array(0)), DataError);
    assert.throws(() => numbered(3).subset([]), DataError);
  });

  test('Dataset: refuses selections that are not there', () => {
    const dataset = numbered(10);
    for (const selection of [0, 11, 2.5, Number.NaN, [10], [-1], [0.5]]) {
      assert.throws(() => dataset.subset(selection), ConfigError, `${selection}`);
    }
    for (const fraction of [0, 1, 0.01, -1, Number.NaN]) {
      assert.throws(() => dataset.split(fraction, 0), ConfigError, `${fraction}`);
    }
    assert.throws(() => dataset.split(0.5, -1), ConfigError);
    assert.throws(() => dataset.image(10), ConfigError);
  });
});
