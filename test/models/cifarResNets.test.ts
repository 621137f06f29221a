/** The paper's networks for CIFAR-10: their parameters, and ResNet-56's first steps against PyTorch's (test/fixtures/pytorch/make_resnet56.py). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { ARTICLE_NORMALIZATION, normalizePixels } from '../../lib/data/normalization';
import { installKernels } from '../../lib/engine/kernels/install';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';
import { zeroPaddedBlock } from '../../lib/models/block';
import {
  resNet,
  resnet18,
  resnet20,
  resnet32,
  resnet44,
  resnet50,
  resnet56,
  resnet110,
} from '../../lib/models/resNet';
import { summary } from '../../lib/models/summary';
import { layersOf, outputIn } from '../../lib/models/walk';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { takeSteps } from '../../lib/training/step/takeSteps';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { fixture } from '../fixtures/pytorch/fixture';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';

installKernels();

const BATCH = 128;
const pytorch = fixture<{ parameters: number; losses: number[] }>('resnet56');

test('the networks of the paper’s section on CIFAR-10 have its parameters', () => {
  // Table 6 rounds them to 0.27, 0.46, 0.66, 0.85 and 1.7 million.
  const expected = { 20: 269_722, 32: 464_154, 44: 658_586, 56: pytorch.parameters, 110: 1_727_962 };
  const makers = { 20: resnet20, 32: resnet32, 44: resnet44, 56: resnet56, 110: resnet110 };
  for (const depth of [20, 32, 44, 56, 110] as const) {
    assert.equal(summary(makers[depth]()).parameters, expected[depth], `ResNet-${depth}`);
  }
});

test('with the stem for ImageNet, ResNet-18 and ResNet-50 have torchvision’s parameters and sizes', () => {
  const options = { stem: 'imagenet', imageShape: [224, 224, 3], numClasses: 1000 } as const;
  assert.equal(summary(resnet18(options)).parameters, 11_689_512);
  assert.equal(summary(resnet50(options)).parameters, 25_557_032);
  const net = resnet18({ ...options, width: 4 });
  const sides = ['features.relu', 'features.pool', 'layer1.1', 'layer4.1'].map(
    (name) => outputIn(net, name).shape[1],
  );
  assert.deepEqual(sides, [112, 56, 56, 7]);
});

test('ResNet-56 starts by the paper’s recipe as in PyTorch', async () => {
  const net = resnet56();
  for (const layer of layersOf(net)) {
    const [kernel, ...others] = layer.getWeights();
    const draw = (name: string, bound: number) =>
      layer.setWeights([tf.tensor(numbersFrom(name, kernel.size, bound), kernel.shape), ...others]);
    if (layer.getClassName() === 'Conv2D') draw(layer.name, Math.sqrt(6 / (9 * kernel.shape[2]!)));
    if (layer.getClassName() === 'Dense') draw('classifier', 1 / 8);
  }
  const optimizer = new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 1e-4 });
  const step = compileTraining(net, { optimizer, criterion: crossEntropy(), precision: 'exact' });
  const { train } = await loadCifar10({ sample: true });
  const losses: number[] = [];
  for (const [i, expected] of pytorch.losses.entries()) {
    const own = train.subset(Array.from({ length: BATCH }, (_, k) => (i * BATCH + k) % train.length));
    const pixels = normalizePixels(own.images, ARTICLE_NORMALIZATION);
    const images = tf.tensor4d(pixels, [BATCH, 32, 32, 3]);
    const labels = tf.tensor1d(Int32Array.from(own.labels), 'int32');
    const [{ loss }] = await takeSteps(step, [{ tensors: { images, labels }, length: BATCH }], optimizer);
    tf.dispose([images, labels]);
    losses.push(loss);
    // 55 layers at this rate make rounding errors ten times larger in a step; later steps are compared together.
    const tolerance = [1e-5, 1e-4, 5e-3, 5e-3, 0.02][i] ?? Number.POSITIVE_INFINITY;
    assert.ok(Math.abs(loss / expected - 1) < tolerance, `step ${i}: ${loss}, not ${expected}`);
  }
  const late = (all: number[]) => all.slice(-10).reduce((sum, loss) => sum + loss / 10, 0);
  assert.ok(Math.abs(late(losses) / late(pytorch.losses) - 1) < 0.03, `${losses}`);
});

test('a shortcut without weights leaves out pixels and adds channels of zeros on both sides', () => {
  const block = zeroPaddedBlock(2, 4, { stride: 2 });
  // Without a branch, a block is its shortcut.
  for (const layer of block.layers)
    layer.setWeights(layer.getWeights().map((weight) => tf.zerosLike(weight)));
  const x = tf.reshape(tf.range(1, 33), [1, 4, 4, 2]);
  const y = block.predict(x) as typeof x;
  assert.deepEqual(y.arraySync(), [
    [
      [
        [0, 1, 2, 0],
        [0, 5, 6, 0],
      ],
      [
        [0, 17, 18, 0],
        [0, 21, 22, 0],
      ],
    ],
  ]);
});

test('a network without a stage, of no image or with an unknown stem is refused', () => {
  assert.throws(() => resNet(zeroPaddedBlock, []), ConfigError);
  assert.throws(() => resnet20({ imageShape: [32, 32, 0] }), ConfigError);
  assert.throws(() => resnet20({ stem: 'large' as 'cifar' }), /Give stem one of: cifar, imagenet/);
  assert.throws(() => zeroPaddedBlock(8, 4), ConfigError);
});
