/**
 * Predictions, against the same arithmetic in plain numbers.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CLASS_NAMES } from '../../lib/data/classNames';
import {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  type Normalization,
} from '../../lib/data/normalization';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ImageError, ModelError } from '../../lib/errors';
import type { Image } from '../../lib/image/image';
import { readImage } from '../../lib/image/readImage';
import { resizeImage } from '../../lib/image/resizeImage';
import { setNetworkInfo } from '../../lib/models/networkInfo';
import { predictFile } from '../../lib/prediction/predictFile';
import { predictImage } from '../../lib/prediction/predictImage';
import { formatPrediction, type Prediction } from '../../lib/prediction/prediction';
import { predictUrl } from '../../lib/prediction/predictUrl';
import { localServer } from '../helpers/localServer';

const PICTURES = join(__dirname, '../../data/pictures');

/** weights[channel][class] of a network that averages each channel and is linear in the three means. */
function weights(classes: number): number[][] {
  return [0, 1, 2].map((channel) =>
    Array.from({ length: classes }, (_, k) => Math.sin(1 + channel * 7 + k * 3)),
  );
}

function linearNet(classes = 10): TensorFlow.LayersModel {
  const net = tf.sequential({
    layers: [
      tf.layers.globalAveragePooling2d({ inputShape: [32, 32, 3], dataFormat: 'channelsLast' }),
      tf.layers.dense({ units: classes, useBias: false }),
    ],
  });
  net.setWeights([tf.tensor2d(weights(classes))]);
  return net;
}

function expectedLogits(image: Image, { mean, std }: Normalization, classes = 10): number[] {
  const means = [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let i = channel; i < image.data.length; i += 3) sum += image.data[i];
    return (sum / (image.data.length / 3) / 255 - mean[channel]) / std[channel];
  });
  return Array.from({ length: classes }, (_, k) =>
    weights(classes).reduce((sum, row, channel) => sum + row[k] * means[channel], 0),
  );
}

function check(prediction: Prediction, logits: number[]): void {
  const exponentials = logits.map(Math.exp);
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  for (const [k, probability] of prediction.probabilities.entries()) {
    assert.ok(Math.abs(probability - exponentials[k] / total) < 1e-5, `class ${k}`);
  }
  const best = logits.indexOf(Math.max(...logits));
  assert.equal(prediction.classIndex, best);
  assert.equal(prediction.className, prediction.classNames[best]);
  assert.equal(prediction.probability, prediction.probabilities[best]);
  assert.ok(Math.abs(prediction.value - logits[best]) < 1e-4);
}

