/** Networks that end in softmax or sigmoid: their loss, training and predictions, against plain TensorFlow.js. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { saveModel } from '../../lib/models/files/saveModel';
import { predictImage } from '../../lib/prediction/predictImage';
import { evaluate } from '../../lib/training/evaluate';
import { learningRateRangeTest } from '../../lib/training/learningRateRangeTest';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';

type Symbolic = TensorFlow.SymbolicTensor;

let images: Dataset;
let folder: string;

before(async () => {
  images = (await loadCifar10({ sample: true })).train.subset(60);
  folder = await mkdtemp(join(tmpdir(), 'outputs-'));
});
after(() => rm(folder, { recursive: true }));

const apply = (layer: TensorFlow.layers.Layer, ...to: Symbolic[]) =>
  layer.apply(to.length === 1 ? to[0] : to) as Symbolic;

const dense = (activation?: 'softmax' | 'sigmoid' | 'relu', seed = 1) =>
  tf.layers.dense({
    units: 10,
    activation,
    kernelInitializer: tf.initializers.glorotNormal({ seed }),
  });

/** A network that flattens images and ends as told. */
function endingIn(end: (features: Symbolic) => Symbolic): TensorFlow.LayersModel {
  const input = tf.input({ shape: [32, 32, 3] });
  return tf.model({ inputs: input, outputs: end(apply(tf.layers.flatten(), input)) });
}

/** A network of its own that takes logits. */
function head(layer: TensorFlow.layers.Layer): TensorFlow.LayersModel {
  const input = tf.input({ shape: [10] });
  return tf.model({ inputs: input, outputs: apply(layer, input) });
}

const PROBABILITIES: Record<string, () => TensorFlow.LayersModel> = {
  'a dense layer with softmax': () => endingIn((x) => apply(dense('softmax'), x)),
  'a softmax layer': () => endingIn((x) => apply(tf.layers.softmax(), apply(dense(), x))),
  'a softmax layer of the last axis': () =>
    endingIn((x) => apply(tf.layers.softmax({ axis: -1 }), apply(dense(), x))),
  'an activation layer with softmax': () =>
    endingIn((x) => apply(tf.layers.activation({ activation: 'softmax' }), apply(dense(), x))),
  'softmax and then nothing': () =>
    endingIn((x) => apply(tf.layers.activation({ activation: 'linear' }), apply(dense('softmax'), x))),
  'a network that ends in softmax': () =>
    endingIn((x) => apply(head(tf.layers.softmax()), apply(dense(), x))),
  'a network that only reshapes what softmax gives': () =>
    endingIn((x) => apply(head(tf.layers.reshape({ targetShape: [10] })), apply(dense('softmax'), x))),
  'softmax of a convolution, flattened': () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 10, kernelSize: 32, activation: 'softmax' }),
        tf.layers.flatten(),
      ],
    }),
  'the mean over places of softmax': () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [32, 32, 3],
          filters: 10,
          kernelSize: 8,
          strides: 8,
          activation: 'softmax',
        }),
        tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      ],
    }),
  'layers in a row, the last with softmax': () =>
    tf.sequential({ layers: [tf.layers.flatten({ inputShape: [32, 32, 3] }), dense('softmax')] }),
  'a row within a row': () =>
    tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [32, 32, 3] }),
        tf.sequential({
          layers: [tf.layers.dense({ units: 10, inputShape: [3072] }), tf.layers.softmax()],
        }),
      ],
    }),
  'the mean of two that end in softmax': () =>
    endingIn((x) => apply(tf.layers.average(), apply(dense('softmax', 1), x), apply(dense('softmax', 2), x))),
};

