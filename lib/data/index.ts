/**
 * Data: CIFAR-10 as arrays of bytes. Needs no TensorFlow; `resnet-notebooks/data` is this file.
 */

export { ConfigError, DataError, ResNetError } from '../errors';
export { type Cifar10, type Cifar10Options, loadCifar10 } from './cifar10';
export type { Cifar10Progress } from './cifar10Source';
export { CLASS_NAMES } from './classNames';
export { Dataset } from './dataset';
export { packageDataFolder, projectDataFolder } from './folders';
export {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  channelStatistics,
  type Normalization,
  normalizePixels,
} from './normalization';
