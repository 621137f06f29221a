/**
 * What a run was asked for, as plain values in its checkpoints: `resume` uses the settings of now, and tells which were others.
 */
import { createHash } from 'node:crypto';
import type { DataLoader } from '../../data/dataLoader';
import type { Dataset } from '../../data/dataset';
import type { CompileOptions } from '../../engine/compile';
import type { AveragingOptions } from '../optimizer/averaging';
import type { ClippingOptions } from '../optimizer/clipping';
import type { Optimizer, OptimizerState, Setting } from '../optimizer/optimizer';
import type { Scheduler } from '../schedule/scheduler';
import { type Criterion, labelSmoothingOf } from '../step/crossEntropy';

/** Settings by their names in code: `trainLoader.batchSize`. Null is one that can't be compared. */
export type RunSettings = Readonly<Record<string, Setting>>;

/** A setting that isn't what it was in the checkpoint. */
export interface Change {
  name: string;
  before: unknown;
  now: Setting;
}

/** What the settings are taken from. */
export interface Asked extends Pick<CompileOptions, 'precision'>, ClippingOptions, AveragingOptions {
  epochs: number;
  optimizer: Optimizer;
  scheduler?: Scheduler;
  criterion: Criterion;
  devices?: readonly string[];
  accumulate?: number;
  trainLoader: DataLoader;
  testLoader: DataLoader;
}

/** Settings that say which images are in the batches that an epoch still has, and which batches in its steps. */
export const ORDER = [
  ...['images', 'data', 'batchSize', 'shuffle', 'seed'].map((name) => `trainLoader.${name}`),
  'accumulate',
];

/** The rates that a schedule may own. */
const RATES = ['lr', 'momentum'] as const;

/** Settings that aren't told: the first by `data` or `images`, the other by what it follows from. */
const UNTOLD = ['trainLoader.data', 'testLoader.data', 'trainLoader.length'];

/** The settings of a run that begins. */
export function settingsOf(asked: Asked): RunSettings {
  const { epochs, optimizer, scheduler, criterion, precision, devices, trainLoader, testLoader } = asked;
  const labelSmoothing = labelSmoothingOf(criterion);
  const { batchSize, shuffle, seed, transforms, dropLast } = trainLoader.settings;
  return {
    epochs,
    ...optimizer.settings,
    ...(scheduler && (scheduler.settings ?? { lr: null, momentum: null })),
    criterion:
      labelSmoothing === undefined
        ? 'a function of your own'
        : `crossEntropy({ labelSmoothing: ${labelSmoothing} })`,
    precision: precision ?? 'the default',
    devices: devices?.join(', ') || 'one',
    accumulate: asked.accumulate ?? 1,
    clipNorm: asked.clipNorm ?? 'none',
    clipValue: asked.clipValue ?? 'none',
    ema: asked.ema ?? 'none',
    swaStart: asked.swaStart ?? 'none',
    ...named('trainLoader', {
      ...imagesOf(trainLoader.dataset),
      batchSize,
      shuffle,
      seed,
      transforms: transforms.join(', ') || 'none',
      dropLast,
      length: trainLoader.length,
    }),
    ...named('testLoader', {
      ...imagesOf(testLoader.dataset),
      transforms: testLoader.settings.transforms.join(', ') || 'none',
    }),
  };
}

const named = (owner: string, settings: RunSettings): RunSettings =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${owner}.${name}`, value]));

/** How many images there are, and a hash of them and their labels. */
function imagesOf({ length, images, labels }: Dataset): RunSettings {
  return { images: length, data: createHash('sha256').update(labels).update(images).digest('hex') };
}

/**
 * Finds the settings that were others when a checkpoint was saved.
 *
 * @param before as it was read, whatever it is; undefined in checkpoints of earlier versions
 * @param now what the run is asked for
 * @param saved the rates in the checkpoint: an optimizer that is used again holds these, not the first ones
 * @param scheduled whether there is a schedule
 */
export function changesOf(
  before: unknown,
  now: RunSettings,
  saved: OptimizerState,
  scheduled: boolean,
): Change[] {
  const old: Record<string, unknown> =
    before === undefined ? { momentum: saved.momentum, ...(!scheduled && { lr: saved.lr }) } : Object(before);
  return Object.entries(now).flatMap(([name, value]) => {
    const isKnown = value !== null && old[name] !== undefined && old[name] !== null;
    const isSaved = RATES.some((rate) => rate === name && saved[rate] === value);
    const isSame = JSON.stringify(old[name]) === JSON.stringify(value);
    return !isKnown || isSame || isSaved ? [] : [{ name, before: old[name], now: value }];
  });
}

/** The settings that a resumed run's own checkpoints have: a rate that wasn't changed is still the first one. */
export function settingsAfter(before: unknown, now: RunSettings, changes: readonly Change[]): RunSettings {
  const kept = RATES.filter((rate) => rate in now && rate in Object(before) && !has(changes, rate));
  return { ...now, ...Object.fromEntries(kept.map((rate) => [rate, Object(before)[rate]])) };
}

/** Whether one of some settings was changed. */
export function has(changes: readonly Change[], ...names: readonly string[]): boolean {
  return changes.some(({ name }) => names.includes(name));
}

/** Most of a value, and most changes, that a message has. */
const [LONGEST, MOST] = [45, 8];

/** The changes in words. */
export function inWords(changes: readonly Change[]): string {
  const shown = (value: unknown) =>
    String(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST);
  const words = [
    ...changes
      .filter(({ name }) => !UNTOLD.includes(name))
      .map(({ name, before, now }) => `${name} ${shown(before)} → ${shown(now)}`),
    ...['trainLoader', 'testLoader']
      .filter((loader) => has(changes, `${loader}.data`) && !has(changes, `${loader}.images`))
      .map((loader) => `other images or labels in ${loader}`),
  ];
  const more = words.length > MOST ? [`${words.length - MOST} more`] : [];
  return [...words.slice(0, MOST), ...more].join(', ');
}