const LOGITS: Record<string, () => TensorFlow.LayersModel> = {
  'a dense layer': () => endingIn((x) => apply(dense(), x)),
  'a dense layer behind softmax': () => endingIn((x) => apply(dense(), apply(dense('softmax'), x))),
  'the mean of logits and probabilities': () =>
    endingIn((x) => apply(tf.layers.average(), apply(dense('softmax', 1), x), apply(dense(undefined, 2), x))),
  'the sum of two that end in softmax': () =>
    endingIn((x) => apply(tf.layers.add(), apply(dense('softmax', 1), x), apply(dense('softmax', 2), x))),
  'softmax of places, flattened': () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [32, 32, 3],
          filters: 2,
          kernelSize: [4, 32],
          strides: [7, 32],
          activation: 'softmax',
        }), // [n, 5, 1, 2]
        tf.layers.flatten(),
      ],
    }),
};

/** What plain TensorFlow.js gives for the images. // [n, classes] */
function outputsOf(net: TensorFlow.LayersModel, of: Dataset): number[][] {
  return tf.tidy(() => {
    const [batch] = new DataLoader(of, { batchSize: of.length });
    return (net.predict(batch.images) as TensorFlow.Tensor2D).arraySync();
  });
}

const image = () => ({ width: 32, height: 32, data: images.image(0) });

describe('a network whose end is', () => {
  for (const [name, make] of Object.entries(PROBABILITIES)) {
    test(`a network whose end is: ${name} gives its probabilities as they are`, async () => {
      const net = make();
      const [expected] = outputsOf(net, images.subset(1));
      for (const compile of [true, false]) {
        const { probabilities, probability, value } = await predictImage(net, image(), { compile });
        assertAllClose(probabilities, expected, 1e-6);
        assert.equal(probability, value);
      }
      net.dispose();
    });

    test(`a network whose end is: ${name} has the loss that plain TensorFlow.js has for it`, async () => {
      const net = make();
      const { loss } = await evaluate(net, new DataLoader(images, { batchSize: 60 }));
      net.compile({ loss: 'categoricalCrossentropy', optimizer: 'sgd' });
      const [batch] = new DataLoader(images, { batchSize: 60 });
      const expected = tf.tidy(() =>
        numbers(
          net.evaluate(batch.images, tf.oneHot(batch.labels, 10), { batchSize: 60 }) as TensorFlow.Scalar,
        ),
      );
      assertAllClose([loss], expected, 1e-5);
      net.dispose();
    });
  }

  for (const [name, make] of Object.entries(LOGITS)) {
    test(`a network whose end is: ${name} gives logits, of which softmax makes probabilities`, async () => {
      const net = make();
      const [logits] = outputsOf(net, images.subset(1));
      const { probabilities } = await predictImage(net, image());
      assertAllClose(probabilities, numbers(tf.softmax(tf.tensor1d(logits))), 1e-5);
      net.dispose();
    });
  }
});

