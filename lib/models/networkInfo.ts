/**
 * What a network has to carry with it, so that it can be used without knowing how it was trained.
 */
import type { Normalization } from '../data/normalization';
import type { TensorFlow } from '../engine/tensorflow';

/** Facts about a network that its weights don't tell. */
export interface NetworkInfo {
  /** `ResNet-18, width 16` */
  architecture?: string;
  /** Names of the classes, in the order of the logits. */
  classNames?: readonly string[];
  /** How its pictures are to be normalized. */
  normalization?: Normalization;
}

/** What is known of a network; TensorFlow.js saves it with the network, as `userDefinedMetadata` in model.json. */
export function networkInfo(net: TensorFlow.LayersModel): NetworkInfo {
  return (net.getUserDefinedMetadata() ?? {}) as NetworkInfo;
}

/** Adds facts to what is known of a network. */
export function setNetworkInfo(net: TensorFlow.LayersModel, info: NetworkInfo): void {
  net.setUserDefinedMetadata({ ...networkInfo(net), ...info });
}
