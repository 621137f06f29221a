/**
 * Whether a network and a data loader go together.
 */
import { checkForm } from '../checks';
import type { DataLoader } from '../data/dataLoader';
import type { Normalization } from '../data/normalization';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { DataError, ModelError } from '../errors';
import { type NetworkInfo, networkInfo } from '../models/networkInfo';
import { checkNotDisposed } from '../models/weights';

/**
 * Checks that a network takes a loader's images and has an output for each of its classes, and that both mean the same by them: the class
 * names and the normalization that `networkInfo` knows are the loader's.
 *
 * @param name what the caller calls the loader, for errors
 * @throws ModelError where the network doesn't fit
 * @throws DataError where its class names or its normalization are others
 */
export function checkFit(net: TensorFlow.LayersModel, loader: DataLoader, name = 'loader'): void {
  checkNotDisposed(net);
  checkForm(
    name,
    loader,
    { dataset: {}, batch: 'function' },
    'Give a DataLoader: new DataLoader(dataset, { batchSize: 128 }).',
  );
  const { imageShape, classNames } = loader.dataset;
  const input = net.inputs[0].shape.slice(1); // null where any size goes
  if (
    input.length !== imageShape.length ||
    input.some((size, i) => size !== null && size !== imageShape[i])
  ) {
    throw new ModelError(
      `The network takes images of [${input.join(', ')}], the data set has [${imageShape.join(', ')}].`,
      `Make the network with an input of [${imageShape.join(', ')}].`,
    );
  }
  const output = net.outputs[0].shape; // [n, classes]
  if (output.length !== 2 || output[1] !== classNames.length) {
    throw new ModelError(
      `The network's output is [${output.slice(1).join(', ')}], the data set has ${classNames.length} classes.`,
      `Make the network with numClasses: ${classNames.length}.`,
    );
  }
  const differs = difference(networkInfo(net), loader);
  if (!differs) return;
  const { what, network, now } = differs;
  const value = what === 'classNames' ? `${name}.dataset.classNames` : `${name}.normalize`;
  const fix =
    what === 'classNames'
      ? 'Label the data set by networkInfo(net).classNames'
      : `Make ${name} with normalize: networkInfo(net).normalization`;
  throw new DataError(
    `The network has ${network}; ${name} has ${now}.`,
    `${fix}. To use the network with the loader's on purpose: setNetworkInfo(net, { ${what}: ${value} }).`,
  );
}

/**
 * Checks that two loaders of one run have the same class names and normalization.
 *
 * @throws DataError where they differ
 */
export function checkAlike(trainLoader: DataLoader, testLoader: DataLoader): void {
  const { dataset, normalize } = trainLoader;
  const differs = difference({ classNames: dataset.classNames, normalization: normalize }, testLoader);
  if (!differs) return;
  throw new DataError(
    `trainLoader has ${differs.network}; testLoader has ${differs.now}.`,
    differs.what === 'classNames'
      ? 'Give both data sets the same class names, in the same order.'
      : 'Make testLoader with normalize: trainLoader.normalize.',
  );
}

/** Something by which a network and a loader differ. */
interface Difference {
  what: 'classNames' | 'normalization';
  /** What the network has, in words. */
  network: string;
  /** What the loader has. */
  now: string;
}

/** Finds a difference between what is known of a network and a loader; what isn't known isn't compared. */
export function difference(
  { classNames, normalization }: NetworkInfo,
  { dataset, normalize }: DataLoader,
): Difference | undefined {
  if (classNames) {
    const names = [classNames, dataset.classNames];
    const longest = Math.max(...names.map(({ length }) => length));
    const i = Array.from({ length: longest }, (_, k) => k).find((k) => names[0][k] !== names[1][k]);
    if (i !== undefined) {
      const [network, now] = names.map((list) => (i < list.length ? `'${list[i].slice(0, 50)}'` : 'none'));
      return { what: 'classNames', network: `${network} as class ${i}`, now: `${now} as class ${i}` };
    }
  }
  if (normalization && !isSameNormalization(normalization, normalize)) {
    return { what: 'normalization', network: inWords(normalization), now: inWords(normalize) };
  }
  return undefined;
}

function inWords({ mean, std }: Normalization): string {
  const rounded = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(4)));
  return `the normalization mean [${rounded(mean).join(', ')}] and std [${rounded(std).join(', ')}]`;
}

/** Half a step of a pixel's value, of 0..1. */
const HALF_STEP = 0.5 / 255;

/** Whether two normalizations give every pixel nearly the same number: as if its value were changed by less than half a step. */
function isSameNormalization(a: Normalization, b: Normalization): boolean {
  const difference = (channel: number, value: number) =>
    Math.abs((value - a.mean[channel]) / a.std[channel] - (value - b.mean[channel]) / b.std[channel]);
  return (
    a.mean.length === b.mean.length &&
    a.mean.every((_, channel) =>
      [0, 1].every((value) => difference(channel, value) < HALF_STEP / a.std[channel]),
    )
  );
}
