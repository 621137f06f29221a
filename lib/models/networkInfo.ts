/**
 * What a network has to carry with it, so that it can be used without knowing how it was trained.
 */
import type { Normalization } from '../data/normalization';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { checkIsNetwork } from './weights';

/** Facts about a network that its weights don't tell. */
export interface NetworkInfo {
  /** `ResNet-18, width 16` */
  architecture?: string;
  /** Names of the classes, in the order of the logits. */
  classNames?: readonly string[];
  /** How its images are to be normalized. */
  normalization?: Normalization;
}

/** What is known of a network; TensorFlow.js saves it with the network, as `userDefinedMetadata` in model.json. */
export function networkInfo(net: TensorFlow.LayersModel): NetworkInfo {
  checkIsNetwork(net);
  return (net.getUserDefinedMetadata() ?? {}) as NetworkInfo;
}

/**
 * Adds facts to what is known of a network; they are copied. `train` notes class names and normalization by itself, and it and `evaluate`
 * refuse a loader whose own are others: set them here first to train or test a network with others on purpose.
 *
 * @throws ConfigError where a fact is of another kind
 */
export function setNetworkInfo(net: TensorFlow.LayersModel, info: NetworkInfo): void {
  checkIsNetwork(net);
  if (!isNetworkInfo(info)) {
    throw new ConfigError(
      'architecture, classNames or normalization is of another kind.',
      "Give what is known as { architecture: 'my network', classNames: ['a', 'b'], normalization: CIFAR10_NORMALIZATION }.",
    );
  }
  const { architecture, classNames, normalization } = info;
  const given = Object.entries({ architecture, classNames, normalization }).filter(
    ([, value]) => value !== undefined,
  );
  net.setUserDefinedMetadata({ ...networkInfo(net), ...structuredClone(Object.fromEntries(given)) });
}

/** Tells whether what was read from a file can be what is known of a network. */
export function isNetworkInfo(value: unknown): value is NetworkInfo {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { architecture = '', classNames = [], normalization } = value as Record<string, unknown>;
  const { mean, std } = Object(normalization) as Record<string, unknown>;
  const isList = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length > 0 && list.every(Number.isFinite);
  return (
    typeof architecture === 'string' &&
    Array.isArray(classNames) &&
    classNames.every((name) => typeof name === 'string') &&
    (normalization === undefined ||
      (isList(mean) && isList(std) && std.length === mean.length && std.every((deviation) => deviation > 0)))
  );
}
