/**
 * Learning rates that are the first one times a factor of how often they were stepped.
 */
import { checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { checkOptimizer, type Optimizer, type Setting } from '../optimizer/optimizer';
import { firstRate, type Scheduler, showScheduler, writeFirstRate } from './scheduler';

/** When a schedule is stepped. */
export interface IntervalOption {
  /** After each epoch or after each step, of which an epoch has one for each batch. Default `epoch`. */
  interval?: 'epoch' | 'batch';
}

/** What is common to the schedules below. */
abstract class FactorSchedule implements Scheduler {
  readonly interval: 'epoch' | 'batch';
  /** What it was made with, and the learning rate it began with. */
  readonly settings: Readonly<Record<string, Setting>>;
  private readonly lr: number;
  private steps = 0;

  static {
    showScheduler(FactorSchedule.prototype);
  }

  constructor(
    readonly optimizer: Optimizer,
    settings: Readonly<Record<string, Setting>>,
    interval: 'epoch' | 'batch' = 'epoch',
  ) {
    checkOptimizer(optimizer);
    this.lr = firstRate(optimizer);
    this.settings = { lr: this.lr, ...settings };
    this.interval = interval;
  }

  /** What the first learning rate is multiplied by after so many steps. */
  protected abstract factor(steps: number): number;

  /** To be called after each epoch, or each batch where `interval` says so. */
  step(): void {
    this.steps++;
    this.optimizer.lr = this.lr * this.factor(this.steps);
  }

  stateDict(): { steps: number } {
    return { steps: this.steps };
  }

  /** Takes over what `stateDict` gave, and sets the learning rate that this schedule has after so many steps. */
  loadStateDict({ steps }: { steps: number }): void {
    this.steps = steps;
    this.optimizer.lr = this.lr * this.factor(steps);
  }

  /** Writes the rate of the first step, for a schedule that doesn't begin with the optimizer's own. */
  protected begin(): void {
    writeFirstRate(this.optimizer, this.lr * this.factor(0));
  }
}

/** What `StepLR` takes; the names are PyTorch's. */
export interface StepLROptions {
  /** Epochs between two falls. */
  stepSize: number;
  /** What the learning rate is multiplied by. Default 0.1. */
  gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` every `stepSize` epochs; PyTorch's `StepLR`.
 *
 * @throws ConfigError for a stepSize that is no positive integer, and for a negative gamma
 */
export class StepLR extends FactorSchedule {
  private readonly options: Required<StepLROptions>;

  constructor(optimizer: Optimizer, options: StepLROptions) {
    const form = { stepSize: 'number' } as const;
    const { stepSize, gamma = 0.1 } = checkForm(
      'options',
      options,
      form,
      'Give for example { stepSize: 30 }.',
    );
    checkPositiveInteger('stepSize', stepSize);
    checkNumber('gamma', gamma, 0);
    super(optimizer, { stepSize, gamma });
    this.options = { stepSize, gamma };
  }

  protected override factor(epochs: number): number {
    return this.options.gamma ** Math.floor(epochs / this.options.stepSize);
  }
}

/** What `ExponentialLR` takes; the names are PyTorch's. */
export interface ExponentialLROptions extends IntervalOption {
  /** What the learning rate is multiplied by each time. */
  gamma: number;
}

/**
 * Multiplies the learning rate by `gamma` after each epoch; PyTorch's `ExponentialLR`.
 *
 * @throws ConfigError for a negative gamma
 */
export class ExponentialLR extends FactorSchedule {
  private readonly gamma: number;

  constructor(optimizer: Optimizer, options: ExponentialLROptions) {
    const { gamma, interval } = checkForm(
      'options',
      options,
      { gamma: 'number' },
      'Give for example { gamma: 0.95 }.',
    );
    checkNumber('gamma', gamma, 0);
    super(optimizer, { gamma }, interval);
    this.gamma = gamma;
  }

  protected override factor(steps: number): number {
    return this.gamma ** steps;
  }
}

/** What `LinearLR` takes; the names and defaults are PyTorch's. */
export interface LinearLROptions extends IntervalOption {
  /** The first factor. Default 1/3. */
  startFactor?: number;
  /** The last factor. Default 1. */
  endFactor?: number;
  /** Steps from the first to the last. Default 5. */
  totalIters?: number;
}

/**
 * Moves the learning rate from a factor to another one along a line, for a warm-up; PyTorch's `LinearLR`. It replaces the optimizer's
 * learning rate from the start.
 *
 * @throws ConfigError for a factor outside of 0..1, and for a totalIters that is no positive integer
 */
export class LinearLR extends FactorSchedule {
  private readonly options: Required<Omit<LinearLROptions, 'interval'>>;

  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    const {
      startFactor = 1 / 3,
      endFactor = 1,
      totalIters = 5,
      interval,
    } = checkForm('options', options, {}, 'Give for example { startFactor: 0.1, totalIters: 5 }.');
    checkNumber('startFactor', startFactor, 0, 1);
    checkNumber('endFactor', endFactor, 0, 1);
    checkPositiveInteger('totalIters', totalIters);
    super(optimizer, { startFactor, endFactor, totalIters }, interval);
    this.options = { startFactor, endFactor, totalIters };
    this.begin();
  }

  protected override factor(steps: number): number {
    const { startFactor, endFactor, totalIters } = this.options;
    return startFactor + ((endFactor - startFactor) * Math.min(steps, totalIters)) / totalIters;
  }
}

/** What `LambdaLR` takes; the name is PyTorch's. */
export interface LambdaLROptions extends IntervalOption {
  /** What the first learning rate is multiplied by after so many steps. */
  lrLambda: (steps: number) => number;
}

/** Multiplies the first learning rate by a function of how often it was stepped; PyTorch's `LambdaLR`. */
export class LambdaLR extends FactorSchedule {
  private readonly lrLambda: (steps: number) => number;

  constructor(optimizer: Optimizer, options: LambdaLROptions) {
    const { lrLambda, interval } = checkForm(
      'options',
      options,
      { lrLambda: 'function' },
      'Give for example { lrLambda: (epoch) => 0.95 ** epoch }.',
    );
    super(optimizer, { lrLambda: null }, interval);
    this.lrLambda = lrLambda;
    this.begin();
  }

  protected override factor(steps: number): number {
    return this.lrLambda(steps);
  }
}

/** What `CosineAnnealingWarmRestarts` takes; the names are PyTorch's. */
export interface CosineAnnealingWarmRestartsOptions extends IntervalOption {
  /** Steps of the first cosine. */
  t0: number;
  /** What each cosine's steps are multiplied by for the next one. Default 1. */
  tMult?: number;
  /** The last learning rate of each. Default 0. */
  etaMin?: number;
}

/**
 * Moves the learning rate to `etaMin` along half a cosine, and starts again; PyTorch's `CosineAnnealingWarmRestarts`.
 *
 * @throws ConfigError for a t0 or tMult that is no positive integer, and for a negative etaMin
 * @see Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts"
 */
export class CosineAnnealingWarmRestarts extends FactorSchedule {
  private readonly options: Required<Omit<CosineAnnealingWarmRestartsOptions, 'interval'>>;

  constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions) {
    const {
      t0,
      tMult = 1,
      etaMin = 0,
      interval,
    } = checkForm('options', options, { t0: 'number' }, 'Give for example { t0: 10, tMult: 2 }.');
    checkPositiveInteger('t0', t0);
    checkPositiveInteger('tMult', tMult);
    checkNumber('etaMin', etaMin, 0);
    super(optimizer, { t0, tMult, etaMin }, interval);
    this.options = { t0, tMult, etaMin };
  }

  protected override factor(steps: number): number {
    const { t0, tMult, etaMin } = this.options;
    let [length, since] = [t0, steps];
    while (since >= length) {
      since -= length;
      length *= tMult;
    }
    const lowest = etaMin / Number(this.settings.lr);
    return lowest + ((1 - lowest) * (1 + Math.cos((Math.PI * since) / length))) / 2;
  }
}
