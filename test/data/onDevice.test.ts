/** Batches made on the device: the same numbers as those made in JavaScript, and as part of a step. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Batch, BatchDraws } from '../../lib/data/batch';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader, type DataLoaderOptions } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { ARTICLE_NORMALIZATION } from '../../lib/data/normalization';
import { compile } from '../../lib/engine/compile';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { resnet18 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { numbers } from '../helpers/tensors';

let images: Dataset;

before(async () => {
  images = (await loadCifar10({ sample: true })).train.subset(70);
});

const AUGMENTED: DataLoaderOptions = { batchSize: 32, shuffle: true, augment: true, seed: 5 };

/** All numbers of an epoch's batches, as steps make them. */
function epoch(loader: DataLoader): number[][] {
  return [...loader.inputs()].map(({ tensors }) => {
    const batch = loader.batch(tensors);
    const values = [...numbers(batch.images), ...numbers(batch.labels)];
    tf.dispose({ ...batch, ...tensors });
    return values;
  });
}

describe('a loader on the device', () => {
  for (const [name, options] of Object.entries({
    plain: { batchSize: 32 },
    augmented: AUGMENTED,
    'otherwise normalized': { ...AUGMENTED, normalize: ARTICLE_NORMALIZATION },
  })) {
    test(`a loader on the device gives the same batches to the bit, ${name}`, () => {
      const loader = new DataLoader(images, { ...options, onDevice: true });
      const host = new DataLoader(images, options);
      for (let i = 0; i < 2; i++) assert.deepEqual(epoch(loader), epoch(host));
      loader.dispose();
    });
  }

  test('a loader on the device makes them within a compiled step, which is fed four numbers an image', async () => {
    const loader = new DataLoader(images, { ...AUGMENTED, onDevice: true });
    const step = compile((tensors: Batch | BatchDraws) => loader.batch(tensors));
    const made: number[][] = [];
    for (const { tensors, length } of loader.inputs()) {
      assert.deepEqual(
        Object.values(tensors).map(({ shape }) => shape),
        [[length, 4]],
      );
      const batch = await step(tensors);
      made.push([...numbers(batch.images), ...numbers(batch.labels)]);
    }
    assert.deepEqual(made, epoch(new DataLoader(images, AUGMENTED)));
    step.dispose();
    loader.dispose();
  });

  test('a loader on the device trains and tests as one in JavaScript does, to the bit', async () => {
    const histories = [];
    for (const onDevice of [false, true]) {
      const net = resnet18({ width: 4 });
      const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
      const loaders = [AUGMENTED, { batchSize: 32 }].map(
        (options) => new DataLoader(images, { ...options, onDevice }),
      );
      const { epochs } = await train(net, loaders[0], loaders[1], {
        epochs: 2,
        optimizer,
        criterion: crossEntropy(),
      });
      histories.push(epochs.map(({ seconds, ...record }) => record));
      optimizer.dispose();
      net.dispose();
    }
    assert.deepEqual(histories[1], histories[0]);
  });

  test('a loader on the device leaves nothing behind once it is disposed', () => {
    const before = tf.memory().numTensors;
    const loader = new DataLoader(images, { ...AUGMENTED, onDevice: true });
    epoch(loader);
    assert.equal(tf.memory().numTensors, before + 2);
    loader.dispose();
    assert.equal(tf.memory().numTensors, before);
    assert.equal(epoch(loader).length, 3);
    loader.dispose();
  });
});
