/** Feature maps and filters, against plain TensorFlow.js and the network's own answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CIFAR10_NORMALIZATION } from '../../lib/data/normalization';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../lib/errors';
import { firstLayerFilters } from '../../lib/models/filters';
import { resnet10, resnet34, resnet50 } from '../../lib/models/resNet';
import { stageLayers } from '../../lib/models/stages';
import { featureMaps } from '../../lib/prediction/featureMaps';
import { predictImage } from '../../lib/prediction/predictImage';
import { assertAllClose, numbers } from '../helpers/tensors';

const image = {
  width: 32,
  height: 32,
  data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 31) % 256),
};

const flatNet = () => tf.sequential({ layers: [tf.layers.flatten({ inputShape: [32, 32, 3] })] });

describe('feature maps', () => {
  test('feature maps: are one of each stage, in its shape, and leave no tensor behind', () => {
    const net = resnet10({ width: 4 });
    const before = tf.memory().numTensors;
    const shapes = featureMaps(net, image).map(({ layer, height, width, channels, values }) => {
      assert.equal(values.length, height * width * channels);
      return `${layer} ${height}×${width}×${channels}`;
    });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(shapes, [
      'features.relu 32×32×4',
      'layer1.0 32×32×4',
      'layer2.0 16×16×8',
      'layer3.0 8×8×16',
      'layer4.0 4×4×32',
    ]);
  });

  test('feature maps: of the first stage are convolution, normalization and ReLU in plain TensorFlow.js', () => {
    const net = resnet10({ width: 4 });
    const norm = net.getLayer('features.bn');
    norm.setWeights([0.5, 0.1, 0.2, 3].map((value) => tf.fill([4], value))); // scale, offset, mean, variance
    const { mean, std } = CIFAR10_NORMALIZATION;
    const expected = tf.tidy(() => {
      const scaled = tf.tensor4d(Array.from(image.data), [1, 32, 32, 3]).div(255);
      const input = scaled.sub([...mean]).div([...std]) as TensorFlow.Tensor4D;
      const [kernel] = net.getLayer('features.conv').getWeights() as TensorFlow.Tensor4D[];
      const convolved = tf.conv2d(input, kernel, 1, 'same');
      return numbers(
        convolved
          .sub(0.2)
          .div(Math.sqrt(3 + 1e-5))
          .mul(0.5)
          .add(0.1)
          .relu(),
      );
    });
    assertAllClose(Array.from(featureMaps(net, image)[0].values), expected, 1e-4);
  });

  test('feature maps: of the last stage are what the classifier takes', async () => {
    const net = resnet10({ width: 4 });
    const last = featureMaps(net, image)[4];
    const [kernel, bias] = net.getLayer('classifier').getWeights();
    const probabilities = tf.tidy(() => {
      const pooled = tf.tensor(last.values, [16, last.channels]).mean(0, true); // [1, channels]
      return numbers(tf.softmax(pooled.matMul(kernel).add(bias)));
    });
    assertAllClose([...(await predictImage(net, image)).probabilities], probabilities, 1e-5);
  });

  test('feature maps: need a network that has stages', () => {
    assert.throws(() => featureMaps(flatNet(), image), ModelError);
  });
});

test('the stages of a network end with their last blocks', () => {
  const deep = ['features.relu', 'layer1.2', 'layer2.3', 'layer3.5', 'layer4.2'];
  assert.deepEqual(stageLayers(resnet34({ width: 4 })), deep);
  assert.deepEqual(stageLayers(resnet50({ width: 4 })), deep);
});

test('filters are the kernels of the first convolution', () => {
  const net = resnet10({ width: 4 });
  const { layer, height, width, count, values } = firstLayerFilters(net);
  assert.deepEqual([layer, height, width, count], ['features.conv', 3, 3, 4]);
  assert.deepEqual(Array.from(values), numbers(net.getWeights()[0]));
  assert.throws(() => firstLayerFilters(flatNet()), ModelError);
});
