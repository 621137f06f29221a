/**
 * A trained network for the notebooks that need one: the reader's own, or the one that ships with the library.
 */

import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { checkForm } from '../checks';
import { projectDataFolder } from '../data/folders';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { loadModel } from '../models/files/loadModel';
import { loadPretrained } from '../models/files/loadPretrained';
import { networkInfo } from '../models/networkInfo';
import { type Profile, profile } from './profile';

/** Where a profile's training run saves its network: `data/models/quick`. */
export function modelPath(settings: Pick<Profile, 'name'> = profile()): string {
  checkForm('settings', settings, { name: 'string' }, 'Give what `profile` returns, or nothing.');
  return path.join(projectDataFolder(), 'models', settings.name);
}

/**
 * Loads the network that a run of the notebook `06_train` saved for this profile; where there is none, the pretrained ResNet-18 that ships
 * with the library. Prints which.
 *
 * @throws ModelError when the saved network is damaged
 */
export async function loadTrained(
  settings: Pick<Profile, 'name'> = profile(),
): Promise<TensorFlow.LayersModel> {
  const own = modelPath(settings);
  const trained = existsSync(path.join(own, 'model.json'));
  const net = trained ? await loadModel(own) : await loadPretrained('resnet18');
  const what = trained
    ? `the network that 06_train saved in ${path.relative('', own)}`
    : 'the pretrained network';
  console.log(`Loaded ${what}: ${networkInfo(net).architecture}.`);
  return net;
}
