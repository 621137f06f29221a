/**
 * Learning rate: up to a peak and down to almost nothing, in one run; the momentum the other way.
 */
import { checkChoice, checkForm, checkNumber, checkPositive, checkPositiveInteger } from '../../checks';
import { ConfigError } from '../../errors';
import { checkOptimizer, type Optimizer } from '../optimizer/optimizer';
import { type Scheduler, showScheduler } from './scheduler';

/** What `OneCycleLR` takes; the names and defaults are PyTorch's. */
export interface OneCycleLROptions {
  /** The peak. */
  maxLr: number;
  /** Batches of the whole run: epochs times the loader's length. */
  totalSteps: number;
  /** Share of the run that goes up. Default 0.3. */
  pctStart?: number;
  /** Along half a cosine or a line. Default `cos`. */
  annealStrategy?: 'cos' | 'linear';
  /** Whether the momentum moves too, down while the learning rate goes up. Default true. */
  cycleMomentum?: boolean;
  /** The momentum at the peak. Default 0.85. */
  baseMomentum?: number;
  /** The momentum at both ends. Default 0.95. */
  maxMomentum?: number;
  /** The peak over the first learning rate. Default 25. */
  divFactor?: number;
  /** The first learning rate over the last. Default 1e4. */
  finalDivFactor?: number;
}

/** A stretch of the run, between two steps. */
interface Phase {
  start: number;
  end: number;
  lr: readonly [from: number, to: number];
  momentum: readonly [from: number, to: number];
}

/**
 * The one-cycle policy, stepped after each batch; PyTorch's `OneCycleLR`. It replaces the optimizer's learning rate, and
 * its momentum unless `cycleMomentum` is false, from the start.
 *
 * @throws ConfigError for settings out of their range, and for a step past the end of the run
 * @see Smith and Topin 2018, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates"
 */
export class OneCycleLR implements Scheduler {
  readonly interval = 'batch';
  /** What it was made with. */
  readonly settings: Readonly<Required<OneCycleLROptions>> & { lr: null; momentum?: null };
  private readonly phases: readonly [up: Phase, down: Phase];
  private stepsDone = 0;

  static {
    showScheduler(OneCycleLR.prototype);
  }

  constructor(
    readonly optimizer: Optimizer,
    options: OneCycleLROptions,
  ) {
    checkOptimizer(optimizer);
    const {
      maxLr,
      totalSteps,
      pctStart = 0.3,
      annealStrategy = 'cos',
      cycleMomentum = true,
      baseMomentum = 0.85,
      maxMomentum = 0.95,
      divFactor = 25,
      finalDivFactor = 1e4,
    } = checkForm(
      'options',
      options,
      { maxLr: 'number', totalSteps: 'number' },
      'Give for example { maxLr: 0.1, totalSteps: epochs * trainLoader.length }.',
    );
    checkPositive('maxLr', maxLr);
    checkPositiveInteger('totalSteps', totalSteps);
    checkNumber('pctStart', pctStart, 0, 1);
    checkChoice('annealStrategy', annealStrategy, ['cos', 'linear']);
    checkNumber('baseMomentum', baseMomentum, 0);
    checkNumber('maxMomentum', maxMomentum, 0);
    checkPositive('divFactor', divFactor);
    checkPositive('finalDivFactor', finalDivFactor);
    this.settings = {
      lr: null,
      ...(cycleMomentum && { momentum: null }),
      maxLr,
      totalSteps,
      pctStart,
      annealStrategy,
      cycleMomentum,
      baseMomentum,
      maxMomentum,
      divFactor,
      finalDivFactor,
    };
    const firstLr = maxLr / divFactor;
    const peak = pctStart * totalSteps - 1;
    this.phases = [
      { start: 0, end: peak, lr: [firstLr, maxLr], momentum: [maxMomentum, baseMomentum] },
      {
        start: peak,
        end: totalSteps - 1,
        lr: [maxLr, firstLr / finalDivFactor],
        momentum: [baseMomentum, maxMomentum],
      },
    ];
    this.write();
  }

  get stepsLeft(): number {
    return this.settings.totalSteps - this.stepsDone;
  }

  /** To be called after each batch. */
  step(): void {
    if (this.stepsLeft === 0) {
      throw new ConfigError(
        `OneCycleLR was made for ${this.settings.totalSteps} steps, and all are taken.`,
        'Make it with totalSteps: epochs * trainLoader.length.',
      );
    }
    this.stepsDone++;
    this.write();
  }

  stateDict(): { stepsDone: number } {
    return { stepsDone: this.stepsDone };
  }

  loadStateDict({ stepsDone }: { stepsDone: number }): void {
    this.stepsDone = stepsDone;
    this.write();
  }

  private write(): void {
    const { start, end, lr, momentum } = this.phases[this.stepsDone <= this.phases[0].end ? 0 : 1];
    // A stretch of no length, as in a run of a few steps, is at its end, and so is the time after the last step.
    const share = end === start ? 1 : Math.min((this.stepsDone - start) / (end - start), 1);
    this.optimizer.lr = this.between(lr, share);
    if (this.settings.cycleMomentum) this.optimizer.momentum = this.between(momentum, share);
  }

  private between([from, to]: readonly [number, number], share: number): number {
    if (this.settings.annealStrategy === 'linear') return from + (to - from) * share;
    return to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
  }
}
