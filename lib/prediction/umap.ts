/**
 * Many numbers an image as two, so that they can be drawn: images that a network finds alike come to lie side by side.
 */
import { UMAP } from 'umap-js';
import { checkForm, checkPositiveInteger } from '../checks';
import { DataLoader } from '../data/dataLoader';
import { checkSeed, Random } from '../data/random';
import { compile } from '../engine/compile';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { classifierOf } from '../models/transfer';

/**
 * What a network knows of each image before its classifier decides: the inputs of the last layer.
 *
 * @returns for each image of the loader, in its order, `[features]`
 * @throws ModelError where the network was disposed, or its last layer isn't a fully connected one
 */
export async function lastFeatures(net: TensorFlow.LayersModel, loader: DataLoader): Promise<Float32Array[]> {
  classifierOf(net);
  if (!(loader instanceof DataLoader)) {
    throw new ConfigError('loader is no DataLoader.', 'Give new DataLoader(test, { batchSize: 500 }).');
  }
  // Made of the network's own layers, so it has no weights to free.
  const upToClassifier = tf.model({ inputs: net.inputs, outputs: net.outputs[0].inputs });
  const step = compile(
    (images: TensorFlow.Tensor) => upToClassifier.apply(images, { training: false }) as TensorFlow.Tensor2D,
  );
  const rows: Float32Array[] = [];
  try {
    for (const { images, labels } of loader) {
      const features = await step(images); // [n, features]
      const [count, length] = features.shape;
      const values = (await features.data()) as Float32Array;
      for (let i = 0; i < count; i++) rows.push(values.slice(i * length, (i + 1) * length));
      tf.dispose([images, labels, features]);
    }
  } finally {
    step.dispose();
  }
  return rows;
}

/** What `umap` takes. */
export interface UmapOptions {
  /** To how many of its nearest an image is held. Few show small groups, many the whole. Default 15. */
  neighbors?: number;
  /** How near points may come, 0 to 1. Default 0.1. */
  minDistance?: number;
  /** Of the places to begin with. Default 0. */
  seed?: number;
}

/**
 * Lays rows of numbers out in the plane by UMAP (uniform manifold approximation and projection): the nearest of each stay near. Axes,
 * distances between groups and their sizes mean nothing.
 *
 * @param rows all of one length, more of them than `neighbors`
 * @returns for each row x and y
 * @throws ConfigError for too few rows, rows of several lengths, and options out of their range
 * @see McInnes et al. 2018, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction"; umap-js
 */
export async function umap(
  rows: readonly ArrayLike<number>[],
  options: UmapOptions = {},
): Promise<[x: number, y: number][]> {
  checkForm('rows', rows, ['numbers'], 'Give what `lastFeatures` returns.');
  checkForm('options', options, {}, 'Give for example { neighbors: 15 }.');
  const { neighbors = 15, minDistance = 0.1, seed = 0 } = options;
  checkPositiveInteger('neighbors', neighbors);
  checkSeed(seed);
  if (!(minDistance >= 0 && minDistance <= 1)) {
    throw new ConfigError(`minDistance can't be ${minDistance}.`, 'Give a number from 0 to 1.');
  }
  if (rows.length <= neighbors) {
    throw new ConfigError(
      `${rows.length} rows don't have ${neighbors} neighbors each.`,
      'Give more rows, or fewer neighbors.',
    );
  }
  if (rows.some(({ length }) => length !== rows[0].length)) {
    throw new ConfigError('The rows have several lengths.', 'Give as many numbers in each row.');
  }
  const random = Random.fromSeed(seed);
  const layout = new UMAP({ nNeighbors: neighbors, minDist: minDistance, random: () => random.uniform() });
  return (await layout.fitAsync(rows.map((row) => Array.from(row)))) as [number, number][];
}
