/** Optimizers, clipping, accumulation and averages in whole training steps, against PyTorch's (test/fixtures/pytorch/make_optimizers.py). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';
import { Adam, AdamW } from '../../lib/training/optimizer/adam';
import { type AveragingOptions, WeightAverage } from '../../lib/training/optimizer/averaging';
import type { ClippingOptions } from '../../lib/training/optimizer/clipping';
import { Lookahead, type LookaheadOptions } from '../../lib/training/optimizer/lookahead';
import { Muon } from '../../lib/training/optimizer/muon';
import { Optimizer, type ParameterStep } from '../../lib/training/optimizer/optimizer';
import { SGD } from '../../lib/training/optimizer/sgd';
import { parameters } from '../../lib/training/step/gradients';
import { takeSteps } from '../../lib/training/step/takeSteps';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { fixture } from '../fixtures/pytorch/fixture';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';

installKernels();

interface TrainSettings extends ClippingOptions, AveragingOptions {
  accumulate?: number;
  lookahead?: LookaheadOptions;
}

const runs =
  fixture<
    {
      optimizer: string;
      options: object;
      train: TrainSettings;
      steps: { losses: number[]; parameters: number[][] | null }[];
    }[]
  >('optimizers');

/** A convolution with ReLU, the mean over its pixels, and a dense layer without bias. */
function network(): TensorFlow.LayersModel {
  const net = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 6, 2], filters: 6, kernelSize: 3, activation: 'relu' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3, useBias: false }),
    ],
  });
  tf.tidy(() =>
    net.setWeights([
      tf.tensor4d(numbersFrom('filters', 108), [3, 3, 2, 6]),
      tf.tensor1d(numbersFrom('bias', 6)),
      tf.tensor2d(numbersFrom('dense', 18), [6, 3]),
    ]),
  );
  return net;
}

const groups = [
  { params: ({ shape }: { shape: readonly number[] }) => shape.length === 1, weightDecay: 0 },
  { params: ({ name }: { name: string }) => name.startsWith('dense'), lrScale: 5 },
];

const MAKERS: Record<string, (options: never) => Optimizer> = {
  SGD: (options) => new SGD(options),
  Adam: (options) => new Adam(options),
  AdamW: (options) => new AdamW(options),
  Muon: (options: object) =>
    new Muon({ lr: 0, ...options, rest: new SGD({ lr: 0.1, momentum: 0.9, nesterov: true }) }),
  groups: () => new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 0.05, groups }),
};

/** Trains on 8 images, whose targets are told by their places in the batch. */
async function trained(
  optimizer: Optimizer,
  { accumulate = 1, ...train }: TrainSettings,
  steps: number,
  after: (step: number, losses: number[], parameters: number[][]) => void,
  compile = true,
) {
  const net = network();
  const average = WeightAverage.of(net, train);
  const targets = tf.tensor2d(numbersFrom('targets', 24), [8, 3]);
  const images = tf.tensor4d(numbersFrom('images', 576), [8, 6, 6, 2]);
  const labels = tf.range(0, 8, 1, 'int32');
  const step = compileTraining(net, {
    optimizer,
    criterion: (outputs, places) =>
      tf.mean(tf.squaredDifference(outputs, tf.gather(targets, places))) as TensorFlow.Scalar,
    accumulate,
    average,
    compile,
    ...train,
  });
  const size = 8 / accumulate;
  const batches = Array.from({ length: accumulate }, (_, i) => ({
    tensors: {
      images: tf.slice(images, [i * size, 0, 0, 0], [size, -1, -1, -1]),
      labels: tf.slice(labels, [i * size], [size]) as TensorFlow.Tensor1D,
    },
    length: size,
  }));
  for (let i = 0; i < steps; i++) {
    const losses = (await takeSteps(step, batches, optimizer, { accumulate })).map(({ loss }) => loss);
    const parameters = net.getWeights().map((weight) => [...weight.dataSync()]);
    after(i, losses, average ? average.read().map((values) => [...values]) : parameters);
  }
  step.dispose();
  average?.dispose();
  optimizer.dispose();
  net.dispose();
}

function assertClose(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length);
  const size = Math.max(...expected.map(Math.abs));
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(error <= 1e-5 * size, `${what}[${i}] is ${actual[i]}, not ${expected[i]}`);
  }
}

describe('training steps go as in PyTorch', () => {
  for (const { optimizer: name, options, train, steps } of runs) {
    for (const compiled of [true, false]) {
      const how = compiled ? 'recorded' : 'eager';
      test(`training steps go as in PyTorch: ${name} ${JSON.stringify(options)}, ${JSON.stringify(train)}, ${how}`, async () => {
        const { lookahead, ...rest } = train;
        const made = MAKERS[name](options as never);
        const optimizer = lookahead ? new Lookahead(made, lookahead) : made;
        const after = (i: number, losses: number[], parameters: number[][]) => {
          assertClose(losses, steps[i].losses, `losses of step ${i + 1}`);
          steps[i].parameters?.forEach((expected, k) => {
            assertClose(parameters[k], expected, `parameter ${k} after step ${i + 1}`);
          });
        };
        await trained(optimizer, rest, steps.length, after, compiled);
      });
    }
  }
});

