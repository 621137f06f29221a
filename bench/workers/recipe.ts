/**
 * Training runs as data: a network, how its images are changed, and what takes the steps. The profiles of the notebooks are such recipes.
 */
import { DataLoader } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { cutout } from '../../lib/data/transforms/erasing';
import { alternatingFlip, randomCrop, randomFlip } from '../../lib/data/transforms/geometry';
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';
import type { Precision } from '../../lib/index';
import { whitenFirstLayer } from '../../lib/models/whitening';
import {
  type Profile,
  type ProfileAugmentation,
  type ProfileOptimizer,
  type ProfileSchedule,
  profile,
} from '../../lib/notebook/profile';
import { airbenchMuon } from '../../lib/training/optimizer/airbench';
import { Muon } from '../../lib/training/optimizer/muon';
import type { Optimizer } from '../../lib/training/optimizer/optimizer';
import { SGD } from '../../lib/training/optimizer/sgd';
import { LinearLR } from '../../lib/training/schedule/factorSchedules';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/schedule/reduceLROnPlateau';
import type { Scheduler } from '../../lib/training/schedule/scheduler';
import { type Criterion, crossEntropy } from '../../lib/training/step/crossEntropy';
import { network } from './subject';

/** What a run is made of. */
export interface Recipe
  extends Pick<Profile, 'width' | 'epochs' | 'batchSize' | 'labelSmoothing' | 'validation'> {
  network: string;
  augmentation: ProfileAugmentation & {
    /** The side of a square that is blanked out. */
    cutout?: number;
  };
  /** Also `Muon` for a ResNet of the paper's, with gradient descent for what isn't a filter. */
  optimizer: ProfileOptimizer | { kind: 'muon'; lr: number; restLr: number; weightDecay: number };
  schedule: ProfileSchedule;
  precision: Precision;
}

/** What `train` takes of a recipe. */
export interface PreparedRun {
  net: TensorFlow.LayersModel;
  trainLoader: DataLoader;
  /** What is tested on after each epoch. */
  heldOutLoader: DataLoader;
  /** Whether that are validation images. */
  testedOn: 'validation' | 'test';
  testLoader: DataLoader;
  optimizer: Optimizer;
  scheduler: Scheduler;
  criterion: Criterion;
}

function optimizerOf({ optimizer, batchSize }: Recipe, net: TensorFlow.LayersModel): Optimizer {
  switch (optimizer.kind) {
    case 'sgd':
      return new SGD(optimizer);
    case 'airbenchMuon':
      return airbenchMuon(net, { batchSize, lr: optimizer.lr });
    case 'muon': {
      const { lr, restLr, weightDecay } = optimizer;
      const rest = new SGD({ lr: restLr, weightDecay, momentum: 0.9, nesterov: true });
      return new Muon({ lr, momentum: 0.6, newtonSchulzSteps: 3, normalizeFilters: true, rest });
    }
  }
}

function schedulerOf({ schedule, epochs }: Recipe, optimizer: Optimizer, stepsPerEpoch: number): Scheduler {
  const totalSteps = epochs * stepsPerEpoch;
  switch (schedule.kind) {
    case 'linear':
      return new LinearLR(optimizer, {
        startFactor: 1,
        endFactor: 0,
        totalIters: totalSteps,
        interval: 'batch',
      });
    case 'oneCycle':
      return new OneCycleLR(optimizer, { maxLr: schedule.maxLr, totalSteps });
    case 'reduceLROnPlateau':
      return new ReduceLROnPlateau(optimizer, schedule);
  }
}

/** Makes all that a run takes, of one seed. */
export function prepare(recipe: Recipe, data: { train: Dataset; test: Dataset }, seed: number): PreparedRun {
  const { batchSize, augmentation, validation, labelSmoothing } = recipe;
  const [trainSet, heldOut] = validation > 0 ? data.train.split(1 - validation, 0) : [data.train, data.test];
  const { shift, edges, flip, cutout: side } = augmentation;
  const trainLoader = new DataLoader(trainSet, {
    batchSize,
    shuffle: true,
    seed,
    dropLast: recipe.network === 'resnet8',
    transforms: [
      randomCrop(shift, { mode: edges }),
      flip === 'alternating' ? alternatingFlip() : randomFlip(),
      ...(side ? [cutout(side)] : []),
    ],
  });
  const net = network(recipe.network, recipe.width, seed);
  if (recipe.network === 'resnet8') whitenFirstLayer(net, trainSet);
  const optimizer = optimizerOf(recipe, net);
  return {
    net,
    trainLoader,
    heldOutLoader: new DataLoader(heldOut, { batchSize: 500 }),
    testedOn: validation > 0 ? 'validation' : 'test',
    testLoader: new DataLoader(data.test, { batchSize: 500 }),
    optimizer,
    scheduler: schedulerOf(recipe, optimizer, trainLoader.length),
    criterion: crossEntropy({ labelSmoothing }),
  };
}

function ofProfile(name: 'quick' | 'article'): Recipe {
  const { name: _, sample, ...settings } = profile(name);
  return { ...settings, precision: 'float32' };
}

/** The recipes that runs are asked for by. */
export const RECIPES = {
  quick: { ...ofProfile('quick'), precision: 'fast' },
  article: ofProfile('article'),
  // Notebook 13's.
  ninetyFour: {
    ...ofProfile('quick'),
    width: 48,
    epochs: 13,
    optimizer: { kind: 'airbenchMuon', lr: 0.18 },
    validation: 0.02,
    precision: 'fast',
  },
  // The networks of data/pretrained.
  pretrainedResNet18: {
    ...ofProfile('quick'),
    network: 'resnet18',
    width: 32,
    epochs: 64,
    batchSize: 500,
    augmentation: { shift: 4, edges: 'reflect', flip: 'alternating', cutout: 8 },
    optimizer: { kind: 'muon', lr: 0.1, restLr: 0.1, weightDecay: 5e-4 },
    validation: 0.02,
    precision: 'fast',
  },
  pretrainedResNet8: { ...ofProfile('quick'), epochs: 16, validation: 0.02, precision: 'fast' },
  // A schedule for ResNets of any depth, twice as good as the article's in as many epochs.
  oneCycle: {
    ...ofProfile('article'),
    network: 'resnet18',
    augmentation: { shift: 4, edges: 'zeros', flip: 'random' },
    optimizer: { kind: 'sgd', lr: 0.4, momentum: 0.9, weightDecay: 5e-4, nesterov: true },
    labelSmoothing: 0.1,
    validation: 0.02,
    schedule: { kind: 'oneCycle', maxLr: 0.4 },
  },
} satisfies Record<string, Recipe>;

/** A recipe by its name, with parts of it replaced. */
export function recipeOf(name: string, changes: Partial<Recipe> = {}): Recipe {
  return { ...RECIPES[name as keyof typeof RECIPES], ...changes };
}
