/** The training loop and evaluation: what they report, keep, refuse and free. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { ARTICLE_NORMALIZATION } from '../../lib/data/normalization';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { networkInfo } from '../../lib/models/networkInfo';
import { resnet10 } from '../../lib/models/resNet';
import { DivergenceError } from '../../lib/training/divergence';
import { evaluate } from '../../lib/training/evaluate';
import type { TrainEvent } from '../../lib/training/events';
import { formatEpoch } from '../../lib/training/history';
import { readHistory } from '../../lib/training/historyFile';
import { SGD } from '../../lib/training/optimizer/sgd';
import { MultiStepLR } from '../../lib/training/schedule/multiStepLR';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/schedule/reduceLROnPlateau';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import type { TrainOptions } from '../../lib/training/trainOptions';
import { assertAllClose } from '../helpers/tensors';

/** A network small enough to train in a moment: one convolution with batch normalization, one mean, one linear layer. */
function smallNet({ classes = 10, size = 32 } = {}): TensorFlow.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [size, size, 3],
        filters: 8,
        kernelSize: 3,
        strides: 4,
        kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
      }),
      tf.layers.batchNormalization({ name: `bn${classes}.${size}`, epsilon: 1e-5, momentum: 0.9 }),
      tf.layers.activation({ activation: 'relu' }),
      tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      tf.layers.dense({ units: classes, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
}

let trainSet: Dataset;
let testSet: Dataset;
let folder: string;

before(async () => {
  const sample = await loadCifar10({ sample: true });
  trainSet = sample.train.subset(100);
  testSet = sample.test.subset(50);
  folder = await mkdtemp(join(tmpdir(), 'training-'));
});
after(() => rm(folder, { recursive: true }));

/** Trains on 100 images in batches of 32, the last one of 4. */
function run(net: TensorFlow.LayersModel, options: Partial<TrainOptions> = {}) {
  return train(net, new DataLoader(trainSet, { batchSize: 32 }), new DataLoader(testSet, { batchSize: 32 }), {
    epochs: 2,
    optimizer: new SGD({ lr: 0.05, momentum: 0.9 }),
    criterion: crossEntropy(),
    ...options,
  });
}

test('an epoch is told exactly as in the article', () => {
  const record = {
    epoch: 1,
    trainLoss: 2.159606,
    trainAccuracy: 0.23532,
    testLoss: 1.755478,
    testAccuracy: 0.3349,
    learningRate: 0.1,
    seconds: 182.2,
  };
  assert.equal(
    formatEpoch(record, 20),
    'Epoch [  1/ 20]  Train Loss:2.159606  Train Acc:23.53% Test Loss:1.755478  Test Acc:33.49%  Learning Rate:0.100000\tTime 03:02',
  );
});

describe('train', () => {
  test('train: tells every batch and epoch, with means over images', async () => {
    const events: TrainEvent[] = [];
    const history = await run(smallNet(), { onProgress: (event) => events.push(event) });
    const kinds = events.map(({ kind }) => kind).join(' ');
    assert.equal(kinds, 'batch batch batch batch epoch batch batch batch batch epoch');
    const batches = events.flatMap((event) => (event.kind === 'batch' ? [event] : []));
    assert.deepEqual(
      batches.map(({ epoch, batch, images }) => [epoch, batch, images]),
      [1, 2].flatMap((epoch) => [32, 64, 96, 100].map((images, i) => [epoch, i + 1, images])),
    );
    for (const { epochs, batches: of, learningRate } of batches) {
      assert.deepEqual([epochs, of, learningRate], [2, 4, 0.05]);
    }
    const [first, second] = history.epochs;
    assert.deepEqual([first.epoch, second.epoch], [1, 2]);
    assert.equal(first.trainLoss, batches[3].loss);
    assert.equal(first.trainAccuracy, batches[3].accuracy);
    assert.ok(Number.isInteger(Math.round(first.testAccuracy * 50 * 1e9) / 1e9));
    assert.ok(second.trainLoss < first.trainLoss, 'it learns');
  });

  test('train: the mean loss counts each image once, also those of the last batch', async () => {
    // Without a learning rate nothing changes, so one epoch's loss is that of the whole set in one batch.
    const optimizer = new SGD({ lr: 0 });
    const net = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [32, 32, 3] }), tf.layers.dense({ units: 10 })],
    });
    const { epochs } = await run(net, { epochs: 1, optimizer });
    const whole = await evaluate(net, new DataLoader(trainSet, { batchSize: 100 }));
    assert.ok(Math.abs(epochs[0].trainLoss / whole.loss - 1) < 1e-5);
    assert.equal(epochs[0].trainAccuracy, whole.accuracy);
  });

  test('train: several steps a call give the same numbers, to the bit', async () => {
    const runs = [];
    for (const stepsPerExecution of [1, 2, 3]) {
      const tensors = tf.memory().numTensors;
      const net = smallNet();
      const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
      const told: object[] = [];
      await run(net, {
        stepsPerExecution,
        optimizer,
        scheduler: new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 8 }),
        onProgress: ({ ...event }) => {
          if (event.kind === 'batch') told.push({ ...event, seconds: 0 });
        },
      });
      runs.push([told, net.getWeights().map((weight) => [...weight.dataSync()])]);
      optimizer.dispose();
      net.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    }
    assert.deepEqual(runs[1], runs[0]);
    assert.deepEqual(runs[2], runs[0]);
    await assert.rejects(run(smallNet(), { stepsPerExecution: 0 }), ConfigError);
  });

  test('train: what was made for a call that never comes is freed', async () => {
    const net = smallNet();
    const tensors = tf.memory().numTensors;
    const optimizer = new SGD({ lr: 0.05 });
    const onProgress = () => {
      throw new Error('enough');
    };
    for (const stepsPerExecution of [1, 3]) {
      await assert.rejects(run(net, { stepsPerExecution, optimizer, onProgress }), /enough/);
    }
    optimizer.dispose();
    assert.equal(tf.memory().numTensors, tensors);
    net.dispose();
  });

  test('train: schedulers are stepped after each batch or epoch, the plateau by the training loss', async () => {
    const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
    const oneCycle = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 8 });
    const rates: number[] = [];
    await run(smallNet(), {
      optimizer,
      scheduler: oneCycle,
      onProgress: (event) => event.kind === 'batch' && rates.push(event.learningRate),
    });
    assert.equal(oneCycle.stepsLeft, 0);
    assert.equal(new Set(rates).size, 8);

    const steps = new SGD({ lr: 0.05 });
    const history = await run(smallNet(), {
      epochs: 3,
      optimizer: steps,
      scheduler: new MultiStepLR(steps, { milestones: [1, 2], gamma: 0.5 }),
    });
    assert.deepEqual(
      history.epochs.map(({ learningRate }) => learningRate),
      [0.05, 0.025, 0.0125],
    );

    const flat = new SGD({ lr: 0 });
    const metrics: number[] = [];
    const plateau = new ReduceLROnPlateau(flat);
    plateau.step = (metric) => metrics.push(metric);
    const { epochs } = await run(smallNet(), { optimizer: flat, scheduler: plateau });
    assert.deepEqual(
      metrics,
      epochs.map(({ trainLoss }) => trainLoss),
    );
  });

  test('train: notes class names and normalization in the network', async () => {
    const net = smallNet();
    const loader = new DataLoader(trainSet, { batchSize: 100, normalize: ARTICLE_NORMALIZATION });
    await train(net, loader, loader, {
      epochs: 1,
      optimizer: new SGD({ lr: 0.1 }),
      criterion: crossEntropy(),
    });
    assert.deepEqual(networkInfo(net), {
      classNames: trainSet.classNames,
      normalization: ARTICLE_NORMALIZATION,
    });
  });

  test('train: saves the network and the history after each epoch, and says what became of the folder', async () => {
    const net = smallNet();
    const savePath = join(folder, 'models', 'small');
    const messages: string[] = [];
    const onProgress = (event: TrainEvent) => {
      if (event.kind === 'message') messages.push(event.text);
    };
    await run(net, { savePath, onProgress });
    const history = await run(net, { savePath, onProgress });
    const models = join(folder, 'models');
    assert.deepEqual(messages, [`Made the folder ${models}.`, `The folder ${models} exists already.`]);

    const files = (await readdir(savePath)).map((name) => name.replace(/[0-9a-f]{8}/, '#')).sort();
    assert.deepEqual(files, ['best', 'history.json', 'model.json', 'weights.#.bin']);
    const written = await readHistory(savePath);
    assert.deepEqual(written, JSON.parse(await readFile(join(savePath, 'history.json'), 'utf8')));
    const accuracies = history.epochs.map(({ testAccuracy }) => testAccuracy);
    assert.equal(written.network, net.name);
    assert.equal(written.epochs, 2);
    assert.equal(written.testAccuracy, accuracies[1]);
    assert.equal(written.bestTestAccuracy, Math.max(...accuracies));
    assert.equal(written.seconds, history.epochs[0].seconds + history.epochs[1].seconds);
    assert.ok(written.device.length > 0);
    assert.deepEqual(written.records, history.epochs);

    const loader = new DataLoader(testSet);
    const loaded = await loadModel(savePath);
    assert.deepEqual(await evaluate(loaded, loader), await evaluate(net, loader));
    assert.deepEqual(networkInfo(loaded), networkInfo(net));
  });

  test('train: frees everything but the velocities and the count of steps, also when the listener ends the run', async () => {
    const net = smallNet();
    const optimizer = new SGD({ lr: 0.01, momentum: 0.9 });
    await run(net, { optimizer, epochs: 1 });
    const tensors = tf.memory().numTensors;
    await run(net, { optimizer });
    assert.equal(tf.memory().numTensors, tensors);
    const stop = () => {
      throw new Error('stop');
    };
    await assert.rejects(run(net, { optimizer, onProgress: stop }), { message: 'stop' });
    assert.equal(tf.memory().numTensors, tensors);
    optimizer.dispose();
    assert.equal(tf.memory().numTensors, tensors - net.trainableWeights.length - 1);
  });

  for (const compile of [true, false]) {
    test(`train: the event loop runs between batches, with compile: ${compile}`, async () => {
      let ticks = 0;
      const timer = setInterval(() => ticks++, 0);
      await run(smallNet(), { compile });
      clearInterval(timer);
      assert.ok(ticks > 4, `${ticks} ticks`);
    });
  }

  test('train: without a record it learns the same, and frees as much', async () => {
    const learn = async (options: Partial<TrainOptions>) => {
      const net = smallNet();
      const optimizer = new SGD({ lr: 0.05, momentum: 0.9, weightDecay: 5e-4, nesterov: true });
      const before = tf.memory().numTensors;
      const { epochs } = await run(net, { ...options, optimizer });
      optimizer.dispose();
      assert.equal(tf.memory().numTensors, before);
      return epochs.flatMap(({ trainLoss, testLoss, trainAccuracy, testAccuracy }) => [
        trainLoss,
        testLoss,
        trainAccuracy,
        testAccuracy,
      ]);
    };
    assertAllClose(await learn({ compile: false }), await learn({}), 1e-5);
  });

  test('train: a check passes what changes from batch to batch, and finds a criterion that changes', async () => {
    const optimizer = new SGD({ lr: 0.05, momentum: 0.9, weightDecay: 5e-4 });
    const scheduler = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 8 });
    await run(smallNet(), { optimizer, scheduler, check: true });

    let weight = 1;
    const entropy = crossEntropy();
    const changing: TrainOptions['criterion'] = (logits, labels) => entropy(logits, labels).mul(weight);
    const onProgress = (event: TrainEvent) => {
      if (event.kind === 'epoch') weight = 2;
    };
    await assert.rejects(run(smallNet(), { criterion: changing, check: true, onProgress }), {
      name: 'EngineError',
      message: /: Mul takes 2 instead of 1 \(at training\.test\.ts:\d+:\d+\)/,
    });
    optimizer.dispose();
  });

  test('train: without a record the criterion runs at each batch, and may read values', async () => {
    const seen: number[] = [];
    const entropy = crossEntropy();
    const watched: TrainOptions['criterion'] = (logits, labels) => {
      const loss = entropy(logits, labels);
      seen.push(loss.dataSync()[0]);
      return loss;
    };
    await assert.rejects(run(smallNet(), { criterion: watched, epochs: 1 }), /reads the value/);
    assert.equal(seen.length, 0);
    const { epochs } = await run(smallNet(), { criterion: watched, epochs: 1, compile: false });
    assert.equal(seen.length, 4 + 2);
    const [a, b, c, d] = seen;
    assertAllClose([epochs[0].trainLoss], [((a + b + c) * 32 + d * 4) / 100], 1e-6);
  });

  test('train: what has been learned stays when the run is ended', async () => {
    const net = smallNet();
    const loader = new DataLoader(testSet);
    const before = await evaluate(net, loader);
    let batches = 0;
    const stop = () => {
      if (++batches === 3) throw new Error('stop');
    };
    await assert.rejects(run(net, { onProgress: stop }));
    assert.notEqual((await evaluate(net, loader)).loss, before.loss);
  });

  test('train: a loss that is no longer finite ends the run, and the saved network stays', async () => {
    const net = smallNet();
    const savePath = join(folder, 'diverging');
    const optimizer = new SGD({ lr: 0.01 });
    const onProgress = (event: TrainEvent) => {
      if (event.kind === 'epoch') optimizer.lr = 1e30;
    };
    await assert.rejects(run(net, { optimizer, savePath, onProgress }), (error: Error) => {
      assert.ok(error instanceof DivergenceError && error instanceof ConfigError);
      // The step that leaps is still of a finite loss; the one after it isn't.
      assert.deepEqual([error.epoch, error.batch, error.learningRate], [2, 2, 1e30]);
      assert.match(error.message, /diverged: .* epoch 2, batch 2, at a learning rate of 1e\+30/);
      return true;
    });
    const { loss } = await evaluate(await loadModel(savePath), new DataLoader(testSet));
    assert.ok(Number.isFinite(loss));
  });

  test('train: the first layer that shows it is named, and the network is as it was before', async () => {
    const net = resnet10({ width: 4 });
    const [poisoned] = net.getLayer('layer2.0').weights.filter(({ name }) => /layer2\.0\.conv2/.test(name));
    poisoned.write(tf.fill(poisoned.shape as number[], Infinity));
    const before = net.getWeights().map((weight) => [...weight.dataSync()]);
    await assert.rejects(run(net), { name: 'DivergenceError', layer: 'layer2.0.conv2', epoch: 1, batch: 1 });
    assert.deepEqual(
      net.getWeights().map((weight) => [...weight.dataSync()]),
      before,
    );
    net.dispose();
  });

  test('train: a run that diverged goes back to its checkpoint with half the learning rate, where that is asked for', async () => {
    const optimizer = new SGD({ lr: 0.01 });
    const said: string[] = [];
    let leaps = 2;
    const onProgress = (event: TrainEvent) => {
      if (event.kind === 'message') said.push(event.text);
      if (event.kind === 'batch' && event.epoch === 2 && event.batch === 1 && leaps-- > 0)
        optimizer.lr = 1e30;
    };
    const options = { optimizer, savePath: join(folder, 'back'), saveEvery: 1, epochs: 3, onProgress };
    const { epochs } = await run(smallNet(), { ...options, onDivergence: 'goBack' });
    assert.deepEqual(
      epochs.map(({ learningRate }) => learningRate),
      [0.01, 0.0025, 0.0025],
    );
    assert.equal(said.filter((text) => /diverged.*Goes back, with 0\.(5|25) of/.test(text)).length, 2);
    await assert.rejects(run(smallNet(), { onDivergence: 'goBack' }), ConfigError);
  });

  test('train: a run that always diverges ends in the end, also in its first epoch', async () => {
    const optimizer = new SGD({ lr: 1e30 });
    const options = { optimizer, savePath: join(folder, 'always'), saveEvery: 1, epochs: 1 };
    await assert.rejects(run(smallNet(), { ...options, onDivergence: 'goBack' }), DivergenceError);
  });

  test('train: what cannot work is told before the first step', async () => {
    const optimizer = new SGD({ lr: 0.1 });
    const other = new SGD({ lr: 0.1 });
    const frozen = smallNet();
    frozen.trainable = false;
    const threeClasses = new Dataset(testSet.images.subarray(0, 3072), Uint8Array.of(2), ['a', 'b', 'c']);
    const loader = new DataLoader(testSet);
    const blocked = join(folder, 'file');
    await writeFile(blocked, '');
    const cases: [string, () => Promise<unknown>, typeof ConfigError | typeof ModelError, RegExp][] = [
      ['epochs 0', () => run(smallNet(), { epochs: 0 }), ConfigError, /epochs is 0/],
      ['epochs 1.5', () => run(smallNet(), { epochs: 1.5 }), ConfigError, /epochs is 1.5/],
      ['image size', () => run(smallNet({ size: 28 })), ModelError, /\[28, 28, 3\].*\[32, 32, 3\]/],
      ['number of classes', () => run(smallNet({ classes: 100 })), ModelError, /\[100\].*10 classes/],
      [
        'classes of the test set',
        () =>
          train(smallNet(), loader, new DataLoader(threeClasses), {
            epochs: 1,
            optimizer,
            criterion: crossEntropy(),
          }),
        ModelError,
        /3 classes/,
      ],
      ['a frozen network', () => run(frozen), ModelError, /no weights to train/],
      [
        "another optimizer's scheduler",
        () => run(smallNet(), { optimizer, scheduler: new MultiStepLR(other, { milestones: [1] }) }),
        ConfigError,
        /another optimizer/,
      ],
      [
        'a schedule too short',
        () =>
          run(smallNet(), { optimizer, scheduler: new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 7 }) }),
        ConfigError,
        /7 steps left.* 8/,
      ],
      ['a file in the way', () => run(smallNet(), { savePath: blocked }), ModelError, /is a file/],
      [
        'a file on the way',
        () => run(smallNet(), { savePath: join(blocked, 'net') }),
        ModelError,
        /can't be made/,
      ],
    ];
    for (const [name, start, type, message] of cases) {
      await assert.rejects(start(), (error: Error) => {
        assert.ok(error instanceof type, `${name}: ${error}`);
        assert.match(error.message, message);
        return true;
      });
    }
  });
});

