/** Images of other sizes and channels than CIFAR-10's: batches, transforms, training, charts and predictions. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { imageGrid } from '../../lib/charts/images/imageGrid';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset, type ImageShape } from '../../lib/data/dataset';
import { channelStatistics } from '../../lib/data/normalization';
import { Random } from '../../lib/data/random';
import { colorJitter } from '../../lib/data/transforms/color';
import { cutout, randomErasing } from '../../lib/data/transforms/erasing';
import { randomCrop, randomFlip } from '../../lib/data/transforms/geometry';
import { cutmix } from '../../lib/data/transforms/mixing';
import type { Transform } from '../../lib/data/transforms/transform';
import { trivialAugment } from '../../lib/data/transforms/trivialAugment';
import { installKernels } from '../../lib/engine/kernels/install';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, DataError, ModelError } from '../../lib/errors';
import { networkInfo, setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet10 } from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';
import { whitenFirstLayer } from '../../lib/models/whitening';
import { predictImage } from '../../lib/prediction/predictImage';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

const SHAPES: ImageShape[] = [
  [20, 28, 1],
  [24, 16, 3],
  [9, 12, 4],
];

/** Random images of two classes: those of class 1 are darker. */
function randomImages(count: number, shape: ImageShape): Dataset {
  const random = Random.fromSeed(1);
  const length = shape[0] * shape[1] * shape[2];
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  const images = Uint8Array.from({ length: count * length }, (_, i) =>
    random.below(labels[Math.floor(i / length)] === 1 ? 128 : 256),
  );
  return new Dataset(images, labels, ['bright', 'dark'], shape);
}

for (const shape of SHAPES) {
  describe(`images of ${shape.join('×')}`, () => {
    const dataset = randomImages(12, shape);
    const normalize = channelStatistics(dataset);

    test(`images of ${shape.join('×')} are selected and split with their shape`, () => {
      const [first, second] = dataset.split(0.5, 0);
      assert.deepEqual([first.imageShape, second.imageShape], [shape, shape]);
      assert.deepEqual(dataset.subset([3]).image(0), dataset.image(3));
      assert.equal(dataset.subset(2).images.length, 2 * shape[0] * shape[1] * shape[2]);
    });

    test(`images of ${shape.join('×')} make the same batches in JavaScript and on the device`, () => {
      const transforms = [randomCrop(3, { mode: 'reflect' }), randomFlip(), cutout(5)];
      const options = { batchSize: 5, shuffle: true, transforms, mix: cutmix(1), normalize };
      const epoch = (onDevice: boolean) => {
        const loader = new DataLoader(dataset, { ...options, onDevice });
        return [...loader.inputs()].flatMap(({ tensors }) => {
          const { images, labels, softLabels } = loader.batch(tensors);
          assert.deepEqual(images.shape.slice(1), shape);
          return [images, labels, softLabels!].flatMap(numbers);
        });
      };
      assertAllClose(epoch(true), epoch(false), 1e-5);
    });

    const transforms: Transform[] = [
      colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 }),
      randomErasing({ p: 1 }),
      trivialAugment(),
    ];
    for (const transform of transforms) {
      test(`images of ${shape.join('×')} are changed by ${transform.name} alike in JavaScript and by tensors`, () => {
        const random = Random.fromSeed(3);
        const context = { mean: normalize.mean.map((mean) => 255 * mean), shape };
        const drawn = Array.from({ length: 12 }, (_, index) => [
          ...transform.draw!(random, { index, epoch: 0, seed: 0, shape }),
        ]);
        const batch = tf.tensor4d(Float32Array.from(dataset.images), [12, ...shape]);
        const byTensors = numbers(transform.tensors!(batch, tf.tensor2d(drawn), context));
        const inJavaScript = drawn.flatMap((own, i) => {
          const pixels = Float32Array.from(dataset.image(i));
          transform.pixels!(pixels, own, context);
          return [...pixels];
        });
        const apart = inJavaScript.filter((value, i) => Math.abs(value - byTensors[i]) > 0.01).length;
        assert.ok(apart < 0.001 * byTensors.length, `${apart} of ${byTensors.length} differ`);
      });
    }
  });
}

test('a data set of gray images of 64×64 trains, and tells a photo by its gray', async () => {
  const dataset = randomImages(32, [64, 64, 1]);
  const normalize = channelStatistics(dataset);
  assert.equal(normalize.mean.length, 1);
  const loader = new DataLoader(dataset, { batchSize: 8, shuffle: true, normalize });
  const net = resnet10({ width: 4, imageShape: dataset.imageShape, numClasses: 2 });
  const optimizer = new SGD({ lr: 0.02, momentum: 0.9 });
  const options = { epochs: 4, optimizer, criterion: crossEntropy(), testedOn: 'validation' } as const;
  const history = await train(net, loader, loader, options);
  assert.ok(history.epochs[3].testAccuracy > 0.9, `${history.epochs[3].testAccuracy}`);
  assert.deepEqual(networkInfo(net).normalization, normalize);
  for (const [value, expected] of [
    [[230, 120, 200], 'bright'],
    [[60, 70, 64], 'dark'],
  ] as const) {
    const random = Random.fromSeed(5);
    const noise = () => random.below(40) - 20;
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => value[i % 3] + noise());
    const { className } = await predictImage(net, { width: 64, height: 64, data });
    assert.equal(className, expected);
  }
});

test('ResNet-8 whitens gray images, with filters for as many directions as they have', () => {
  const dataset = randomImages(8, [32, 32, 1]);
  const net = resnet8({ width: 4, imageShape: dataset.imageShape, numClasses: 2 });
  whitenFirstLayer(net, dataset, { normalize: channelStatistics(dataset) });
  assert.deepEqual(net.getLayer('features.conv').getWeights()[0].shape, [3, 3, 1, 16]);
  assert.throws(() => whitenFirstLayer(net, randomImages(8, [32, 32, 3])), ModelError);
});

test('a grid shows gray images, and large ones made smaller', () => {
  const small = imageGrid(randomImages(4, [28, 28, 1]), { cols: 2 });
  const large = imageGrid(randomImages(4, [300, 200, 3]), { cols: 2 });
  for (const figure of [small, large]) {
    assert.ok(Number(figure.layout.width) < 300 && Number(figure.layout.height) < 400);
  }
});

test('what doesn’t fit the shape of the images is refused', async () => {
  const gray = randomImages(4, [8, 8, 1]);
  assert.throws(() => new Dataset(new Uint8Array(10), new Uint8Array(1), ['a'], [3, 3, 1]), DataError);
  assert.throws(() => new Dataset(new Uint8Array(0), new Uint8Array(1), ['a'], [0, 3, 1]), DataError);
  assert.throws(
    () => new DataLoader(gray),
    /The images have 1 channel, and the normalization 3.*channelStatistics/s,
  );
  const normalize = channelStatistics(gray);
  assert.throws(() => new DataLoader(gray, { normalize, transforms: [randomCrop(8)] }), ConfigError);
  const net = resnet10({ width: 4, imageShape: [8, 8, 1], numClasses: 2 });
  setNetworkInfo(net, { classNames: gray.classNames });
  const image = { width: 8, height: 8, data: new Uint8Array(192) };
  await assert.rejects(predictImage(net, image), /images have 1 channel, and its normalization 3/);
});
