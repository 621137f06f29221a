/** DataLoader: what its batches hold, in which order, and that it leaks nothing. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader, type DataLoaderOptions } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { ARTICLE_NORMALIZATION, CIFAR10_NORMALIZATION, normalizePixels } from '../../lib/data/normalization';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';

let train: Dataset;
before(async () => {
  ({ train } = await loadCifar10({ sample: true }));
});

/** Draws one epoch and disposes it. */
function epoch(loader: DataLoader): { shapes: number[][]; labels: number[]; images: number[] } {
  const drawn = { shapes: [] as number[][], labels: [] as number[], images: [] as number[] };
  for (const { images, labels } of loader) {
    assert.deepEqual([images.dtype, labels.dtype], ['float32', 'int32']);
    assert.deepEqual(labels.shape, [images.shape[0]]);
    drawn.shapes.push(images.shape);
    for (const label of labels.dataSync()) drawn.labels.push(label);
    for (const value of images.dataSync()) drawn.images.push(value);
    tf.dispose([images, labels]);
  }
  return drawn;
}

describe('DataLoader', () => {
  test('DataLoader: without shuffling gives the normalized images in their order, the last batch smaller', () => {
    const dataset = train.subset(10);
    for (const normalize of [CIFAR10_NORMALIZATION, ARTICLE_NORMALIZATION]) {
      const loader = new DataLoader(dataset, { batchSize: 4, normalize });
      const { shapes, labels, images } = epoch(loader);
      assert.equal(loader.length, 3);
      assert.deepEqual(
        shapes.map(([n]) => n),
        [4, 4, 2],
      );
      assert.deepEqual(labels, [...dataset.labels]);
      assert.deepEqual(images, [...normalizePixels(dataset.images, normalize)]);
    }
  });

  test('DataLoader: has the defaults that it documents', () => {
    const loader = new DataLoader(train);
    assert.deepEqual([loader.batchSize, loader.length, loader.normalize], [128, 4, CIFAR10_NORMALIZATION]);
    assert.deepEqual(epoch(loader).shapes.at(-1), [16, 32, 32, 3]);
  });

  test('DataLoader: dropLast leaves out the batch that is not full', () => {
    const loader = new DataLoader(train.subset(10), { batchSize: 4, dropLast: true });
    assert.equal(loader.length, 2);
    assert.deepEqual(
      epoch(loader).shapes.map(([n]) => n),
      [4, 4],
    );
  });

  test('DataLoader: shuffles by seed and epoch: each image once, another order each epoch', () => {
    const options: DataLoaderOptions = { batchSize: 32, shuffle: true, seed: 3 };
    const dataset = train.subset(100);
    const loader = new DataLoader(dataset, options);
    const first = epoch(loader);
    const second = epoch(loader);
    assert.notDeepEqual(first.labels, [...dataset.labels]);
    assert.notDeepEqual(second.labels, first.labels);
    assert.deepEqual([...first.labels].sort(), [...dataset.labels].sort());
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum(first.images) - sum(second.images)) < 1e-3);

    const again = new DataLoader(dataset, options);
    assert.deepEqual(epoch(again), first);
    assert.deepEqual(epoch(again), second);
    assert.notDeepEqual(epoch(new DataLoader(dataset, { ...options, seed: 4 })).labels, first.labels);
  });

  test('DataLoader: an epoch does not depend on how the one before it ended, and can be set', () => {
    const options: DataLoaderOptions = { batchSize: 8, shuffle: true, augment: true, seed: 1 };
    const dataset = train.subset(24);
    const whole = new DataLoader(dataset, options);
    epoch(whole);
    const second = epoch(whole);

    const broken = new DataLoader(dataset, options);
    for (const { images, labels } of broken) {
      tf.dispose([images, labels]);
      break;
    }
    assert.equal(broken.epoch, 1);
    assert.deepEqual(epoch(broken), second);

    const resumed = new DataLoader(dataset, options);
    resumed.epoch = 1;
    assert.deepEqual(epoch(resumed), second);
  });

  test('DataLoader: augments each image differently in each epoch, and keeps its label', () => {
    const dataset = train.subset(20);
    const loader = new DataLoader(dataset, { batchSize: 20, augment: true });
    const first = epoch(loader);
    const second = epoch(loader);
    assert.deepEqual(first.labels, [...dataset.labels]);
    assert.notDeepEqual(first.images, second.images);
    const plain = normalizePixels(dataset.images, CIFAR10_NORMALIZATION);
    assert.notDeepEqual(first.images, [...plain]);
  });

  test('DataLoader: leaves no tensor behind, also when a loop is left early', () => {
    const loader = new DataLoader(train, { batchSize: 50, shuffle: true, augment: true });
    const before = tf.memory().numTensors;
    epoch(loader);
    for (const { images, labels } of loader) {
      tf.dispose([images, labels]);
      if (loader.epoch === 2) break;
    }
    assert.equal(tf.memory().numTensors, before);
  });

  test('DataLoader: refuses settings out of range', () => {
    for (const batchSize of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => new DataLoader(train, { batchSize }), ConfigError, `${batchSize}`);
    }
    assert.throws(() => new DataLoader(train, { seed: -1 }), ConfigError);
    assert.throws(() => new DataLoader(train, { batchSize: 401, dropLast: true }), /dropLast/);
    assert.throws(
      () => new DataLoader(train, { normalize: { mean: [0, 0, 0], std: [1, 1, 0] } }),
      ConfigError,
    );
  });
});
