/**
 * Which learning rates a network can be trained with, found by trying them all in one short run.
 */
import { checkForm, checkPositive, checkPositiveInteger, type Form, SIGNAL_FORM } from '../checks';
import type { BatchInputs } from '../data/batch';
import type { DataLoader } from '../data/dataLoader';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { count, showAs } from '../showAs';
import { checkFit } from './fit';
import { SGD, type SGDOptions } from './optimizer/sgd';
import type { Criterion } from './step/crossEntropy';
import { takeSteps } from './step/takeSteps';
import { compileTraining } from './step/trainingStep';

/** What `learningRateRangeTest` takes in addition to the network and the data. */
export interface RangeTestOptions {
  /** The loss: `crossEntropy()`. */
  criterion: Criterion;
  /** Momentum and weight decay of the training to come: they decide which rates it bears. */
  optimizer?: Omit<SGDOptions, 'lr'>;
  /** The first step's rate. Default 1e-3. */
  minLr?: number;
  /** The last step's rate. Default 10. */
  maxLr?: number;
  /** Default 100. */
  steps?: number;
  /** Told after each step how many are done. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the test after the step under way; what it found so far is its result. */
  signal?: AbortSignal;
}

/** What `learningRateRangeTest` found; a number for each step that was taken. */
export interface RangeTest {
  learningRates: number[];
  /** Of the step's batch, before its update. */
  losses: number[];
  /** A moving mean of the losses, in which a tenth of each new one counts. */
  smoothedLosses: number[];
}

/** Share of the moving mean that is kept at each step. */
const SMOOTHING = 0.9;
/** A smoothed loss so many times the lowest ends the test. */
const DIVERGED = 4;

/**
 * Trains a network for some steps, each with a learning rate that is higher than the last by the same factor, and puts its weights
 * back. Where the loss falls the rate is good; where it climbs the rate is too high. The test ends early once it climbs far.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @param loader of the training images; it goes on with the epoch that it was at
 * @throws ConfigError for rates that aren't positive and rising, or fewer than two steps
 * @throws ModelError where the network doesn't fit the data, or it ends in sigmoid and the criterion is `crossEntropy`
 * @throws DataError where the loader's class names or normalization aren't those that `networkInfo` knows
 * @see Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3
 */
export async function learningRateRangeTest(
  net: TensorFlow.LayersModel,
  loader: DataLoader,
  options: RangeTestOptions,
): Promise<RangeTest> {
  const form: Form = {
    criterion: 'function',
    'optimizer?': {},
    'signal?': SIGNAL_FORM,
    'onProgress?': 'function',
  };
  checkForm('options', options, form, 'Give at least { criterion: crossEntropy() }.');
  const { criterion, optimizer: settings, minLr = 1e-3, maxLr = 10, steps = 100, signal } = options;
  check(minLr, maxLr, steps);
  checkFit(net, loader);
  const weights = net.getWeights().map((weight) => tf.tensor(weight.dataSync(), weight.shape, weight.dtype));
  const { epoch } = loader;
  const optimizer = new SGD({ ...settings, lr: minLr });
  const step = compileTraining(net, { optimizer, criterion, makeBatch: (inputs) => loader.batch(inputs) });
  const batches = endless(loader);
  const result = showAs<RangeTest>(
    { learningRates: [], losses: [], smoothedLosses: [] },
    { full: rangeTestText },
  );
  try {
    while (result.losses.length < steps && !diverged(result) && !signal?.aborted) {
      optimizer.lr = minLr * (maxLr / minLr) ** (result.losses.length / (steps - 1));
      const batch = batches.next().value;
      const [{ loss }] = await takeSteps(step, [batch], optimizer).finally(() => tf.dispose(batch.tensors));
      if (!Number.isFinite(loss)) break;
      note(result, optimizer.lr, loss);
      options.onProgress?.(result.losses.length, steps);
    }
    return result;
  } finally {
    step.dispose();
    optimizer.dispose();
    net.setWeights(weights);
    tf.dispose(weights);
    loader.epoch = epoch;
    loader.dispose();
  }
}

function rangeTestText({ learningRates, smoothedLosses }: RangeTest): string {
  const steps = learningRates.length;
  if (steps === 0) return 'RangeTest of no step';
  const lowest = smoothedLosses.reduce((a, loss, i) => (loss < smoothedLosses[a] ? i : a), 0);
  const rate = (i: number) => String(Number(learningRates[i].toPrecision(2)));
  return [
    `RangeTest of ${count(steps)} steps at learning rates of ${rate(0)} to ${rate(steps - 1)}, ` +
      `the smoothed loss lowest at ${rate(lowest)}: ${smoothedLosses[lowest].toFixed(4)}`,
    'rangeTestChart makes a figure of it, which show draws.',
  ].join('\n');
}

function check(minLr: number, maxLr: number, steps: number): void {
  checkPositive('minLr', minLr);
  checkPositive('maxLr', maxLr);
  checkPositiveInteger('steps', steps);
  if (minLr >= maxLr || steps < 2) {
    throw new ConfigError(
      `${steps} steps can't lead from a learning rate of ${minLr} up to ${maxLr}.`,
      'Give a maxLr above minLr, and at least 2 steps.',
    );
  }
}

/** Batches of one epoch after the other. */
function* endless(loader: DataLoader): Generator<BatchInputs, never, undefined> {
  for (;;) yield* loader.inputs();
}

/** Adds a step. The moving mean begins at 0, and is divided by how much of it has been filled. */
function note(
  { learningRates, losses, smoothedLosses }: RangeTest,
  learningRate: number,
  loss: number,
): void {
  const filled = (count: number) => 1 - SMOOTHING ** count;
  const count = losses.length;
  const before = count > 0 ? smoothedLosses[count - 1] * filled(count) : 0;
  learningRates.push(learningRate);
  losses.push(loss);
  smoothedLosses.push((SMOOTHING * before + (1 - SMOOTHING) * loss) / filled(count + 1));
}

function diverged({ smoothedLosses }: RangeTest): boolean {
  return smoothedLosses[smoothedLosses.length - 1] > DIVERGED * Math.min(...smoothedLosses);
}
