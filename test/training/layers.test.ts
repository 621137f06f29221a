/** Training does what the layers of a network ask for: regularizers, constraints, frozen layers, batch normalization of any kind. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { resnet10 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';

const IMAGES = 8;
const dataset = new Dataset(
  Uint8Array.from({ length: IMAGES * 3072 }, (_, i) => (i * 7919) % 256),
  Uint8Array.from({ length: IMAGES }, (_, i) => i % 10),
);
const loader = () => new DataLoader(dataset, { batchSize: 4 });

type Symbolic = TensorFlow.SymbolicTensor;
type Convolution = Parameters<typeof tf.layers.conv2d>[0];

/** A small network: a convolution, what is tried behind it, a mean and a linear layer. */
function network(middle: (x: Symbolic) => Symbolic = (x) => x, first: Partial<Convolution> = {}) {
  const input = tf.input({ shape: [32, 32, 3] });
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const convolution = tf.layers.conv2d({
    filters: 4,
    kernelSize: 3,
    strides: 4,
    kernelInitializer,
    ...first,
  });
  const y = middle(convolution.apply(input) as Symbolic);
  const pooled = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(y);
  const classifier = tf.layers.dense({
    units: 10,
    kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }),
  });
  return tf.model({ inputs: input, outputs: classifier.apply(pooled) as Symbolic });
}

function run(net: TensorFlow.LayersModel, compile: boolean, epochs = 2) {
  const optimizer = new SGD({ lr: 0.05 });
  return train(net, loader(), loader(), { epochs, optimizer, criterion: crossEntropy(), compile });
}

/** The same training by TensorFlow.js's own loop. */
async function fit(net: TensorFlow.LayersModel, epochs = 2): Promise<number[]> {
  net.compile({
    optimizer: tf.train.sgd(0.05),
    loss: (y, logits) => tf.losses.softmaxCrossEntropy(y as TensorFlow.Tensor, logits as TensorFlow.Tensor),
  });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { images, labels } of loader()) {
      losses.push((await net.trainOnBatch(images, tf.oneHot(labels, 10).toFloat())) as number);
    }
  }
  return losses;
}

const weightsOf = (net: TensorFlow.LayersModel) => net.getWeights().map(numbers);

