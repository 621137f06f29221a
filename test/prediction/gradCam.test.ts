/** Grad-CAM, against class activation mapping, with which it agrees where the last maps are averaged, and against differences. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gradCamChart } from '../../lib/charts/images/gradCamChart';
import { packageDataFolder } from '../../lib/data/folders';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ChartError, ConfigError, ImageError, ModelError } from '../../lib/errors';
import { readImage } from '../../lib/image/readImage';
import { loadPretrained } from '../../lib/models/files/loadPretrained';
import { setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet10 } from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';
import { featureMaps } from '../../lib/prediction/featureMaps';
import { gradCam } from '../../lib/prediction/gradCam';
import { networkInput } from '../../lib/prediction/networkInput';
import { predictImage } from '../../lib/prediction/predictImage';
import { assertAllClose } from '../helpers/tensors';

const image = {
  width: 40,
  height: 30,
  data: Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 31) % 256),
};

describe('Grad-CAM', () => {
  test('Grad-CAM of the last maps is class activation mapping: the maps, each times its weight in the classifier', () => {
    const net = resnet10({ width: 8 });
    const before = tf.memory().numTensors;
    const { layer, height, width, values } = gradCam(net, image, { className: 'deer' });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([layer, height, width], ['layer4.0', 4, 4]);
    const [kernel] = net.getLayer('classifier').getWeights(); // [64, 10]
    const weights = kernel.arraySync() as number[][];
    const maps = featureMaps(net, image).at(-1)!;
    const sums = Array.from({ length: 16 }, (_, place) =>
      Math.max(
        0,
        weights.reduce((sum, row, channel) => sum + row[4] * maps.values[place * maps.channels + channel], 0),
      ),
    );
    assertAllClose(
      Array.from(values),
      sums.map((sum) => sum / Math.max(...sums)),
      1e-5,
    );
  });

  test('Grad-CAM of earlier maps weighs each by what the output gains when the map is raised', async () => {
    const net = resnet10({ width: 4, seed: 3 });
    const { values, classIndex } = gradCam(net, image, { layer: 'layer3.0' });
    assert.equal(classIndex, (await predictImage(net, image)).classIndex);
    // The layers behind that one, in plain TensorFlow.js, with a map raised a little.
    const after = (maps: TensorFlow.Tensor) =>
      ['layer4.0', 'avgPool', 'flatten', 'classifier'].reduce(
        (x, name) => net.getLayer(name).apply(x, { training: false }) as TensorFlow.Tensor,
        maps,
      );
    const expected = tf.tidy(() => {
      const input = tf.input({ shape: [32, 32, 3] });
      const upTo = [
        'features.conv',
        'features.bn',
        'features.relu',
        'layer1.0',
        'layer2.0',
        'layer3.0',
      ].reduce(
        (x, name) => net.getLayer(name).apply(x) as TensorFlow.SymbolicTensor,
        input as TensorFlow.SymbolicTensor,
      );
      const maps = tf
        .model({ inputs: input, outputs: upTo })
        .apply(networkInput(net, image), { training: false }) as TensorFlow.Tensor4D; // [1, 8, 8, 16]
      const score = (x: TensorFlow.Tensor) => after(x).dataSync()[classIndex];
      const step = 0.5;
      const weights = Array.from({ length: 16 }, (_, channel) => {
        const raised = tf
          .oneHot(tf.tensor1d([channel], 'int32'), 16)
          .reshape([1, 1, 1, 16])
          .mul(step);
        return score(maps.add(raised)) - score(maps.sub(raised));
      });
      const places = maps.mul(tf.tensor(weights)).sum(3).relu();
      return Array.from(places.div(places.max()).dataSync());
    });
    assertAllClose(Array.from(values), expected, 0.05);
  });

  test('Grad-CAM of the cat lies on the cat, more than on the rim', async () => {
    const net = await loadPretrained('resnet18');
    const cat = await readImage(`${packageDataFolder()}/pictures/cat.png`);
    const { values, className } = gradCam(net, cat);
    assert.equal(className, 'cat');
    const middle = [5, 6, 9, 10].map((place) => values[place]);
    const corners = [0, 3, 12, 15].map((place) => values[place]);
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    assert.ok(sum(middle) > sum(corners), `${sum(middle)} in the middle, ${sum(corners)} in the corners`);
  });

  test('Grad-CAM goes through max pooling and normalization without a factor, as ResNet-8 has them', () => {
    const { layer, height, width, values } = gradCam(resnet8({ width: 4 }), image);
    assert.deepEqual([layer, height, width], ['layer3.0', 4, 4]);
    assert.ok(values.some((value) => value === 1));
  });

  test('Grad-CAM is of nothing where nothing speaks for a class', () => {
    const net = resnet10({ width: 4 });
    net.getLayer('classifier').setWeights([tf.zeros([32, 10]), tf.zeros([10])]);
    assert.ok(gradCam(net, image).values.every((value) => value === 0));
  });

  test('Grad-CAM refuses what it can’t look at, and says what it can', () => {
    const net = resnet10({ width: 4 });
    assert.throws(() => gradCam(net, image, { className: 'unicorn' }), ConfigError);
    assert.throws(
      () => gradCam(net, image, { layer: 'layer9' }),
      /no module 'layer9'.*features\.conv, .*layer4\.0/s,
    );
    assert.throws(() => gradCam(net, image, { layer: 'classifier' }), ModelError);
    assert.throws(() => gradCam(net, { ...image, width: 41 }), ImageError);
    const flat = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [32, 32, 3] }), tf.layers.dense({ units: 10 })],
    });
    assert.throws(() => gradCam(flat, image), /No module of the network gives maps/);
    setNetworkInfo(net, { classNames: ['a', 'b'] });
    assert.throws(() => gradCam(net, image), ModelError);
  });

  test('Grad-CAM has a chart, of one image or of several', () => {
    const net = resnet10({ width: 4 });
    const cam = gradCam(net, image);
    const texts = (chart: ReturnType<typeof gradCamChart>) =>
      (chart.layout.annotations as { text: string }[]).map(({ text }) => text);
    assert.deepEqual(texts(gradCamChart(cam)), [cam.className]);
    assert.equal(texts(gradCamChart(Array(8).fill(cam))).length, 8);
    assert.throws(() => gradCamChart([]), ChartError);
    assert.throws(() => gradCamChart({} as never), ChartError);
  });
});
