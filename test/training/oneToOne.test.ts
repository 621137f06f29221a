/**
 * Twenty steps of two networks, step by step beside PyTorch's, through `train` itself: same weights, images and settings
 * (test/fixtures/pytorch/make_training.py). Convolutions, batch normalization and its moving statistics, loss, optimizer, normalization.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { basicBlock, bottleneck } from '../../lib/models/block';
import { resNet } from '../../lib/models/resNet';
import { evaluate } from '../../lib/training/evaluate';
import { SGD, type SGDOptions } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { fixture } from '../fixtures/pytorch/fixture';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';

interface Run {
  block: 'basicBlock' | 'bottleneck';
  numBlocks: number[];
  width: number;
  parameters: number;
  options: SGDOptions & { labelSmoothing: number };
  /** Of each step. */
  losses: number[];
  correct: number[];
  /** After each epoch. */
  tests: { loss: number; predictions: number[] }[];
}

const EPOCHS = 4;
const TOLERANCE = 1e-4;

/** Sets the weights that make_training.py sets, from their names. What isn't named here starts as in both libraries. */
function setWeights(net: TensorFlow.LayersModel, block: Run['block']): void {
  const lastGamma = block === 'basicBlock' ? '.bn2/gamma' : '.bn3/gamma';
  for (const weight of net.weights) {
    const name = weight.originalName;
    const shape = weight.shape as number[];
    const size = tf.util.sizeFromShape(shape);
    const set = (values: Float32Array) => weight.write(tf.tensor(values, shape));
    if (name === 'classifier/kernel') set(numbersFrom(name, size, shape[0] ** -0.5));
    else if (name === 'classifier/bias')
      set(numbersFrom(name, size, net.getLayer('classifier').weights[0].shape[0]! ** -0.5));
    else if (name.endsWith('/kernel')) set(numbersFrom(name, size, Math.sqrt(6 / (size / shape[3]))));
    else if (name.endsWith('/beta')) set(numbersFrom(name, size, 0.1));
    else if (name.endsWith(lastGamma)) set(new Float32Array(size).fill(0.2));
  }
}

function assertClose(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected) / Math.abs(expected);
  assert.ok(
    error <= TOLERANCE,
    `${what} is ${actual}, PyTorch's is ${expected}: off by ${error.toExponential(1)}`,
  );
}

describe('training goes as in PyTorch, step by step', () => {
  for (const run of fixture<Run[]>('training')) {
    const { block, numBlocks, width, options } = run;
    test(`training goes as in PyTorch, step by step: ${block} [${numBlocks}], width ${width}, ${JSON.stringify(options)}`, async (t) => {
      const sample = await loadCifar10({ sample: true });
      const trainLoader = new DataLoader(sample.train.subset(160), { batchSize: 32 });
      const testLoader = new DataLoader(sample.test.subset(40), { batchSize: 32 });
      const net = resNet({ basicBlock, bottleneck }[block], numBlocks, { width });
      assert.equal(
        net.trainableWeights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0),
        run.parameters,
      );
      setWeights(net, block);

      const optimizer = new SGD(options);
      const criterion = crossEntropy({ labelSmoothing: options.labelSmoothing });
      let sums = { loss: 0, correct: 0 };
      let worst = 0;
      let step = 0;
      const history = await train(net, trainLoader, testLoader, {
        epochs: EPOCHS,
        optimizer,
        criterion,
        onProgress: (event) => {
          if (event.kind !== 'batch') return;
          // Events tell means over the epoch so far; the step's own values are the differences of their sums.
          const before = event.batch === 1 ? { loss: 0, correct: 0 } : sums;
          sums = { loss: event.loss * event.batch, correct: Math.round(event.accuracy * event.images) };
          const loss = sums.loss - before.loss;
          worst = Math.max(worst, Math.abs(loss / run.losses[step] - 1));
          assertClose(loss, run.losses[step], `the loss of step ${step + 1}`);
          assert.equal(sums.correct - before.correct, run.correct[step], `correct in step ${step + 1}`);
          step++;
        },
      });
      assert.equal(step, run.losses.length);
      history.epochs.forEach(({ testLoss }, i) => {
        worst = Math.max(worst, Math.abs(testLoss / run.tests[i].loss - 1));
        assertClose(testLoss, run.tests[i].loss, `the test loss of epoch ${i + 1}`);
      });
      const { predictions } = await evaluate(net, testLoader);
      assert.deepEqual([...predictions], run.tests[EPOCHS - 1].predictions);
      t.diagnostic(`largest relative difference: ${worst.toExponential(1)}`);
      optimizer.dispose();
    });
  }
});
