/**
 * The trained networks that ship with the library.
 */
import { join } from 'node:path';
import { checkChoice } from '../../checks';
import { packageDataFolder } from '../../data/folders';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { loadModel } from './loadModel';

/** A trained network that ships: `resnet18` of width 32, or the smaller and faster `resnet8` of width 32. */
export type PretrainedName = 'resnet18' | 'resnet8';

/**
 * Loads a network that was trained on CIFAR-10: `[n, 32, 32, 3]` → logits `[n, 10]`. What it was made of and how good it is says
 * `data/pretrained/<name>/README.md`.
 *
 * @throws ConfigError for another name
 */
export async function loadPretrained(name: PretrainedName): Promise<TensorFlow.LayersModel> {
  checkChoice('name', name, ['resnet18', 'resnet8']);
  return loadModel(join(packageDataFolder(), 'pretrained', name));
}
