/**
 * Fifty steps of whole training runs, recorded beside eager: the same networks, batches, optimizer and schedules, through
 * `train` itself.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { Random } from '../../lib/data/random';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { type ResNetMaker, resnet18, resnet50 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { CosineAnnealingLR } from '../../lib/training/schedule/cosineAnnealingLR';
import { MultiStepLR } from '../../lib/training/schedule/multiStepLR';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/schedule/reduceLROnPlateau';
import type { Scheduler } from '../../lib/training/schedule/scheduler';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';

const EPOCHS = 25;
const TOLERANCE = 1e-5;

// A full batch and a partial one in each epoch.
const BATCH_SIZE = 8;
const IMAGES = 13;

interface Run {
  net: ResNetMaker;
  /** The last batch normalization of a block. */
  lastGamma: string;
  /**
   * The two kinds of steps round differently, which moves an activation across 0 in one of them now and then. Of so small a
   * batch that changes a gradient by percents, and a loss by as much as the learning rate lets it: in ResNet-50, with three
   * times the activations, ten times as often. So the learning rates are low, and the blocks add little at the start.
   */
  lr: number;
  nesterov?: boolean;
  schedule: (optimizer: SGD) => Scheduler;
}

const RUNS: Record<string, Run> = {
  'ResNet-18, one cycle': {
    net: resnet18,
    lastGamma: '.bn2/gamma',
    lr: 0.003,
    schedule: (optimizer) => new OneCycleLR(optimizer, { maxLr: 0.003, totalSteps: 2 * EPOCHS }),
  },
  'ResNet-18, cosine': {
    net: resnet18,
    lastGamma: '.bn2/gamma',
    lr: 0.003,
    schedule: (optimizer) => new CosineAnnealingLR(optimizer, { tMax: EPOCHS }),
  },
  'ResNet-18, steps, Nesterov': {
    net: resnet18,
    lastGamma: '.bn2/gamma',
    lr: 0.003,
    nesterov: true,
    schedule: (optimizer) => new MultiStepLR(optimizer, { milestones: [8, 16], gamma: 0.3 }),
  },
  'ResNet-18, plateau': {
    net: resnet18,
    lastGamma: '.bn2/gamma',
    lr: 0.003,
    // Epochs that are better by less than 5 % count as bad.
    schedule: (optimizer) => new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 3, threshold: 0.05 }),
  },
  'ResNet-50, one cycle': {
    net: resnet50,
    lastGamma: '.bn3/gamma',
    lr: 0.0002,
    schedule: (optimizer) => new OneCycleLR(optimizer, { maxLr: 0.0002, totalSteps: 2 * EPOCHS }),
  },
};

/** Images of noise: the same ones each time. */
function noise(n: number, seed: number): Dataset {
  const random = Random.fromSeed(seed);
  const pixels = Uint8Array.from({ length: n * 32 * 32 * 3 }, () => random.below(256));
  return new Dataset(
    pixels,
    Uint8Array.from({ length: n }, () => random.below(10)),
  );
}

interface Losses {
  /** Of each step. */
  training: number[];
  /** After each epoch. */
  test: number[];
  /** Of each step. */
  learningRates: number[];
}

async function losses(
  { net: make, lastGamma, lr, nesterov, schedule }: Run,
  compile: boolean,
): Promise<Losses> {
  const net = make({ width: 4 });
  for (const weight of net.weights) {
    if (weight.originalName.endsWith(lastGamma)) weight.write(tf.fill(weight.shape as number[], 0.2));
  }
  const trainLoader = new DataLoader(noise(IMAGES, 1), { batchSize: BATCH_SIZE });
  const optimizer = new SGD({ lr, momentum: 0.9, weightDecay: 5e-4, nesterov });
  const [training, learningRates]: number[][] = [[], []];
  let sum = 0;
  const { epochs } = await train(net, trainLoader, new DataLoader(noise(5, 2)), {
    epochs: EPOCHS,
    optimizer,
    criterion: crossEntropy({ labelSmoothing: 0.1 }),
    scheduler: schedule(optimizer),
    compile,
    onProgress: (event) => {
      if (event.kind !== 'batch') return;
      // Events tell the mean over the epoch so far; the step's own loss is the difference of the sums.
      const before = event.batch === 1 ? { sum: 0, images: 0 } : { sum, images: BATCH_SIZE };
      sum = event.loss * event.images;
      training.push((sum - before.sum) / (event.images - before.images));
      learningRates.push(event.learningRate);
    },
  });
  optimizer.dispose();
  net.dispose();
  return { training, test: epochs.map(({ testLoss }) => testLoss), learningRates };
}

/** The largest difference relative to the expected number. */
function largestDifference(actual: number[], expected: number[]): number {
  assert.equal(actual.length, expected.length);
  return Math.max(...actual.map((value, i) => Math.abs(value / expected[i] - 1)));
}

describe('a recorded training run goes as the eager one', () => {
  for (const [name, run] of Object.entries(RUNS)) {
    test(`a recorded training run goes as the eager one: ${name}`, async (t) => {
      const recorded = await losses(run, true);
      const eager = await losses(run, false);
      assert.equal(recorded.training.length, 2 * EPOCHS);
      assert.ok(new Set(recorded.learningRates).size > 2, 'the schedule acts');
      assert.deepEqual(recorded.learningRates, eager.learningRates);
      assert.ok(eager.training[48] < 0.99 * eager.training[0], 'it learns');
      const training = largestDifference(recorded.training, eager.training);
      const test = largestDifference(recorded.test, eager.test);
      t.diagnostic(
        `largest relative difference: ${training.toExponential(1)}, in tests ${test.toExponential(1)}; ` +
          `loss ${eager.training[0].toFixed(4)} → ${eager.training[48].toFixed(4)}`,
      );
      assert.ok(training <= TOLERANCE && test <= TOLERANCE, `${training}, ${test}`);
    });
  }
});
