/** What `console.log` and the last line of a cell show of TensorFlow.js's objects and of the library's results. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import * as lib from '../../lib';
import { type TensorFlow, tf } from '../../lib';
import { historyOf } from '../../lib/training/history';

const SCREEN = 30;

/** A value on its own, which has to fit on a screen. */
function shown(value: unknown): string {
  const text = inspect(value);
  const lines = text.split('\n');
  assert.ok(lines.length <= SCREEN, `${lines.length} lines:\n${text}`);
  assert.ok(Math.max(...lines.map((line) => line.length)) <= 130, text);
  return text;
}

describe('a tensor is shown by type, shape and values', () => {
  const cases: [string, () => TensorFlow.Tensor, string][] = [
    ['a scalar as a number', () => tf.scalar(0.1), 'Tensor float32: 0.1'],
    ['an integer', () => tf.scalar(-7, 'int32'), 'Tensor int32: -7'],
    ['a bool', () => tf.scalar(true), 'Tensor bool: true'],
    ['text', () => tf.tensor(['a', 'b"c']), 'Tensor string [2]: ["a", "b\\"c"]'],
    ['whole numbers', () => tf.tensor([1, 20, -3]), 'Tensor float32 [3]: [ 1, 20, -3]'],
    [
      'fractions, and what is no number',
      () => tf.tensor([0.1, -2, Number.NaN, Number.NEGATIVE_INFINITY]),
      'Tensor float32 [4]: [   0.1000,   -2.0000,       NaN, -Infinity]',
    ],
    ['far apart sizes', () => tf.tensor([1e-7, 2]), 'Tensor float32 [2]: [1.0000e-7, 2.0000e+0]'],
    ['complex numbers', () => tf.complex([1, 2.5], [3, -4]), 'Tensor complex64 [2]: [  1 + 3i, 2.5 - 4i]'],
    [
      'a matrix',
      () =>
        tf.tensor2d(
          [
            [1, 2],
            [3, 4],
          ],
          undefined,
          'int32',
        ),
      'Tensor int32 [2, 2]:\n[[1, 2],\n [3, 4]]',
    ],
    ['nothing', () => tf.zeros([0, 3]), 'Tensor float32 [0, 3]: []'],
    [
      'a long row by its ends',
      () => tf.range(0, 5000, 1, 'int32'),
      'Tensor int32 [5000]: [   0,    1,    2, ..., 4997, 4998, 4999]',
    ],
    [
      'a large matrix by its corners',
      () => tf.reshape(tf.range(0, 1e6), [1000, 1000]),
      [
        'Tensor float32 [1000, 1000]:',
        '[[     0,      1,      2, ...,    997,    998,    999],',
        ' [  1000,   1001,   1002, ...,   1997,   1998,   1999],',
        ' [  2000,   2001,   2002, ...,   2997,   2998,   2999],',
        ' ...,',
        ' [997000, 997001, 997002, ..., 997997, 997998, 997999],',
        ' [998000, 998001, 998002, ..., 998997, 998998, 998999],',
        ' [999000, 999001, 999002, ..., 999997, 999998, 999999]]',
      ].join('\n'),
    ],
    [
      'too many dimensions without values',
      () => tf.zeros([9, 9, 9, 9, 9, 9]),
      'Tensor float32 [9, 9, 9, 9, 9, 9]',
    ],
  ];
  for (const [what, make, text] of cases) {
    test(`a tensor is shown by type, shape and values ${what}`, () => {
      const tensor = make();
      assert.equal(shown(tensor), text);
      tensor.dispose();
    });
  }

  test('a tensor is shown by type, shape and values any shape and type within a screen, without leaving tensors behind', () => {
    const before = tf.memory().numTensors;
    for (const shape of [
      [1],
      [7],
      [300],
      [1000],
      [20, 3],
      [50, 10],
      [3, 200],
      [2, 3, 4],
      [9, 8, 7],
      [5, 5, 5, 5],
      [1, 1, 1, 1, 1, 1, 2],
    ]) {
      for (const dtype of ['float32', 'int32', 'bool'] as const) {
        const tensor = tf.tidy(() => tf.cast(tf.randomUniform(shape, -1e3, 1e3), dtype));
        assert.ok(shown(tensor).startsWith(`Tensor ${dtype} [${shape.join(', ')}]:`));
        tensor.dispose();
      }
    }
    assert.equal(tf.memory().numTensors, before);
  });

  test('a tensor is shown by type, shape and values as its values are, where all are shown', () => {
    for (const shape of [[5], [3, 4], [2, 3, 2], [2, 2, 1, 3]]) {
      const tensor = tf.randomUniform(shape, -100, 100, 'int32');
      const [, values] = /^[^:]+:\s*([\s\S]*)$/.exec(shown(tensor))!;
      assert.deepEqual(JSON.parse(values), tensor.arraySync());
      tensor.dispose();
    }
  });

  test('a tensor is shown by type, shape and values of a large one, reads what is shown alone', () => {
    const backend = tf.backend() as unknown as { readSync(id: object): { length: number } };
    const { readSync } = backend;
    const tensor = tf.randomNormal([512, 1024]);
    let read = 0;
    backend.readSync = function (id) {
      const values = readSync.call(this, id);
      read += values.length;
      return values;
    };
    try {
      shown(tensor);
    } finally {
      backend.readSync = readSync;
    }
    assert.equal(read, 36);
    tensor.dispose();
  });

  test('a tensor is shown by type, shape and values in arrays and objects, in a line or as a small matrix', () => {
    const tensors = { x: tf.ones([2, 2]), images: tf.zeros([128, 32, 32, 3]), all: [tf.range(0, 2000)] };
    assert.equal(
      shown(tensors),
      [
        '{',
        '  x: Tensor float32 [2, 2]:',
        '  [[1, 1],',
        '   [1, 1]],',
        '  images: Tensor float32 [128, 32, 32, 3],',
        '  all: [ Tensor float32 [2000]: [   0,    1,    2, ..., 1997, 1998, 1999] ]',
        '}',
      ].join('\n'),
    );
    tf.dispose(tensors);
  });

  test('a tensor is shown by type, shape and values as disposed, after dispose', () => {
    const tensor = tf.ones([3]);
    tensor.dispose();
    assert.equal(shown(tensor), 'Tensor float32 [3], disposed');
  });

  test('a tensor is shown by type, shape and values with its name, for a variable', () => {
    const variable = tf.variable(tf.ones([2]), true, 'shown/kernel');
    assert.equal(shown(variable), "Variable 'shown/kernel' float32 [2]: [1, 1]");
    variable.dispose();
  });

  test('a tensor is shown by type, shape and values without values, in a step that is recorded', async () => {
    const texts: string[] = [];
    const large = tf.zeros([2000]);
    const variable = tf.variable(tf.ones([2]), true, 'recorded');
    const step = lib.compile((x: TensorFlow.Tensor) => {
      const y = tf.mul(x, variable);
      texts.push(...[x, y, variable, large, tf.tensor([5])].map((tensor) => inspect(tensor)));
      return y;
    });
    const x = tf.tensor([3, 4]);
    const y = await step(x);
    assert.deepEqual(texts, [
      'Tensor float32 [2], without values while a step is recorded',
      'Tensor float32 [2], without values while a step is recorded',
      "Variable 'recorded' float32 [2], without values while a step is recorded",
      'Tensor float32 [2000], without values while a step is recorded',
      'Tensor float32 [1]: [5]',
    ]);
    assert.equal(shown(y), 'Tensor float32 [2]: [3, 4]');
    step.dispose();
    tf.dispose([x, y, large, variable]);
  });

  test('a tensor is shown by type, shape and values by its own print and toString as ever', () => {
    const tensor = tf.tensor([1, 2]);
    assert.equal(String(tensor), 'Tensor\n    [1, 2]');
    assert.equal(`${tensor}`, 'Tensor\n    [1, 2]');
    tensor.dispose();
  });

  test('a tensor is shown by type, shape and values and looking at prototypes, revoked proxies and half-made objects throws nothing', () => {
    const { proxy, revoke } = Proxy.revocable(tf.scalar(1), {});
    revoke();
    const half = Object.create(tf.Tensor.prototype);
    for (const value of [
      tf.Tensor.prototype,
      tf.LayersModel.prototype,
      tf.LayerVariable.prototype,
      tf.SymbolicTensor.prototype,
      tf.Optimizer.prototype,
      lib.SGD.prototype,
      lib.DataLoader.prototype,
      lib.Dataset.prototype,
      proxy,
      half,
    ]) {
      for (const options of [
        {},
        { depth: 0 },
        { depth: null },
        { colors: true },
        { showHidden: true },
        { showProxy: true },
      ]) {
        assert.equal(typeof inspect(value, options), 'string');
      }
    }
  });
});

