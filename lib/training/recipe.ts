/**
 * Training runs as data: a network, how its images are changed, and what takes the steps. A recipe can be read from a JSON file.
 */
import { checkChoice, checkForm, checkNumber, checkPositiveInteger, type Form } from '../checks';
import { DataLoader } from '../data/dataLoader';
import type { TrainAndTest } from '../data/dataset';
import { checkSeed } from '../data/random';
import { cutout } from '../data/transforms/erasing';
import { alternatingFlip, randomCrop, randomFlip } from '../data/transforms/geometry';
import { PRECISIONS, type Precision } from '../engine/runtime/session';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ConfigError, DataError, quotable } from '../errors';
import {
  type ResNetMaker,
  resnet10,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
} from '../models/resNet';
import { resnet8 } from '../models/resNet8';
import { whitenFirstLayer } from '../models/whitening';
import { airbenchMuon } from './optimizer/airbench';
import { Muon } from './optimizer/muon';
import type { Optimizer } from './optimizer/optimizer';
import { SGD } from './optimizer/sgd';
import { LinearLR } from './schedule/factorSchedules';
import { OneCycleLR } from './schedule/oneCycleLR';
import { ReduceLROnPlateau } from './schedule/reduceLROnPlateau';
import type { Scheduler } from './schedule/scheduler';
import { type Criterion, crossEntropy } from './step/crossEntropy';

/** What makes a network of a recipe, by its name. */
export const NETWORKS = { resnet8, resnet10, resnet18, resnet34, resnet50, resnet101, resnet152 };

/** How the learning rate changes, with the options of the scheduler of that name. */
export type RecipeSchedule =
  /** From the first learning rate to 0 in a straight line, step by step. */
  | { readonly kind: 'linear' }
  | { readonly kind: 'oneCycle'; readonly maxLr: number }
  | {
      readonly kind: 'reduceLROnPlateau';
      readonly factor: number;
      /** Epochs without a lower training loss that are waited for. */
      readonly patience: number;
      readonly minLr: number;
    };

/** What takes the steps, with the options of the optimizer of that name. */
export type RecipeOptimizer =
  | {
      readonly kind: 'sgd';
      /** The learning rate to begin with. */
      readonly lr: number;
      readonly momentum: number;
      readonly weightDecay: number;
      readonly nesterov: boolean;
    }
  /** For `resnet8`. */
  | {
      readonly kind: 'airbenchMuon';
      /** The learning rate of the filters to begin with. */
      readonly lr: number;
    }
  /** Muon for the filters, gradient descent for what isn't one. */
  | { readonly kind: 'muon'; readonly lr: number; readonly restLr: number; readonly weightDecay: number };

/** How training images are changed at random. */
export interface RecipeAugmentation {
  /** Pixels that an image is moved by at most, up, down, left and right. */
  readonly shift: number;
  /** What moves in at the edges. */
  readonly edges: 'zeros' | 'reflect';
  /** Whether an image is mirrored: by chance each time, or in every second epoch. */
  readonly flip: 'random' | 'alternating';
  /** The side of a square that is blanked out. Default: none is. */
  readonly cutout?: number;
}

/** What a training run is made of. */
export interface Recipe {
  readonly network: keyof typeof NETWORKS;
  /** Channels of the first stage. */
  readonly width: number;
  /** Of `resnet8`: the channels of its three blocks, instead of what the width says. */
  readonly channels?: readonly [number, number, number];
  readonly epochs: number;
  /** Images in a training step. */
  readonly batchSize: number;
  readonly augmentation: RecipeAugmentation;
  /** The share of the training images that is kept apart to test on after each epoch; 0 tests on the test set, as the article does. */
  readonly validation: number;
  readonly optimizer: RecipeOptimizer;
  readonly labelSmoothing: number;
  readonly schedule: RecipeSchedule;
  /** What convolutions and products are computed in. Default `float32`. */
  readonly precision?: Precision;
}