for (const compile of [true, false]) {
  const how = compile ? 'recorded' : 'eager';

  describe(`regularizers are part of the training loss, ${how}`, () => {
    const regularizers: Record<string, Partial<Convolution>> = {
      'l2 of a kernel': { kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }) },
      'l1 of a bias': { biasRegularizer: tf.regularizers.l1({ l1: 0.3 }) },
      'l1 and l2 of a kernel': { kernelRegularizer: tf.regularizers.l1l2({ l1: 0.1, l2: 0.2 }) },
    };
    for (const [name, options] of Object.entries(regularizers)) {
      test(`regularizers are part of the training loss, ${how}: ${name}: weights and loss are those of TensorFlow.js's fit, ${how}`, async () => {
        const [ours, theirs] = [network(undefined, options), network(undefined, options)];
        const { epochs } = await run(ours, compile);
        const losses = await fit(theirs);
        assertAllClose([epochs[1].trainLoss], [(losses[2] + losses[3]) / 2], 1e-5);
        weightsOf(ours).forEach((weight, i) => {
          assertAllClose(weight, weightsOf(theirs)[i], 1e-5);
        });
      });
    }

    test(`regularizers are part of the training loss, ${how}: a regularizer within a block counts once, ${how}`, async () => {
      const block = (l2: number) => {
        const x = tf.input({ shape: [8, 8, 4] });
        const kernelRegularizer = tf.regularizers.l2({ l2 });
        const kernelInitializer = tf.initializers.glorotUniform({ seed: 3 });
        const layer = tf.layers.conv2d({ filters: 4, kernelSize: 1, kernelRegularizer, kernelInitializer });
        return tf.model({ inputs: x, outputs: layer.apply(x) as Symbolic });
      };
      const options = { padding: 'same' as const };
      const [plain, penalized] = [0, 5].map((l2) => network((x) => block(l2).apply(x) as Symbolic, options));
      const kernel = plain.layers[2].getWeights()[0];
      const expected = 5 * (tf.sum(tf.square(kernel)).dataSync()[0] as number);
      const first = async (net: TensorFlow.LayersModel) => {
        const losses: number[] = [];
        const optimizer = new SGD({ lr: 0 });
        const onProgress = (event: { kind: string; loss?: number }) => {
          if (event.kind === 'batch') losses.push(event.loss!);
        };
        await train(net, loader(), loader(), {
          epochs: 1,
          optimizer,
          criterion: crossEntropy(),
          compile,
          onProgress,
        });
        return losses[0];
      };
      const difference = (await first(penalized)) - (await first(plain));
      assertAllClose([difference], [expected], 1e-4);
    });
  });

  describe(`constraints hold after each step, ${how}`, () => {
    test(`constraints hold after each step, ${how}: maxNorm keeps the norm of each filter, and nonNeg keeps weights from below 0, ${how}`, async () => {
      const norm = network(undefined, {
        kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.2, axis: 0 }),
      });
      await run(norm, compile);
      const kernel = norm.getWeights()[0]; // [3, 3, 3, 4]
      const norms = numbers(tf.sqrt(tf.sum(tf.square(kernel), 0)));
      assert.ok(Math.max(...norms) < 0.2001, `${Math.max(...norms)}`);
      const positive = network(undefined, { kernelConstraint: tf.constraints.nonNeg() });
      await run(positive, compile);
      assert.ok(Math.min(...numbers(positive.getWeights()[0])) >= 0);
    });
  });

  describe(`batch normalization, ${how}`, () => {
    const statistics = (net: TensorFlow.LayersModel) =>
      net.weights
        .filter(({ originalName }) => /moving_/.test(originalName))
        .map((weight) => numbers(weight.read()));

    test(`batch normalization, ${how}: a frozen layer of it keeps its statistics and runs in inference mode, ${how}`, async () => {
      const net = network(
        (x) => tf.layers.batchNormalization({ name: `frozen_${how}` }).apply(x) as Symbolic,
      );
      net.getLayer(`frozen_${how}`).trainable = false;
      const x = tf.randomNormal([2, 32, 32, 3]);
      const before = statistics(net);
      const outputs = [true, false].map((training) =>
        numbers(net.apply(x, { training }) as TensorFlow.Tensor),
      );
      assert.deepEqual(outputs[0], outputs[1]);
      await run(net, compile);
      assert.deepEqual(statistics(net), before);
    });

    test(`batch normalization, ${how}: blocks that were frozen as a whole keep their statistics, those beside them do not, ${how}`, async () => {
      const net = resnet10({ width: 4 });
      for (const name of ['layer1.0', 'layer2.0']) net.getLayer(name).trainable = false;
      const before = statistics(net);
      await run(net, compile, 1);
      const names = net.weights.filter(({ originalName }) => /moving_/.test(originalName));
      statistics(net).forEach((values, i) => {
        const isFrozen = /layer[12]\.0/.test(names[i].originalName);
        assert.equal(values.join() === before[i].join(), isFrozen, names[i].originalName);
      });
    });

    for (const options of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
      test(`batch normalization, ${how}: without ${Object.keys(options).join(' and ')} it trains as with that parameter fixed, ${how}`, async () => {
        const behind = (config: object) => (x: Symbolic) =>
          tf.layers.batchNormalization({ ...config, epsilon: 1e-3 }).apply(x) as Symbolic;
        const [reduced, whole] = [network(behind(options)), network(behind({}))];
        // A parameter that isn't trained stays at 1 or 0.
        const [gamma, beta] = whole.layers[2].trainableWeights as unknown as { trainable: boolean }[];
        gamma.trainable = !('scale' in options);
        beta.trainable = !('center' in options);
        const [a, b] = [await run(reduced, compile), await run(whole, compile)];
        assertAllClose(
          [a.epochs[1].trainLoss, a.epochs[1].testLoss],
          [b.epochs[1].trainLoss, b.epochs[1].testLoss],
          1e-5,
        );
      });
    }

    test(`batch normalization, ${how}: of features, without scale, it trains, ${how}`, async () => {
      const input = tf.input({ shape: [32, 32, 3] });
      const flat = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(input);
      const normalized = tf.layers.batchNormalization({ scale: false }).apply(flat);
      const net = tf.model({
        inputs: input,
        outputs: tf.layers.dense({ units: 10 }).apply(normalized) as Symbolic,
      });
      const { epochs } = await run(net, compile);
      assert.ok(Number.isFinite(epochs[1].trainLoss));
    });
  });
}

test('a network within a network is frozen as a whole: trainable of the outer one reaches all layers', () => {
  const net = resnet10({ width: 4 });
  net.trainable = false;
  assert.equal(net.trainableWeights.length, 0);
  const x = tf.randomNormal([2, 32, 32, 3]);
  const outputs = [true, false].map((training) => numbers(net.apply(x, { training }) as TensorFlow.Tensor));
  assert.deepEqual(outputs[0], outputs[1]);
  net.trainable = true;
  assert.equal(net.trainableWeights.length, resnet10({ width: 4 }).trainableWeights.length);
});
