/**
 * Learning rate: down along half a cosine.
 */
import { checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { checkOptimizer, type Optimizer } from '../optimizer/optimizer';
import { firstRate, type Scheduler, showScheduler } from './scheduler';

/** What `CosineAnnealingLR` takes; the names are PyTorch's. */
export interface CosineAnnealingLROptions {
  /** Epochs from the first learning rate to the last; after as many again it is back at the first. */
  tMax: number;
  /** The last learning rate. Default 0. */
  etaMin?: number;
}

/**
 * Moves the learning rate from the optimizer's own to `etaMin` along a cosine; PyTorch's `CosineAnnealingLR`.
 *
 * @throws ConfigError for a tMax that is no positive integer, and for a negative etaMin
 * @see Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts", equation 5
 */
export class CosineAnnealingLR implements Scheduler {
  readonly interval = 'epoch';
  /** What it was made with, and the learning rate it began with. */
  readonly settings: Readonly<{ lr: number; tMax: number; etaMin: number }>;
  private epoch = 0;

  static {
    showScheduler(CosineAnnealingLR.prototype);
  }

  constructor(
    readonly optimizer: Optimizer,
    options: CosineAnnealingLROptions,
  ) {
    checkOptimizer(optimizer);
    const { tMax, etaMin = 0 } = checkForm(
      'options',
      options,
      { tMax: 'number' },
      'Give for example { tMax: epochs }.',
    );
    checkPositiveInteger('tMax', tMax);
    checkNumber('etaMin', etaMin, 0);
    this.settings = { lr: firstRate(optimizer), tMax, etaMin };
  }

  /** To be called after each epoch. */
  step(): void {
    this.epoch++;
    this.write();
  }

  stateDict(): { epoch: number } {
    return { epoch: this.epoch };
  }

  /** Takes over what `stateDict` gave, and sets the learning rate that this schedule has after so many epochs. */
  loadStateDict({ epoch }: { epoch: number }): void {
    this.epoch = epoch;
    this.write();
  }

  private write(): void {
    const { lr, tMax, etaMin } = this.settings;
    const cosine = Math.cos((Math.PI * this.epoch) / tMax);
    this.optimizer.lr = etaMin + ((lr - etaMin) * (1 + cosine)) / 2;
  }
}
