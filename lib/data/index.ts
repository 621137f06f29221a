/**
 * Data: CIFAR-10 as arrays of bytes. Needs no TensorFlow; `resnet-notebooks/data` is this file.
 */

export { ConfigError, DataError, ResNetError } from '../errors';
export { type Cifar10, type Cifar10Options, loadCifar10 } from './cifar10';
export { CLASS_NAMES } from './classNames';
export { Dataset, type ImageShape } from './dataset';
export type { Cifar10Progress } from './download/cifar10Source';
export { packageDataFolder, projectDataFolder } from './folders';
export {
  type BrokenFile,
  type ImageFolder,
  type ImageFolderOptions,
  loadImageFolder,
} from './imageFolder/loadImageFolder';
export {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  channelStatistics,
  type Normalization,
  normalizePixels,
} from './normalization';
