/**
 * One schedule after the other.
 */
import { checkForm, checkPositiveInteger, type Form } from '../../checks';
import { ConfigError } from '../../errors';
import { checkOptimizer, type Optimizer, type Setting } from '../optimizer/optimizer';
import { type Scheduler, showScheduler } from './scheduler';

/** What `SequentialLR` takes; the names are PyTorch's. */
export interface SequentialLROptions {
  /** In their order, all made with the same optimizer and of one `interval`. */
  schedulers: readonly Scheduler[];
  /** After how many steps each but the first takes over, increasing. */
  milestones: readonly number[];
}

/**
 * Steps one schedule after the other, for a warm-up and what comes after it; PyTorch's `SequentialLR`:
 *
 *     const warmUp = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 *     const decay = new CosineAnnealingLR(optimizer, { tMax: epochs - 5 });
 *     const scheduler = new SequentialLR(optimizer, { schedulers: [warmUp, decay], milestones: [5] });
 *
 * @throws ConfigError for schedulers of other optimizers or of different intervals, and for milestones that don't fit them
 */
export class SequentialLR implements Scheduler {
  readonly interval: 'epoch' | 'batch';
  /** What it was made with. */
  readonly settings: Readonly<Record<string, Setting>>;
  private readonly schedulers: readonly Scheduler[];
  private readonly milestones: readonly number[];
  private steps = 0;

  static {
    showScheduler(SequentialLR.prototype);
  }

  constructor(
    readonly optimizer: Optimizer,
    options: SequentialLROptions,
  ) {
    checkOptimizer(optimizer);
    const form: Form = { schedulers: [{ step: 'function' }], milestones: ['number'] };
    const { schedulers, milestones } = checkForm(
      'options',
      options,
      form,
      'Give for example { schedulers: [warmUp, decay], milestones: [5] }.',
    );
    for (const milestone of milestones) checkPositiveInteger('a milestone', milestone);
    const increases = milestones.every((milestone, i) => i === 0 || milestone > milestones[i - 1]);
    if (schedulers.length === 0 || milestones.length !== schedulers.length - 1 || !increases) {
      throw new ConfigError(
        `${schedulers.length} schedulers don't go with the milestones [${milestones.join(', ')}].`,
        'Give milestones that increase, one less than schedulers.',
      );
    }
    const { interval } = schedulers[0];
    if (schedulers.some((other) => other.optimizer !== optimizer || other.interval !== interval)) {
      throw new ConfigError(
        'The schedulers are of other optimizers, or stepped at different times.',
        'Make all with this optimizer and with one interval.',
      );
    }
    this.interval = interval;
    this.schedulers = schedulers;
    this.milestones = milestones;
    this.settings = {
      lr: null,
      milestones,
      ...Object.fromEntries(
        schedulers.flatMap((scheduler, i) => {
          const own = Object.entries(scheduler.settings ?? {});
          return own.map(([name, value]) => [`${scheduler.constructor.name} ${i}.${name}`, value]);
        }),
      ),
    };
    this.start(0);
  }

  /** To be called after each epoch, or each batch where `interval` says so. */
  step(metric: number): void {
    this.steps++;
    const current = this.milestones.filter((milestone) => milestone <= this.steps).length;
    if (this.milestones[current - 1] === this.steps) this.start(current);
    else this.schedulers[current].step(metric);
  }

  /** Has a schedule begin: it writes its first rate. */
  private start(i: number): void {
    this.schedulers[i].loadStateDict(this.schedulers[i].stateDict());
  }

  stateDict(): { steps: number; schedulers: object[] } {
    return { steps: this.steps, schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  /** Takes over what `stateDict` gave. */
  loadStateDict({ steps, schedulers }: { steps: number; schedulers: object[] }): void {
    this.steps = steps;
    const current = this.milestones.filter((milestone) => milestone <= steps).length;
    this.schedulers.forEach((scheduler, i) => {
      if (i !== current) scheduler.loadStateDict(schedulers[i]);
    });
    // The rate is that of the one that is loaded last.
    this.schedulers[current].loadStateDict(schedulers[current]);
  }
}
