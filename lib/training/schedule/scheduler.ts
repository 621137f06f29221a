/**
 * What `train` asks of a learning-rate schedule.
 */
import { inspect } from 'node:util';
import { showAs } from '../../showAs';
import type { Optimizer, Setting } from '../optimizer/optimizer';

/** A learning-rate schedule: it writes `optimizer.lr` (one of them `optimizer.momentum` too) for the steps to come. */
export interface Scheduler {
  readonly optimizer: Optimizer;
  /** When `step` is to be called: after each epoch or after each batch. */
  readonly interval: 'epoch' | 'batch';
  /** How many more times `step` may be called, where that has an end. */
  readonly stepsLeft?: number;
  /**
   * What it was made with, for `resume` to tell what differs. Where the schedule decides the optimizer's rate or momentum by its own
   * settings, they have an `lr` or `momentum` too: the one it began with, or null.
   */
  readonly settings?: Readonly<Record<string, Setting>>;
  /** @param metric the training loss so far; only `ReduceLROnPlateau` looks at it */
  step(metric: number): void;
  /** What changes as training goes on, as plain numbers. */
  stateDict(): object;
  /** Takes over what `stateDict` of a scheduler of the same class gave. */
  loadStateDict(state: object): void;
}

/** Has the schedulers of a class printed as what they have come to. */
export function showScheduler(prototype: Scheduler): void {
  showAs(prototype, {
    full: (scheduler) => {
      const { optimizer, interval } = scheduler;
      const state = inspect(scheduler.stateDict(), { breakLength: Number.POSITIVE_INFINITY });
      return `${scheduler.constructor.name}: learning rate ${Number(optimizer.lr.toPrecision(4))}, stepped after each ${interval}, ${state}`;
    },
  });
}

/** The rate that an optimizer had before a schedule wrote its own first one, by the rate that was written. */
const written = new WeakMap<Optimizer, { before: number; now: number }>();

/** The learning rate that a schedule begins with: the optimizer's own, also where another schedule of it has written its first one. */
export function firstRate(optimizer: Optimizer): number {
  const known = written.get(optimizer);
  return known?.now === optimizer.lr ? known.before : optimizer.lr;
}

/** Writes a schedule's first rate. */
export function writeFirstRate(optimizer: Optimizer, now: number): void {
  written.set(optimizer, { before: firstRate(optimizer), now });
  optimizer.lr = now;
}
