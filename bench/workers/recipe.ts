/** The recipes of the runs that are measured, and of the networks that ship. */
import { profile } from '../../lib/notebook/profile';
import type { Recipe } from '../../lib/training/recipe';

function ofProfile(name: 'quick' | 'article'): Recipe {
  const { name: _, sample, ...recipe } = profile(name);
  return recipe;
}

/** The recipes that runs are asked for by. */
export const RECIPES = {
  quick: { ...ofProfile('quick'), precision: 'fast' },
  article: ofProfile('article'),
  // Notebook 13's.
  ninetyFour: {
    ...ofProfile('quick'),
    channels: [64, 256, 256],
    epochs: 10,
    optimizer: { kind: 'airbenchMuon', lr: 0.2 },
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
