/**
 * Learning rate: down when training no longer gets better.
 */
import { checkChoice, checkForm, checkNumber } from '../../checks';
import { ConfigError } from '../../errors';
import { checkOptimizer, type Optimizer } from '../optimizer/optimizer';
import { type Scheduler, showScheduler } from './scheduler';

/** What `ReduceLROnPlateau` takes; the names and defaults are PyTorch's. */
export interface ReduceLROnPlateauOptions {
  /** Whether a smaller (`min`) or a larger (`max`) metric is better. Default `min`. */
  mode?: 'min' | 'max';
  /** What the learning rate is multiplied by, below 1. Default 0.1. */
  factor?: number;
  /** Epochs without improvement that are let pass. Default 10. */
  patience?: number;
  /** How much better than the best counts as an improvement. Default 1e-4. */
  threshold?: number;
  /** Whether `threshold` is a share of the best metric (`rel`) or a difference (`abs`). Default `rel`. */
  thresholdMode?: 'rel' | 'abs';
  /** Epochs after a reduction in which none is counted as bad. Default 0. */
  cooldown?: number;
  /** The learning rate goes no lower. Default 0. */
  minLr?: number;
  /** A reduction of this or less isn't made. Default 1e-8. */
  eps?: number;
}

/** What of the scheduler changes as training goes on. */
export interface PlateauState {
  /** Null before the first epoch. */
  best: number | null;
  badEpochs: number;
  cooldownLeft: number;
}

/**
 * Multiplies the learning rate by `factor` when the metric hasn't improved for more than `patience` epochs; PyTorch's
 * `ReduceLROnPlateau`. In `train` the metric is the epoch's training loss, as in the article (section 5).
 *
 * @throws ConfigError for settings out of their range
 */
export class ReduceLROnPlateau implements Scheduler {
  readonly interval = 'epoch';
  /** What it was made with. */
  readonly settings: Readonly<Required<ReduceLROnPlateauOptions>>;
  private best: number;
  private badEpochs = 0;
  private cooldownLeft = 0;

  static {
    showScheduler(ReduceLROnPlateau.prototype);
  }

  constructor(
    readonly optimizer: Optimizer,
    options: ReduceLROnPlateauOptions = {},
  ) {
    checkOptimizer(optimizer);
    const {
      mode = 'min',
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = 'rel',
      cooldown = 0,
      minLr = 0,
      eps = 1e-8,
    } = checkForm('options', options, {}, 'Give for example { factor: 0.5, patience: 5 }.');
    checkChoice('mode', mode, ['min', 'max']);
    checkChoice('thresholdMode', thresholdMode, ['rel', 'abs']);
    if (!(factor >= 0 && factor < 1)) {
      throw new ConfigError(`factor is ${factor}.`, 'Give factor a number from 0 up to, but not, 1.');
    }
    checkNumber('patience', patience, 0);
    checkNumber('threshold', threshold, 0);
    checkNumber('cooldown', cooldown, 0);
    checkNumber('minLr', minLr, 0);
    checkNumber('eps', eps, 0);
    this.settings = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps };
    this.best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /**
   * To be called after each epoch.
   *
   * @param metric what is to improve; NaN is no improvement
   */
  step(metric: number): void {
    if (this.isBetter(metric)) {
      this.best = metric;
      this.badEpochs = 0;
    } else {
      this.badEpochs++;
    }
    if (this.cooldownLeft > 0) {
      this.cooldownLeft--;
      this.badEpochs = 0;
    }
    if (this.badEpochs > this.settings.patience) {
      this.reduce();
      this.cooldownLeft = this.settings.cooldown;
      this.badEpochs = 0;
    }
  }

  stateDict(): PlateauState {
    const { best, badEpochs, cooldownLeft } = this;
    // JSON knows no infinity.
    return { best: Number.isFinite(best) ? best : null, badEpochs, cooldownLeft };
  }

  loadStateDict({ best, badEpochs, cooldownLeft }: PlateauState): void {
    Object.assign(this, { best: best ?? this.best, badEpochs, cooldownLeft });
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.settings;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? metric < bar : metric > bar;
  }

  private reduce(): void {
    const { factor, minLr, eps } = this.settings;
    const lr = Math.max(this.optimizer.lr * factor, minLr);
    if (this.optimizer.lr - lr > eps) this.optimizer.lr = lr;
  }
}