test("a user's own optimizer of its update alone trains as in PyTorch's terms, and leaves a step out whose loss isn't finite", async () => {
  class SignSGD extends Optimizer {
    update(
      parameter: TensorFlow.Variable,
      gradient: TensorFlow.Tensor,
      { lr, momentum, state }: ParameterStep,
    ) {
      const velocity = state('velocity');
      velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
      parameter.assign(tf.sub(parameter, tf.mul(tf.sign(velocity), lr)));
    }
  }
  const paths: number[][] = [];
  for (const compiled of [true, false]) {
    const path: number[] = [];
    await trained(
      new SignSGD({ lr: 0.01, momentum: 0.5 }),
      {},
      5,
      (_, losses) => {
        path.push(...losses);
      },
      compiled,
    );
    paths.push(path);
  }
  assertClose(paths[0], paths[1], 'losses');
  assert.ok(paths[0][4] < paths[0][0], `${paths[0]}`);

  const net = network();
  const optimizer = new SignSGD({ lr: 0.01, momentum: 0.5 });
  const factor = tf.variable(tf.scalar(1));
  const step = compileTraining(net, {
    optimizer,
    criterion: (outputs) => tf.mul(tf.mean(tf.square(outputs)), factor) as TensorFlow.Scalar,
  });
  const batch = {
    tensors: { images: tf.ones([2, 6, 6, 2]) as TensorFlow.Tensor4D, labels: tf.tensor1d([0, 1], 'int32') },
    length: 2,
  };
  const numbersNow = () => [
    ...net.getWeights().flatMap((weight) => [...weight.dataSync()]),
    ...Object.values(optimizer.readState(parameters(net))).flatMap((all) => all.flatMap((one) => [...one])),
  ];
  await takeSteps(step, [batch], optimizer);
  const before = numbersNow();
  factor.assign(tf.scalar(Number.POSITIVE_INFINITY));
  const [{ loss }] = await takeSteps(step, [batch], optimizer);
  assert.ok(!Number.isFinite(loss));
  assert.deepEqual(numbersNow(), before);
  assert.equal(optimizer.stateDict().steps, 1);
});

describe('an optimizer left out for a loss that is not finite keeps all it has', () => {
  const makers: [string, () => Optimizer][] = [
    ['SGD', () => new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 0.1 })],
    ['Adam', () => new Adam({ weightDecay: 0.1 })],
    ['AdamW', () => new AdamW()],
    ['Muon', () => new Muon({ lr: 0.1, rest: new AdamW() })],
    ['Lookahead', () => new Lookahead(new SGD({ lr: 0.1, momentum: 0.9 }), { k: 1 })],
  ];
  for (const [name, make] of makers) {
    test(`an optimizer left out for a loss that is not finite keeps all it has: ${name}, at its first step and later`, async () => {
      const net = network();
      const optimizer = make();
      const factor = tf.variable(tf.scalar(Number.NaN));
      const step = compileTraining(net, {
        optimizer,
        criterion: (outputs) => tf.mul(tf.mean(tf.square(outputs)), factor) as TensorFlow.Scalar,
      });
      const images = tf.tensor4d(numbersFrom('images', 144), [2, 6, 6, 2]);
      const batch = { tensors: { images, labels: tf.tensor1d([0, 1], 'int32') }, length: 2 };
      const params = parameters(net);
      const state = () =>
        optimizer
          .shares(params)
          .map((share) => [
            share.optimizer.stateDict().steps,
            ...Object.values(share.optimizer.readState(share.params)).flatMap((all) =>
              all.map((one) => [...one]),
            ),
          ]);
      const weights = () => net.getWeights().map((weight) => [...weight.dataSync()]);
      const first = weights();
      await takeSteps(step, [batch], optimizer);
      assert.deepEqual(weights(), first);
      factor.assign(tf.scalar(1));
      await takeSteps(step, [batch], optimizer);
      const [later, kept] = [weights(), state()];
      assert.notDeepEqual(later, first);
      factor.assign(tf.scalar(Number.NaN));
      await takeSteps(step, [batch], optimizer);
      assert.deepEqual(weights(), later);
      assert.deepEqual(state(), kept);
    });
  }
});

describe('bad settings of an optimizer are told before the first step', () => {
  const rest = new SGD({ lr: 0.1 });
  const cases: [string, () => unknown, RegExp][] = [
    ['a negative decay', () => new Adam({ weightDecay: -1 }), /weightDecay is -1/],
    ['a beta above 1', () => new Adam({ betas: [0.9, 1.1] }), /betas\[1\] is 1.1/],
    [
      'a group of another form',
      () => new SGD({ lr: 0.1, groups: [{ weightDecay: 0 } as never] }),
      /groups\[0\]\.params is undefined/,
    ],
    [
      'a negative scale',
      () => new SGD({ lr: 0.1, groups: [{ params: () => true, lrScale: -1 }] }),
      /groups\[0\]\.lrScale is -1/,
    ],
    ['Muon without an optimizer for the rest', () => new Muon({ lr: 0.1 } as never), /rest is undefined/],
    ['Muon of no steps', () => new Muon({ lr: 0.1, rest, newtonSchulzSteps: 0 }), /newtonSchulzSteps is 0/],
    ['a Lookahead of no optimizer', () => new Lookahead({} as never), /optimizer\.lr is undefined/],
    ['a Lookahead of no steps', () => new Lookahead(rest, { k: 0 }), /k is 0/],
  ];
  for (const [what, make, message] of cases) {
    test(`bad settings of an optimizer are told before the first step: ${what}`, () => {
      assert.throws(make, (error: Error) => error instanceof ConfigError && message.test(error.message));
    });
  }

  test('bad settings of an optimizer are told before the first step: a group for no parameter', () => {
    const optimizer = new SGD({ lr: 0.1, groups: [{ params: ({ name }) => name === 'head' }] });
    assert.throws(
      () => optimizer.checkGroups(parameters(network())),
      /groups\[0\] is for none of the 3 parameters/,
    );
  });
});
