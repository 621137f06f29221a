/** ResNet-8: its layers, the first one's whitening, and training steps against PyTorch's (test/fixtures/pytorch/make_resnet8.py). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dataset } from '../../lib/data/dataset';
import { normalizePixels } from '../../lib/data/normalization';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, DataError, ModelError } from '../../lib/errors';
import { firstLayerFilters } from '../../lib/models/filters';
import { resnet18 } from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';
import { summary } from '../../lib/models/summary';
import { tree } from '../../lib/models/tree';
import { layersOf, outputIn } from '../../lib/models/walk';
import { whitenFirstLayer } from '../../lib/models/whitening';
import { airbenchMuon } from '../../lib/training/optimizer/airbench';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { takeSteps } from '../../lib/training/step/takeSteps';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { fixture } from '../fixtures/pytorch/fixture';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

const pytorch = fixture<{ losses: number[]; logits: number[]; whitening: number[][] }>('resnet8');

/** The names by which the fixture draws a network's filters. */
const DRAWN: Record<string, string> = { 'features.conv': 'first' };

/** A network of width 4 with the fixture's weights. */
function network(): TensorFlow.LayersModel {
  const net = resnet8({ width: 4 });
  for (const layer of layersOf(net)) {
    const [kernel, ...others] = layer.getWeights();
    if (layer.getClassName() === 'Conv2D') {
      const name = DRAWN[layer.name] ?? layer.name.replace('.0.', '.');
      layer.setWeights([tf.tensor(numbersFrom(name, kernel.size), kernel.shape)]);
    } else if (layer.getClassName() === 'Dense') {
      layer.setWeights([
        tf.mul(tf.tensor(numbersFrom('classifier', kernel.size), kernel.shape), 0.1),
        ...others,
      ]);
    }
  }
  return net;
}

/** Images of bytes. */
function images(count: number): Dataset {
  const bytes = Uint8Array.from(numbersFrom('bytes', count * 3072), (x) =>
    Math.floor((Math.fround(x) + 1) * 127.5),
  );
  return new Dataset(bytes, new Uint8Array(count));
}

const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;

test('ResNet-8 has the parameters and shapes that its description says', () => {
  const net = resnet8();
  assert.equal(summary(net).parameters, 4_339_178);
  const shapes = ['features.relu', 'layer1.0', 'layer2.0', 'layer3.0', 'classifier'].map(
    (name) => outputIn(net, name).shape,
  );
  assert.deepEqual(shapes, [
    [null, 32, 32, 32],
    [null, 16, 16, 64],
    [null, 8, 8, 256],
    [null, 4, 4, 512],
    [null, 10],
  ]);
  // Each weight of a filter is used once at each place, of the layer that isn't trained too.
  const convolutions = [27 * 32, 9 * 32 * 64].reduce((sum, weights) => sum + 1024 * weights, 0);
  const later =
    256 * (9 * 64 * 64 + 9 * 64 * 256) + 64 * (9 * 256 * 256 + 9 * 256 * 512) + 16 * 9 * 512 * 512;
  assert.equal(summary(net).multiplyAdds, convolutions + later + 5120);
  assert.match(
    tree(resnet8({ width: 4 })),
    /\(0\): PooledBlock\(\n.*conv1.*\n.*\(pool\): MaxPool2d\(kernelSize=2×2\)/,
  );
});

test('ResNet-8 trains with airbenchMuon as in PyTorch', async () => {
  const net = network();
  const optimizer = airbenchMuon(net, { batchSize: 8 });
  const step = compileTraining(net, {
    optimizer,
    criterion: crossEntropy({ labelSmoothing: 0.2 }),
    precision: 'exact',
  });
  const x = tf.tensor4d(numbersFrom('images', 8 * 3072), [8, 32, 32, 3]);
  const batch = {
    tensors: { images: x, labels: tf.range(0, 8, 1, 'int32') as TensorFlow.Tensor1D },
    length: 8,
  };
  const losses: number[] = [];
  for (let i = 0; i < pytorch.losses.length; i++) {
    losses.push(...(await takeSteps(step, [batch], optimizer)).map(({ loss }) => loss));
  }
  assertAllClose(losses, pytorch.losses, 1e-4);
  assertAllClose(numbers(net.predict(x) as TensorFlow.Tensor), pytorch.logits, 2e-3);
  assert.equal(net.getLayer('features.conv').trainable, false);
});

test("whitening filters are PyTorch's eigenvectors over their deviation, each with both signs", () => {
  const net = resnet8({ width: 4 });
  whitenFirstLayer(net, images(4), { normalize });
  const { values, count } = firstLayerFilters(net); // [3, 3, 3, 32]
  assert.equal(count, 32);
  const filter = (k: number) => Array.from({ length: 27 }, (_, i) => values[i * count + k]);
  pytorch.whitening.forEach((expected, k) => {
    const found = filter(k);
    const sign = Math.sign(found.reduce((sum, x, i) => sum + x * expected[i], 0)); // an eigenvector has no sign
    assertAllClose(
      found,
      expected.map((x) => sign * x),
      1e-3,
    );
    assertAllClose(
      filter(k + 16),
      found.map((x) => -x),
      0,
    );
  });
});

test('what a whitened layer gives is uncorrelated, and of variance 1', () => {
  const net = resnet8({ width: 4 });
  const dataset = images(64);
  whitenFirstLayer(net, dataset, { normalize, epsilon: 1e-9 });
  tf.tidy(() => {
    const x = tf.tensor4d(normalizePixels(dataset.images, normalize), [64, 32, 32, 3]);
    const [kernel] = net.getLayer('features.conv').getWeights();
    const y = tf.conv2d(x, kernel as TensorFlow.Tensor4D, 1, 'valid');
    const found = tf.reshape(tf.slice(y, [0, 0, 0, 0], [-1, -1, -1, 16]), [-1, 16]);
    const covariance = tf.div(tf.matMul(found, found, true, false), found.shape[0]);
    assertAllClose(numbers(covariance), numbers(tf.eye(16)), 2e-3);
  });
});

test('a network that has no filters to whiten, and what are no images, are refused', () => {
  const net = resnet8({ width: 4 });
  const headless = tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 2 })] });
  assert.throws(() => whitenFirstLayer(headless, images(1)), ModelError);
  assert.throws(() => whitenFirstLayer(resnet18({ width: 55 }), images(1)), ModelError);
  assert.throws(() => whitenFirstLayer(net, {} as never), DataError);
  assert.throws(() => whitenFirstLayer(net, images(1), { epsilon: 0 }), ConfigError);
  assert.throws(() => resnet8({ width: 0 }), ConfigError);
  assert.throws(() => airbenchMuon(net, { batchSize: 0 }), ConfigError);
  const flat = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] })] });
  assert.throws(() => airbenchMuon(flat, { batchSize: 8 }), ModelError);
});
