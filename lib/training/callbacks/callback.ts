/**
 * What takes part in a training run without being the loop: stops it, saves it, logs it.
 */
import { checkForm, type Form } from '../../checks';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import type { BatchEvent } from '../events';
import type { EpochRecord } from '../history';
import type { Optimizer } from '../optimizer/optimizer';

/** A training run, as a callback sees it. */
export interface TrainRun {
  readonly net: TensorFlow.LayersModel;
  readonly optimizer: Optimizer;
  /** How many epochs were asked for. */
  readonly epochs: number;
  /** Of all epochs that are behind it. */
  readonly records: readonly EpochRecord[];
  /** Shows a line. */
  message(text: string): void;
  /** Ends the run after the epoch under way. The reason is shown as a line. */
  stop(reason: string): void;
}

/** Takes part in a training run. All functions may be left out; those that return a promise are waited for. */
export interface Callback {
  /** Of its own among the run's callbacks: what it has come to is kept in checkpoints by it. */
  readonly name: string;
  /** Is called before the first step, and where a run goes on. */
  begin?(run: TrainRun): void | Promise<void>;
  /** Is called after each batch. It should return soon. */
  batch?(event: BatchEvent, run: TrainRun): void;
  /** Is called after each epoch and its test, while the network is the one that was tested. `run.records` ends with the record. */
  epoch?(record: EpochRecord, run: TrainRun): void | Promise<void>;
  /** Is called after the last epoch, or the one after which the run was stopped; not where a signal or an error ended it. */
  end?(run: TrainRun): void | Promise<void>;
  /** What changes as training goes on: plain values, and arrays of float32. */
  stateDict?(): CallbackState;
  /** Takes over what `stateDict` gave, before `begin`. */
  loadStateDict?(state: CallbackState): void;
}

/** What a callback has come to. */
export interface CallbackState {
  /** Plain values, for JSON. */
  values: Record<string, unknown>;
  /** Weights or the like. */
  arrays?: readonly Float32Array[];
}

/** What of an epoch's record a callback may go by. */
export type Monitor = 'trainLoss' | 'trainAccuracy' | 'testLoss' | 'testAccuracy';

const MONITORS: readonly Monitor[] = ['trainLoss', 'trainAccuracy', 'testLoss', 'testAccuracy'];

/** @throws ConfigError for the name of nothing that a record has */
export function checkMonitor(monitor: string): asserts monitor is Monitor {
  if ((MONITORS as readonly string[]).includes(monitor)) return;
  throw new ConfigError(`There is no '${monitor}' to monitor.`, `Give one of: ${MONITORS.join(', ')}.`);
}

/** Whether a value of what is monitored is better than another one. */
export function isBetter(monitor: Monitor, value: number, than: number, minDelta = 0): boolean {
  return monitor.endsWith('Loss') ? value < than - minDelta : value > than + minDelta;
}

/** What every value is better than. */
export function worst(monitor: Monitor): number {
  return monitor.endsWith('Loss') ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

const FUNCTIONS: Form = {
  name: 'string',
  'begin?': 'function',
  'batch?': 'function',
  'epoch?': 'function',
  'end?': 'function',
  'stateDict?': 'function',
  'loadStateDict?': 'function',
};

/** @throws ConfigError for what are no callbacks, and for two of one name */
export function checkCallbacks(callbacks: readonly Callback[]): void {
  checkForm(
    'callbacks',
    callbacks,
    [FUNCTIONS],
    "Give for example [earlyStopping({ monitor: 'testLoss' })].",
  );
  const names = callbacks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new ConfigError(
    `Two callbacks are named '${twice}'.`,
    'Give each a name of its own: { ...callback, name: "another" }.',
  );
}