describe('predictions', () => {
  test('predictions: of a raw image of 32×32, by the statistics of CIFAR-10', async () => {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 31) % 256);
    const image = { width: 32, height: 32, data };
    const prediction = await predictImage(linearNet(), image);
    check(prediction, expectedLogits(image, CIFAR10_NORMALIZATION));
    assert.equal(prediction.image, image);
    assert.deepEqual(prediction.classNames, CLASS_NAMES);
  });

  test('predictions: of a file, by what the network knows of itself', async () => {
    const net = linearNet(3);
    setNetworkInfo(net, { classNames: ['a', 'b', 'c'], normalization: ARTICLE_NORMALIZATION });
    const path = join(PICTURES, 'cat.png');
    const prediction = await predictFile(net, path);
    const small = resizeImage(await readImage(path), 32, 32);
    check(prediction, expectedLogits(small, ARTICLE_NORMALIZATION, 3));
    assert.equal(prediction.image.width, 451);
  });

  test('predictions: of an address, with options for both halves', async () => {
    const server = await localServer((_, response) => response.end(readFileSync(join(PICTURES, 'dog.jpg'))));
    const url = `${server.origin}/dog.jpg`;
    const net = linearNet();
    const prediction = await predictUrl(net, url, { fit: 'cover', timeout: 5000 });
    const small = resizeImage(await readImage(join(PICTURES, 'dog.jpg')), 32, 32, 'cover');
    check(prediction, expectedLogits(small, CIFAR10_NORMALIZATION));
    await assert.rejects(predictUrl(net, url, { maxBytes: 10 }), ImageError);
    server.close();
  });

  test('predictions: follow the weights when they change', async () => {
    const net = linearNet();
    const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(200) };
    const before = await predictImage(net, image);
    net.setWeights([tf.tensor2d(weights(10)).mul(-2)]);
    const after = await predictImage(net, image);
    check(
      after,
      expectedLogits(image, CIFAR10_NORMALIZATION).map((logit) => -2 * logit),
    );
    assert.notEqual(after.classIndex, before.classIndex);
  });

  test('predictions: leave no tensors behind', async () => {
    const net = linearNet();
    const image = { width: 40, height: 20, data: new Uint8Array(40 * 20 * 3) };
    await predictImage(net, image);
    const before = tf.memory().numTensors;
    await predictImage(net, image);
    await predictImage(net, image, { compile: false });
    assert.equal(tf.memory().numTensors, before);
  });

  test('predictions: are the same without a record, whichever comes first', async () => {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 31) % 256);
    const image = { width: 32, height: 32, data };
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const net = linearNet();
      for (const compile of order) {
        check(await predictImage(net, image, { compile }), expectedLogits(image, CIFAR10_NORMALIZATION));
      }
    }
  });

  test('predictions: without a record run the network itself each time, with one once', async () => {
    const net = linearNet();
    const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) };
    const path = join(PICTURES, 'cat.png');
    let runs = 0;
    const apply = net.apply.bind(net);
    net.apply = (...inputs) => {
      runs++;
      return apply(...inputs);
    };
    for (const options of [{}, { compile: true }, {}]) await predictImage(net, image, options);
    assert.equal(runs, 1);
    for (const options of [{ compile: false }, {}, { compile: false }]) {
      await predictFile(net, path, options);
    }
    assert.equal(runs, 3);
  });
});

describe('networks that do not fit are ModelErrors', () => {
  const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) };

  test('networks that do not fit are ModelErrors: other classes than names', async () => {
    await assert.rejects(predictImage(linearNet(7), image), (error: Error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /\[, 7\].*10 class names.*setNetworkInfo/s);
      return true;
    });
  });

  test('networks that do not fit are ModelErrors: an input that is no picture', async () => {
    const dense = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [5] })] });
    await assert.rejects(predictImage(dense, image), ModelError);
  });

  test('networks that do not fit are ModelErrors: weights that are no numbers', async () => {
    const net = linearNet();
    net.setWeights([tf.fill([3, 10], NaN)]);
    await assert.rejects(predictImage(net, image), /ModelError: The network answers NaN/);
  });
});

test('a prediction prints as in the article', () => {
  const probabilities = [
    9.9965e-1, 3.6513e-6, 1.7105e-4, 5.1874e-6, 9.115e-5, 2.3654e-7, 1.0426e-6, 3.9004e-7, 7.9401e-5,
    2.464e-6,
  ];
  const prediction: Prediction = {
    probabilities,
    classIndex: 0,
    className: 'airplane',
    value: 10.8828,
    probability: probabilities[0],
    classNames: CLASS_NAMES,
    image: { width: 0, height: 0, data: new Uint8Array() },
  };
  assert.equal(
    formatPrediction(prediction),
    `Probabilities  [9.9965e-01, 3.6513e-06, 1.7105e-04, 5.1874e-06, 9.1150e-05, 2.3654e-07, 1.0426e-06, 3.9004e-07, 7.9401e-05, 2.4640e-06]
Class index    0
Value          10.8828
Class name     airplane`,
  );
});

test('the images that ship are small, readable, and named with their license', async () => {
  const license = readFileSync(join(PICTURES, 'LICENSE.md'), 'utf8');
  const names = readdirSync(PICTURES).filter((name) => name !== 'LICENSE.md');
  assert.ok(names.length >= 6);
  for (const name of names) {
    assert.ok(license.includes(`\`${name}\``), `${name} is not in LICENSE.md`);
    const { width, height } = await readImage(join(PICTURES, name));
    assert.ok(width >= 32 && height >= 32 && Math.max(width, height) <= 640, `${name} is ${width}×${height}`);
  }
  const bytes = names.reduce((sum, name) => sum + statSync(join(PICTURES, name)).size, 0);
  assert.ok(bytes < 1.5e6, `${bytes} bytes`);
});
