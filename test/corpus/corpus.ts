/** All inputs that the library has to come through, by kind. */
import { CHECKPOINTS } from './checkpoints';
import { CIFAR } from './cifar';
import { CIFAR_SOURCES } from './cifarSources';
import type { Case } from './judge';
import { MODELS } from './models';
import { PICTURES } from './pictures';
import { URLS } from './urls';

export const CORPUS: Readonly<Record<string, readonly Case[]>> = {
  'picture files': PICTURES,
  addresses: URLS,
  "of CIFAR-10's files": CIFAR,
  "of CIFAR-10's sources": CIFAR_SOURCES,
  'saved networks': MODELS,
  checkpoints: CHECKPOINTS,
};