describe('a network is shown as a summary', () => {
  test('a network is shown as a summary whole where it is short', () => {
    const net = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })], name: 'small' });
    assert.match(
      shown(net),
      /^Sequential 'small': \[n, 3\] → \[n, 2\], 8 parameters\nLayer +Output +Parameters\nLinear-1 +\[n, 2\] +8$/,
    );
    net.dispose();
  });

  test('a network is shown as a summary by its first and last layers where it is long', () => {
    const net = lib.resnet152({ width: 4 });
    const text = shown(net);
    assert.match(
      text,
      /^LayersModel 'ResNet': \[n, 32, 32, 3\] → \[n, 10\], 237,358 parameters, ResNet-152, width 4\n/,
    );
    assert.match(text, /Conv2d-1 [\s\S]*\n\.\.\. 445 more \.\.\.\n[\s\S]*Linear-463 /);
    assert.equal(inspect([net]), "[ LayersModel 'ResNet': [n, 32, 32, 3] → [n, 10], 237,358 parameters ]");
    net.dispose();
    assert.match(shown(net), /, its weights disposed, /);
  });

  test('a network is shown as a summary with several inputs, of any size, without layers, frozen', () => {
    const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
    const two = tf.model({
      inputs: [a, b],
      outputs: tf.layers.add().apply([a, b]) as TensorFlow.SymbolicTensor,
    });
    assert.match(shown(two), /: \[n, 3\], \[n, 3\] → \[n, 3\], 0 parameters\n/);
    const block = lib.basicBlock(4, 8);
    assert.match(shown(block), /: \[n, any, any, 4\] → \[n, any, any, 8\], 944 parameters\n/);
    for (const layer of block.layers) layer.trainable = false;
    assert.match(shown(block), /944 parameters, 0 of them trainable/);
    assert.match(shown(tf.sequential({ name: 'empty' })), /^Sequential 'empty': not built yet$/);
    block.dispose();
  });

  test('a network is shown as a summary and its layers, weights and optimizers as what they are', () => {
    const net = lib.resnet10({ width: 4 });
    assert.match(
      shown(net.getLayer('features.conv')),
      /^Conv2D 'features.conv': .*, 108 parameters \{\n {2}filters: 4,/,
    );
    assert.match(shown(net.weights[1]), /^Variable 'features.bn\/gamma.*' float32 \[4\]: \[1, 1, 1, 1\]$/);
    assert.match(shown(net.inputs[0]), /^SymbolicTensor 'input.*' float32 \[n, 32, 32, 3\]$/);
    assert.match(shown(tf.layers.dense({ units: 3 })), /^Dense '.*': not built yet \{ units: 3/);
    assert.match(shown(tf.train.adam(0.1)), /^Adam \{ learningRate: 0\.1/);
    net.dispose();
  });
});

describe('results are shown as tables and sentences', () => {
  const net = lib.resnet10({ width: 4 });
  let data: Awaited<ReturnType<typeof lib.loadCifar10>>;
  let evaluation: lib.Evaluation;
  const optimizer = new lib.SGD({ lr: 0.1, momentum: 0.9 });

  before(async () => {
    data = await lib.loadCifar10({ sample: true });
    evaluation = await lib.evaluate(net, new lib.DataLoader(data.test.subset(40), { batchSize: 20 }));
  });
  after(() => net.dispose());

  test('results are shown as tables and sentences a history, of few epochs and of many', () => {
    const epoch = (i: number): lib.EpochRecord => ({
      epoch: i,
      trainLoss: 2 / i,
      trainAccuracy: i / 500,
      testLoss: Number.NaN,
      testAccuracy: i / 400,
      learningRate: 0.1 / 3,
      seconds: 61,
    });
    const history = historyOf([1, 2, 3].map(epoch));
    assert.match(
      shown(history),
      /^History of 3 epochs, best test accuracy 0\.75 % after epoch 3\nEpoch .*\n1 +2\.0000 +0\.20 % +NaN +0\.25 % +0\.03333 +01:01\n/,
    );
    assert.match(
      shown(historyOf(Array.from({ length: 200 }, (_, i) => epoch(i + 1)))),
      /\n\.\.\. 182 more \.\.\.\n/,
    );
    assert.equal(shown(historyOf([])), 'History of no epoch');
    assert.equal(
      inspect({ history }),
      '{\n  history: History of 3 epochs, best test accuracy 0.75 % after epoch 3\n}',
    );
  });

  test('results are shown as tables and sentences an evaluation, without its predictions', () => {
    assert.match(
      shown(evaluation),
      /^Evaluation of 40 images: accuracy \d+\.\d\d %, loss \d+\.\d{4}\nClass +Correct +Images +Accuracy\nairplane /,
    );
  });

  test('results are shown as tables and sentences a prediction, without the image’s bytes; and what a network sees in it', async () => {
    const image = { width: 40, height: 30, data: new Uint8Array(3600).fill(90) };
    const prediction = await lib.predictImage(net, image);
    assert.match(
      shown(prediction),
      new RegExp(
        `^Prediction: ${prediction.className}, \\d+\\.\\d\\d %\\n( {2}\\w+ +\\d+\\.\\d\\d %\\n?){5}$`,
      ),
    );
    assert.equal(shown(lib.resizeImage(image, 20, 10)), 'Image of 20×10 pixels');
    assert.match(shown(lib.featureMaps(net, image)), /\n {2}FeatureMaps of layer1\.0: 4 of 32×32,\n/);
    assert.match(shown(lib.firstLayerFilters(net)), /^Filters of features\.conv: 4 of 3×3×3\n/);
  });

  test('results are shown as tables and sentences data and loaders', () => {
    assert.match(shown(data), /train: Dataset of 400 images of 32×32×3 in 10 classes,\n/);
    assert.match(shown(data.train), /^Dataset .*\nClass +Images\nairplane +40\n/);
    const loader = new lib.DataLoader(data.train, { batchSize: 128, shuffle: true, seed: 3 });
    assert.match(shown(loader), /^DataLoader: 4 batches of 128 from 400 images, shuffled, .*seed 3$/);
    const [batch] = loader;
    assert.match(
      shown(batch),
      /images: Tensor float32 \[128, 32, 32, 3\],\n {2}labels: Tensor int32 \[128\]: \[/,
    );
    tf.dispose([batch.images, batch.labels]);
  });

  test('results are shown as tables and sentences optimizer and schedulers', () => {
    assert.equal(shown(optimizer), 'SGD { lr: 0.1, momentum: 0.9, weightDecay: 0, nesterov: false }');
    const scheduler = new lib.MultiStepLR(optimizer, { milestones: [1] });
    scheduler.step();
    assert.equal(shown(scheduler), 'MultiStepLR: learning rate 0.01, stepped after each epoch, { epoch: 1 }');
    assert.match(shown(new lib.ReduceLROnPlateau(optimizer)), /^ReduceLROnPlateau: /);
    assert.match(shown(new lib.CosineAnnealingLR(optimizer, { tMax: 3 })), /^CosineAnnealingLR: /);
    assert.match(
      shown(new lib.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 9 })),
      /^OneCycleLR: learning rate 0\.004, /,
    );
  });

  test('results are shown as tables and sentences range test, calibration, figure, summary, step and device', async () => {
    const loader = new lib.DataLoader(data.train.subset(8), { batchSize: 4 });
    const found = await lib.learningRateRangeTest(net, loader, { criterion: lib.crossEntropy(), steps: 3 });
    assert.match(shown(found), /^RangeTest of 3 steps at learning rates of 0\.001 to 10, /);
    assert.match(
      shown(lib.calibration([0.5, 0.9], [true, true], 100)),
      /^Calibration: mean confidence 70\.00 %, accuracy 100\.00 %/,
    );
    assert.match(shown(lib.perClassChart(evaluation)), /^Figure 'Accuracy per class' of 800×420 pixels/);
    assert.match(inspect([lib.summary(net)]), /^\[ Summary of 35 layers, 19,902 parameters \]$/);
    const step = lib.compile(function double(x: TensorFlow.Tensor) {
      return tf.mul(x, 2);
    });
    assert.match(shown(step), /^Step 'double': /);
    step.dispose();
    assert.match(shown(step), /^Step 'double', disposed/);
    assert.match(shown(lib.device()), /^Device: [CG]PU /);
  });

  test('results are shown as tables and sentences and remain plain objects for spreading, JSON and comparison', () => {
    const copy = { ...evaluation };
    assert.deepStrictEqual(copy, evaluation);
    assert.deepStrictEqual(Object.keys(evaluation), [
      'loss',
      'accuracy',
      'classNames',
      'perClass',
      'confusion',
      'predictions',
    ]);
    assert.deepStrictEqual(structuredClone(evaluation), copy);
    assert.equal(JSON.stringify(evaluation), JSON.stringify(copy));
  });
});
