/**
 * How much work the notebooks do: one setting for all of them.
 */
import { type Device, device } from '../engine/runtime/device';
import { ConfigError, quotable } from '../errors';
import type { Recipe } from '../training/recipe';

/** The settings of a training run. */
export interface Profile extends Recipe {
  readonly name: ProfileName;
  /** Train on the 400 images that come with the library, instead of CIFAR-10's 50,000. */
  readonly sample: boolean;
}

/** What the environment variable PROFILE may be. */
export type ProfileName = 'quick' | 'article' | 'smoke';

const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  // What two CPU cores do in minutes: a network and a recipe made for few epochs.
  quick: {
    name: 'quick',
    network: 'resnet8',
    width: 32,
    epochs: 7,
    batchSize: 1000,
    sample: false,
    augmentation: { shift: 2, edges: 'reflect', flip: 'alternating' },
    validation: 0.1,
    optimizer: { kind: 'airbenchMuon', lr: 0.24 },
    labelSmoothing: 0.1,
    schedule: { kind: 'linear' },
  },
  // The article's sections 5 and 6.
  article: {
    name: 'article',
    network: 'resnet34',
    width: 64,
    epochs: 20,
    batchSize: 128,
    sample: false,
    augmentation: { shift: 4, edges: 'zeros', flip: 'random' },
    validation: 0,
    optimizer: { kind: 'sgd', lr: 0.1, momentum: 0.9, weightDecay: 5e-4, nesterov: false },
    labelSmoothing: 0,
    schedule: { kind: 'reduceLROnPlateau', factor: 0.5, patience: 5, minLr: 1e-6 },
  },
  // A few steps, to see that everything runs.
  smoke: {
    name: 'smoke',
    network: 'resnet8',
    width: 4,
    epochs: 1,
    batchSize: 32,
    sample: true,
    augmentation: { shift: 2, edges: 'reflect', flip: 'alternating' },
    validation: 0.1,
    optimizer: { kind: 'airbenchMuon', lr: 0.24 },
    labelSmoothing: 0.1,
    schedule: { kind: 'linear' },
  },
};

/**
 * The settings that the environment variable PROFILE names. Without it: `article` where there is a GPU, else `quick`.
 *
 * @throws ConfigError when PROFILE names no profile.
 */
export function profile(name: string = process.env.PROFILE || defaultProfile(device())): Profile {
  if (typeof name !== 'string' || !Object.hasOwn(PROFILES, name)) {
    throw new ConfigError(
      `There is no profile named "${quotable(name)}".`,
      `Set PROFILE to one of ${Object.keys(PROFILES).join(', ')}, or leave it unset.`,
    );
  }
  return PROFILES[name as ProfileName];
}

/** What a device can do in reasonable time. */
export function defaultProfile({ kind }: Pick<Device, 'kind'>): ProfileName {
  return kind === 'gpu' ? 'article' : 'quick';
}