describe('evaluate', () => {
  test('evaluate: counts classes and confusions, whatever the batches', async () => {
    const net = smallNet();
    const whole = await evaluate(net, new DataLoader(testSet, { batchSize: 50 }));
    const parts = await evaluate(net, new DataLoader(testSet, { batchSize: 16 }));
    assert.deepEqual(parts.predictions, whole.predictions);
    assert.deepEqual(parts.confusion, whole.confusion);
    assert.ok(Math.abs(parts.loss / whole.loss - 1) < 1e-5);

    // The same counts, from the predictions and the labels.
    const { classNames } = testSet;
    const confusion = classNames.map(() => classNames.map(() => 0));
    whole.predictions.forEach((found, i) => {
      confusion[testSet.labels[i]][found]++;
    });
    assert.deepEqual(whole.confusion, confusion);
    assert.equal(whole.accuracy, confusion.reduce((sum, row, i) => sum + row[i], 0) / 50);
    assert.deepEqual(
      whole.perClass.map(({ className, total }) => [className, total]),
      testSet.classCounts().map((count, i) => [classNames[i], count]),
    );
    assert.deepEqual(whole.classNames, classNames);
  });

  test('evaluate: a class without images has no accuracy', async () => {
    const cats = testSet.subset([...testSet.labels.keys()].filter((i) => testSet.labels[i] === 3));
    const { perClass } = await evaluate(smallNet(), new DataLoader(cats));
    assert.ok(Number.isNaN(perClass[0].accuracy));
    assert.equal(perClass[3].total, cats.length);
  });

  test('evaluate: uses the criterion that it is given', async () => {
    const net = smallNet();
    const loader = new DataLoader(testSet);
    const smoothed = await evaluate(net, loader, { criterion: crossEntropy({ labelSmoothing: 1 }) });
    assert.notEqual(smoothed.loss, (await evaluate(net, loader)).loss);
  });

  test('evaluate: finds the same without a record', async () => {
    const net = smallNet();
    const loader = new DataLoader(testSet, { batchSize: 32 });
    const { loss, ...found } = await evaluate(net, loader);
    const tensors = tf.memory().numTensors;
    const { loss: eagerLoss, ...foundEagerly } = await evaluate(net, loader, { compile: false });
    assertAllClose([eagerLoss], [loss], 1e-5);
    assert.deepEqual(foundEagerly, found);
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('evaluate: changes nothing and frees everything', async () => {
    const net = smallNet();
    const loader = new DataLoader(testSet, { batchSize: 32 });
    const first = await evaluate(net, loader);
    const tensors = tf.memory().numTensors;
    assert.deepEqual(await evaluate(net, loader), first);
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('evaluate: a network that does not fit is told', async () => {
    await assert.rejects(evaluate(smallNet({ classes: 3 }), new DataLoader(testSet)), ModelError);
  });
});

test('a history that is missing, damaged or something else is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'history-'));
  try {
    await assert.rejects(readHistory(folder), /There is no history at .*history\.json/);
    await writeFile(join(folder, 'history.json'), '{ "network": ');
    await assert.rejects(readHistory(folder), /isn't JSON/);
    await writeFile(join(folder, 'history.json'), '{ "network": "x", "epochs": "2" }');
    await assert.rejects(readHistory(folder), /history\.json\.epochs is a string, not a number/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
