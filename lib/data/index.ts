/**
 * Data: CIFAR-10 as arrays of bytes. Needs no TensorFlow; `resnet-notebooks/data` is this file.
 */

export { ConfigError, DataError, ResNetError } from '../errors';
export { type Cifar10Options, loadCifar10 } from './cifar10';
export {
  CIFAR100_CLASS_NAMES,
  CIFAR100_COARSE_CLASS_NAMES,
  type Cifar100Options,
  loadCifar100,
} from './cifar100';
export { CLASS_NAMES } from './classNames';
export { Dataset, type ImageShape, type TrainAndTest } from './dataset';
export type { Cifar10Progress } from './download/cifar10Source';
export { packageDataFolder, projectDataFolder } from './folders';
export { type IdxOptions, loadIdx } from './idx';
export {
  type BrokenFile,
  type ImageFolder,
  type ImageFolderOptions,
  loadImageFolder,
} from './imageFolder/loadImageFolder';
export {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  CIFAR100_NORMALIZATION,
  channelStatistics,
  type Normalization,
  normalizePixels,
} from './normalization';
