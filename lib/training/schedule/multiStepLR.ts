/**
 * Learning rate: down by a factor at given epochs.
 */
import { checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { ConfigError } from '../../errors';
import { checkOptimizer, type Optimizer } from '../optimizer/optimizer';
import { firstRate, type Scheduler, showScheduler } from './scheduler';

/** What `MultiStepLR` takes; the names are PyTorch's. */
export interface MultiStepLROptions {
  /** After how many epochs the learning rate falls, increasing: `[75, 150]`. */
  milestones: readonly number[];
  /** What it is multiplied by. Default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` once the number of epochs reaches one of the milestones; PyTorch's `MultiStepLR`.
 *
 * @throws ConfigError for milestones that don't increase, and for a negative gamma
 */
export class MultiStepLR implements Scheduler {
  readonly interval = 'epoch';
  /** What it was made with, and the learning rate it began with. */
  readonly settings: Readonly<{ lr: number; milestones: readonly number[]; gamma: number }>;
  private epoch = 0;

  static {
    showScheduler(MultiStepLR.prototype);
  }

  constructor(
    readonly optimizer: Optimizer,
    options: MultiStepLROptions,
  ) {
    checkOptimizer(optimizer);
    const { milestones, gamma = 0.1 } = checkForm(
      'options',
      options,
      { milestones: ['number'] },
      'Give for example { milestones: [75, 150] }.',
    );
    for (const milestone of milestones) checkPositiveInteger('a milestone', milestone);
    if (milestones.some((milestone, i) => i > 0 && milestone <= milestones[i - 1])) {
      throw new ConfigError(
        `milestones is [${milestones.join(', ')}].`,
        'Give epochs that increase: [75, 150].',
      );
    }
    checkNumber('gamma', gamma, 0);
    this.settings = { lr: firstRate(optimizer), milestones: [...milestones], gamma };
  }

  /** To be called after each epoch. */
  step(): void {
    this.epoch++;
    const { milestones, gamma } = this.settings;
    if (milestones.includes(this.epoch)) this.optimizer.lr *= gamma;
  }

  stateDict(): { epoch: number } {
    return { epoch: this.epoch };
  }

  /** Takes over what `stateDict` gave, and sets the learning rate that this schedule has after so many epochs. */
  loadStateDict({ epoch }: { epoch: number }): void {
    this.epoch = epoch;
    const { lr, milestones, gamma } = this.settings;
    const passed = milestones.filter((milestone) => milestone <= epoch);
    this.optimizer.lr = passed.reduce((rate) => rate * gamma, lr);
  }
}
