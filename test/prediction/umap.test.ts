/** The features before the classifier, against plain TensorFlow.js, and their layout in the plane. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { imageMapChart } from '../../lib/charts/images/imageMapChart';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { Random } from '../../lib/data/random';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ChartError, ConfigError, ModelError } from '../../lib/errors';
import { resnet10 } from '../../lib/models/resNet';
import { lastFeatures, umap } from '../../lib/prediction/umap';
import { assertAllClose } from '../helpers/tensors';

/** Points around three centers, 20 each, in 8 dimensions. */
function clusters(): number[][] {
  const random = Random.fromSeed(1);
  return Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 8 }, (_, axis) => (axis === i % 3 ? 10 : 0) + random.uniform(-1, 1)),
  );
}

const distance = ([x, y]: readonly number[], [u, v]: readonly number[]) => Math.hypot(x - u, y - v);

describe('the last features', () => {
  test('the last features times the classifier are the logits, and leave no tensor behind', async () => {
    const { test: images } = await loadCifar10({ sample: true });
    const loader = new DataLoader(images.subset(6), { batchSize: 4 });
    const net = resnet10({ width: 4 });
    const before = tf.memory().numTensors;
    const rows = await lastFeatures(net, loader);
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([rows.length, rows[0].length], [6, 32]);
    const [first] = loader;
    const [kernel, bias] = net.getLayer('classifier').getWeights() as TensorFlow.Tensor2D[];
    const logits = net.predict(first.images) as TensorFlow.Tensor2D;
    const expected = Array.from(logits.dataSync());
    const features = tf.tensor2d(
      rows.slice(0, 4).flatMap((row) => Array.from(row)),
      [4, 32],
    );
    assertAllClose(Array.from(features.matMul(kernel).add(bias).dataSync()), expected, 1e-4);
  });

  test('the last features of a network without a classifier are refused', async () => {
    const { test: images } = await loadCifar10({ sample: true });
    const net = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [32, 32, 3] })] });
    await assert.rejects(lastFeatures(net, new DataLoader(images, { batchSize: 4 })), ModelError);
  });
});

describe('UMAP', () => {
  test('UMAP keeps clusters together and apart from each other, the same for the same seed', async () => {
    const rows = clusters();
    const places = await umap(rows, { neighbors: 5 });
    assert.deepEqual(await umap(rows, { neighbors: 5 }), places);
    assert.notDeepEqual(await umap(rows, { neighbors: 5, seed: 1 }), places);
    for (const [i, place] of places.entries()) {
      const [nearest] = [...places.keys()]
        .filter((k) => k !== i)
        .sort((a, b) => distance(place, places[a]) - distance(place, places[b]));
      assert.equal(nearest % 3, i % 3, `row ${i} lies nearest to row ${nearest}`);
    }
  });

  test('UMAP refuses too few rows, unequal rows and options that can’t be', async () => {
    const rows = clusters();
    await assert.rejects(umap(rows.slice(0, 15)), /15 rows don't have 15 neighbors/);
    await assert.rejects(umap([...rows, [1]]), ConfigError);
    await assert.rejects(umap(rows, { minDistance: 2 }), ConfigError);
    await assert.rejects(umap(rows, { neighbors: 0 }), ConfigError);
    await assert.rejects(umap('rows' as never), ConfigError);
  });
});

describe('a map of images', () => {
  test('a map of images tells of each its class and prediction, where it is drawn', async () => {
    const { test: images } = await loadCifar10({ sample: true });
    const few = images.subset(3);
    const positions = [
      [0, 0],
      [0, 0],
      [5, 9],
    ] as const;
    const { data, layout } = imageMapChart(few, positions, { predictions: [0, 1, 2] });
    const [picture, hover] = data as { source?: string; x: number[]; y: number[]; text: string[] }[];
    assert.match(picture.source!, /^data:image\/jpeg/);
    const name = few.classNames[few.labels[0]];
    assert.equal(hover.text[0], `image 0: ${name}, taken for airplane`);
    // The first is at its place, the second beside it, the third in the opposite corner.
    assert.deepEqual([hover.x[0], hover.y[0]], [16, 16]);
    assert.ok(Math.hypot(hover.x[1] - 16, hover.y[1] - 16) < 33);
    assert.deepEqual([hover.x[2], hover.y[2]], [48 * 32 - 16, 48 * 32 - 16]);
    assert.match(layout.title!.subtitle!.text, /^3 of 3 images/);
  });

  test('a map of images refuses as many positions or predictions as don’t fit', async () => {
    const { test: images } = await loadCifar10({ sample: true });
    assert.throws(() => imageMapChart(images.subset(2), [[0, 0]]), ChartError);
    assert.throws(() => imageMapChart(images.subset(1), [[0, 0]], { predictions: [] }), ChartError);
  });
});
