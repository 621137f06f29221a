/** Networks in the page: the pretrained one, and the reader's own; and what they say of a picture. */
import type { io } from '@tensorflow/tfjs-core';
import { type TensorFlow, tf } from '../../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../../lib/errors';
import type { Image } from '../../../lib/image/image';
import { classNamesOf, outputKind } from '../../../lib/models/outputs';
import { classPlaces, overLargest } from '../../../lib/prediction/gradCam';
import { networkInput } from '../../../lib/prediction/networkInput';

/** A network that ships with the page. */
export interface Shipped {
  /** What model.json holds. */
  model: { modelTopology: object; weightsManifest: { weights: io.WeightsManifestEntry[] }[] };
  weights: Uint8Array<ArrayBuffer>;
}

/** What a network says of a picture. */
export interface Said {
  classNames: readonly string[];
  probabilities: number[]; // [classes]
  /** The index of the most probable class. */
  likeliest: number;
}

/** How much each place of a picture speaks for a class, from 0 to 1. */
export interface Places {
  height: number;
  width: number;
  values: Float32Array; // [height, width]
}

/** Loads a network that lies in memory. */
export function loadShipped({ model, weights }: Shipped): Promise<TensorFlow.LayersModel> {
  const weightSpecs = model.weightsManifest.flatMap((group) => group.weights);
  return tf.loadLayersModel(tf.io.fromMemory({ ...model, weightSpecs, weightData: weights.buffer }));
}

/**
 * Loads a network of the reader's: the files that `saveModel` writes.
 *
 * @throws Error where they aren't those of a network that takes pictures
 */
export async function loadOwn(files: File[]): Promise<TensorFlow.LayersModel> {
  const json = files.find(({ name }) => name.endsWith('.json') && name !== 'history.json');
  const weights = files.filter(({ name }) => name.endsWith('.bin'));
  if (json === undefined || weights.length === 0) {
    throw new Error('Choose both files of a network: model.json and the .bin file beside it.');
  }
  let net: TensorFlow.LayersModel;
  try {
    net = await tf.loadLayersModel(tf.io.browserFiles([json, ...weights]));
  } catch (cause) {
    const [reason] = String((cause as Error).message).split('\n');
    throw new Error(
      `${json.name} with ${weights.map(({ name }) => name).join(', ')} is no network: ${reason}`,
    );
  }
  try {
    // Anything that doesn't fit is found here, not at the first picture.
    classNamesOf(net);
    networkInput(net, { width: 1, height: 1, data: new Uint8Array(3) }).dispose();
    return net;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** The probabilities of a picture's classes. */
export async function classify(net: TensorFlow.LayersModel, image: Image): Promise<Said> {
  const classNames = classNamesOf(net);
  const probabilities = tf.tidy(() => {
    const outputs = net.apply(networkInput(net, image), { training: false }) as TensorFlow.Tensor2D;
    return outputKind(net) === 'logits' ? tf.softmax(outputs) : outputs;
  });
  const numbers = Array.from(await probabilities.data());
  probabilities.dispose();
  if (numbers.every(Number.isFinite)) {
    return { classNames, probabilities: numbers, likeliest: numbers.indexOf(Math.max(...numbers)) };
  }
  throw new ModelError(
    'The network answers NaN: its weights are no numbers.',
    'Choose one that was trained.',
  );
}

/** Where in a picture a network finds a class. */
export async function whereIs(
  net: TensorFlow.LayersModel,
  image: Image,
  classIndex: number,
): Promise<Places> {
  const images = networkInput(net, image);
  const { module, places } = classPlaces(net, images, classIndex);
  const sums = (await places.data()) as Float32Array;
  tf.dispose([images, places]);
  const [height, width] = module.outputShape.slice(1) as number[];
  return { height, width, values: overLargest(sums) };
}
