/**
 * A whole training run of one object, as a file holds it: what the command `resnet-notebooks train` does.
 */
import { join } from 'node:path';
import { checkForm, type Form } from '../checks';
import type { TrainAndTest } from '../data/dataset';
import { projectDataFolder } from '../data/folders';
import { ConfigError, quotable } from '../errors';
import { type Evaluation, evaluate } from '../training/evaluate';
import type { TrainListener } from '../training/events';
import type { History } from '../training/history';
import { prepareRun, type Recipe } from '../training/recipe';
import type { TrainOptions } from '../training/trainOptions';
import { loadCifar10 } from './loadCifar10';
import { loadImageFolder } from './loadImageFolder';
import { type ProfileName, profile } from './profile';
import { train } from './train';

/** A training run: a profile's recipe, and what is to be different. */
export interface RunConfig extends Partial<Recipe> {
  /** The recipe that is taken where nothing else is said. Default `quick`. */
  profile?: ProfileName;
  /** Pictures to train on: a folder that has a folder for each class, and the side that they are resized to. Default: CIFAR-10. */
  images?: { folder: string; size: number };
  /** Of the network's first weights and of the order of the images. Default 0. */
  seed?: number;
  /** Where the network and its checkpoints are saved. Default `data/models/run`. */
  savePath?: string;
  /** More of what `train` takes: `devices`, `maxNorm`, `logDir`, `callbacks`. */
  options?: Partial<TrainOptions>;
}

/** What a run came to. */
export interface RunResult {
  history: History;
  /** On the test images; undefined where the run was stopped before its last epoch. */
  evaluation?: Evaluation;
  savePath: string;
}

const FORM: Form = {
  'profile?': 'string',
  'images?': { folder: 'string', size: 'number' },
  'savePath?': 'string',
  'options?': {},
};

/** By their names: the compiler sees that none is missing. */
const SETTINGS: Record<keyof RunConfig, true> = {
  profile: true,
  images: true,
  seed: true,
  savePath: true,
  options: true,
  network: true,
  width: true,
  channels: true,
  epochs: true,
  batchSize: true,
  augmentation: true,
  validation: true,
  optimizer: true,
  labelSmoothing: true,
  schedule: true,
  precision: true,
};

/** @throws ConfigError for a setting that there isn't */
function checkConfig(config: RunConfig): void {
  checkForm('config', config, FORM, "Give for example { profile: 'quick', epochs: 10 }.");
  for (const name of Object.keys(config)) {
    if (Object.hasOwn(SETTINGS, name)) continue;
    throw new ConfigError(
      `There is no setting '${quotable(name)}'.`,
      `The settings are ${Object.keys(SETTINGS).join(', ')}.`,
    );
  }
}

/**
 * Trains a network as a configuration says, going on at the newest checkpoint in `savePath`, and evaluates it once on the test images after
 * the last epoch. It shows itself as `train` does.
 *
 * @param onProgress gets each event; with it nothing is shown
 * @throws ConfigError for a setting that can't be, and what `train` throws
 */
export async function trainRun(config: RunConfig, onProgress?: TrainListener): Promise<RunResult> {
  checkConfig(config);
  const { profile: base, images, seed = 0, savePath, options, ...changes } = config;
  const { name: _, sample, ...recipe } = profile(base ?? 'quick');
  const quietly = onProgress && { onProgress: () => {} };
  const data: TrainAndTest = images
    ? await loadImageFolder(images.folder, { size: images.size, ...quietly })
    : await loadCifar10({ sample, ...quietly });
  const { net, trainLoader, heldOutLoader, testLoader, ...prepared } = prepareRun(
    { ...recipe, ...changes },
    data,
    seed,
  );
  const folder = savePath ?? join(projectDataFolder(), 'models', 'run');
  const history = await train(net, trainLoader, heldOutLoader, {
    ...prepared,
    saveEvery: 1,
    resume: true,
    ...options,
    savePath: folder,
    ...(onProgress && { onProgress }),
  });
  const isWhole = history.epochs.length === prepared.epochs;
  const evaluation = isWhole ? await evaluate(net, testLoader) : undefined;
  prepared.optimizer.dispose();
  net.dispose();
  return { history, evaluation, savePath: folder };
}