describe('a network that ends in softmax', () => {
  const make = PROBABILITIES['layers in a row, the last with softmax'];

  test('a network that ends in softmax: is trained as by the fit of plain TensorFlow.js', async () => {
    const [ours, theirs] = [make(), make()];
    theirs.setWeights(ours.getWeights());
    const optimizer = new SGD({ lr: 0.01 });
    const loader = new DataLoader(images, { batchSize: 20 });
    const { epochs } = await train(ours, loader, loader, {
      epochs: 3,
      optimizer,
      criterion: crossEntropy(),
    });
    theirs.compile({ loss: 'categoricalCrossentropy', optimizer: tf.train.sgd(0.01) });
    const [batch] = new DataLoader(images, { batchSize: 60 });
    const { history } = await theirs.fit(batch.images, tf.oneHot(batch.labels, 10), {
      epochs: 3,
      batchSize: 20,
      shuffle: false,
      verbose: 0,
    });
    assertAllClose(
      epochs.map(({ trainLoss }) => trainLoss),
      history.loss as number[],
      1e-4,
    );
    assertAllClose(ours.getWeights().flatMap(numbers), theirs.getWeights().flatMap(numbers), 1e-5);
    assert.ok(epochs[2].trainLoss < epochs[0].trainLoss);
    ours.dispose();
    theirs.dispose();
  });

  test('a network that ends in softmax: has the loss of smoothed labels by its own probabilities', async () => {
    const net = make();
    const { loss } = await evaluate(net, new DataLoader(images), {
      criterion: crossEntropy({ labelSmoothing: 0.2 }),
    });
    const losses = outputsOf(net, images).map((row, i) =>
      row.reduce((sum, p, k) => sum - (k === images.labels[i] ? 0.82 : 0.02) * Math.log(p), 0),
    );
    assertAllClose([loss], [losses.reduce((sum, one) => sum + one, 0) / losses.length], 1e-5);
    net.dispose();
  });

  test('a network that ends in softmax: that is certain and wrong has a large and finite loss, as in Keras', async () => {
    const net = make();
    net.setWeights([tf.zeros([3072, 10]), tf.tensor1d([500, ...new Array(9).fill(0)])]);
    const wrong = images.subset([...images.labels.keys()].filter((i) => images.labels[i] !== 0));
    const { loss } = await evaluate(net, new DataLoader(wrong));
    assertAllClose([loss], [-Math.log(1e-7)], 1e-5);
    net.dispose();
  });

  test('a network that ends in softmax: has the same accuracy and predictions as its logits', async () => {
    const net = make();
    const logits = LOGITS['a dense layer']();
    logits.setWeights(net.getWeights());
    const { loss, ...found } = await evaluate(net, new DataLoader(images));
    const { loss: logitLoss, ...expected } = await evaluate(logits, new DataLoader(images));
    assert.deepEqual(found, expected);
    assertAllClose([loss], [logitLoss], 1e-4);
    net.dispose();
    logits.dispose();
  });

  test('a network that ends in softmax: is known as such when it is loaded', async () => {
    for (const [i, make] of Object.values(PROBABILITIES).entries()) {
      const path = join(folder, `${i}`);
      await saveModel(make(), path);
      const net = await loadModel(path);
      const { probabilities } = await predictImage(net, image());
      assertAllClose(probabilities, outputsOf(net, images.subset(1))[0], 1e-6);
      net.dispose();
    }
  });

  test('a network that ends in softmax: gives a criterion of one’s own what it gives', async () => {
    const net = make();
    const { loss } = await evaluate(net, new DataLoader(images), {
      criterion: (outputs) => tf.mean(tf.sum(outputs, 1)),
    });
    assertAllClose([loss], [1], 1e-6);
    net.dispose();
  });
});

describe('a network that ends in sigmoid', () => {
  const make = () => endingIn((x) => apply(dense('sigmoid'), x));

  test('a network that ends in sigmoid: gives its own numbers in a prediction, whatever their sum', async () => {
    const net = make();
    const [expected] = outputsOf(net, images.subset(1));
    const { probabilities, classIndex } = await predictImage(net, image());
    assertAllClose(probabilities, expected, 1e-6);
    assert.equal(classIndex, expected.indexOf(Math.max(...expected)));
    net.dispose();
  });

  test('a network that ends in sigmoid: is refused by crossEntropy, and trained by a criterion of one’s own', async () => {
    const net = make();
    const loader = new DataLoader(images, { batchSize: 30 });
    const optimizer = new SGD({ lr: 0.01 });
    const refused = (error: Error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /ends in sigmoid.*criterion of your own/s);
      return true;
    };
    const criterion = crossEntropy();
    await assert.rejects(evaluate(net, loader), refused);
    await assert.rejects(train(net, loader, loader, { epochs: 1, optimizer, criterion }), refused);
    await assert.rejects(learningRateRangeTest(net, loader, { criterion, steps: 2 }), refused);
    const { epochs } = await train(net, loader, loader, {
      epochs: 2,
      optimizer,
      criterion: (outputs, labels) => tf.losses.logLoss(tf.oneHot(labels, 10), outputs),
    });
    assert.ok(epochs[1].trainLoss < epochs[0].trainLoss);
    net.dispose();
  });
});