const KINDS: Record<string, Record<string, Form>> = {
  optimizer: {
    sgd: { lr: 'number', momentum: 'number', weightDecay: 'number', nesterov: 'boolean' },
    airbenchMuon: { lr: 'number' },
    muon: { lr: 'number', restLr: 'number', weightDecay: 'number' },
  },
  schedule: {
    linear: {},
    oneCycle: { maxLr: 'number' },
    reduceLROnPlateau: { factor: 'number', patience: 'number', minLr: 'number' },
  },
};

const FORM: Form = {
  network: 'string',
  augmentation: { shift: 'number', edges: 'string', flip: 'string', 'cutout?': 'number' },
  optimizer: { kind: 'string' },
  schedule: { kind: 'string' },
  'precision?': 'string',
};

/**
 * Checks what was read from a file or written by hand.
 *
 * @throws ConfigError where it is no recipe
 */
export function checkRecipe(recipe: Recipe): Recipe {
  checkForm('recipe', recipe, FORM, 'Take the recipe of profile() and change it.');
  checkChoice('network', recipe.network, Object.keys(NETWORKS));
  for (const name of ['width', 'epochs', 'batchSize'] as const) checkPositiveInteger(name, recipe[name]);
  checkNumber('validation', recipe.validation, 0, 0.99);
  checkNumber('labelSmoothing', recipe.labelSmoothing, 0, 1);
  checkChoice('augmentation.edges', recipe.augmentation.edges, ['zeros', 'reflect']);
  checkChoice('augmentation.flip', recipe.augmentation.flip, ['random', 'alternating']);
  if (recipe.precision !== undefined) checkChoice('precision', recipe.precision, PRECISIONS);
  for (const [name, forms] of Object.entries(KINDS)) {
    const part = recipe[name as 'optimizer' | 'schedule'];
    checkChoice(`${name}.kind`, part.kind, Object.keys(forms));
    const form = forms[part.kind];
    checkForm(name, part, form, `Give { kind: '${part.kind}', ${Object.keys(form).join(', ')} }.`);
  }
  if (recipe.optimizer.kind === 'airbenchMuon' && recipe.network !== 'resnet8') {
    throw new ConfigError(
      `The optimizer airbenchMuon is for resnet8, not for ${quotable(recipe.network)}.`,
      "Give { kind: 'muon', lr: 0.1, restLr: 0.1, weightDecay: 5e-4 }, or 'sgd'.",
    );
  }
  return recipe;
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
  epochs: number;
  precision?: Precision;
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

/**
 * Makes all that `train` takes of a recipe, for some data: `const { net, trainLoader, heldOutLoader, testLoader, ...options }`. The network
 * gets the classes and the size of the images.
 *
 * @param seed of the network's first weights and of the order of the images
 * @throws ConfigError where it is no recipe, DataError where there are no data
 */
export function prepareRun(recipe: Recipe, data: TrainAndTest, seed = 0): PreparedRun {
  const { network, width, channels, batchSize, augmentation, validation, labelSmoothing, epochs, precision } =
    checkRecipe(recipe);
  const images: Form = { split: 'function', images: 'numbers', classNames: ['string'] };
  checkForm('data', data, { train: images, test: images }, 'Give what loadCifar10() returns.', DataError);
  checkSeed(seed);
  const [trainSet, heldOut] = validation > 0 ? data.train.split(1 - validation, 0) : [data.train, data.test];
  const { shift, edges, flip, cutout: side } = augmentation;
  const trainLoader = new DataLoader(trainSet, {
    batchSize,
    shuffle: true,
    seed,
    dropLast: network === 'resnet8',
    transforms: [
      randomCrop(shift, { mode: edges }),
      flip === 'alternating' ? alternatingFlip() : randomFlip(),
      ...(side ? [cutout(side)] : []),
    ],
  });
  const { imageShape, classNames } = trainSet;
  const options = { width, seed, numClasses: classNames.length, imageShape };
  const make: ResNetMaker = NETWORKS[network];
  const net = network === 'resnet8' ? resnet8({ ...options, channels }) : make(options);
  if (network === 'resnet8') whitenFirstLayer(net, trainSet);
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
    epochs,
    precision,
  };
}
