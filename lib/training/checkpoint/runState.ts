/**
 * All that changes in a training run, as the files of a checkpoint, and back.
 */
import { ModelError } from '../../errors';
import { readWeights, writeWeights } from '../../models/weights';
import type { Callback, CallbackState } from '../callbacks/callback';
import { parameters } from '../step/gradients';
import { damaged, type Files } from './files';
import {
  type Description,
  describe,
  type Position,
  type RunParts,
  readDescription,
  type SavedCallback,
  type SavedOptimizer,
} from './runDescription';
import { type Change, changesOf, has, inWords, ORDER, type RunSettings, settingsAfter } from './runSettings';

/** Numbers of tensors, one after the other. */
function bytesOf(arrays: Float32Array[]): Uint8Array {
  return Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** The same as arrays again, as long as tensors are. */
function arraysOf(
  files: Record<string, Buffer>,
  name: string,
  tensors: readonly { size: number }[],
  path: string,
): Float32Array[] {
  const { buffer, byteOffset, length } = files[name] ?? Buffer.of();
  const expected = tensors.reduce((total, { size }) => total + 4 * size, 0);
  if (length !== expected) throw damaged(path, `${name} has ${length} bytes, not ${expected}`);
  let at = byteOffset;
  return tensors.map(({ size }) => {
    const bytes = buffer.slice(at, at + 4 * size);
    at += 4 * size;
    return new Float32Array(bytes);
  });
}

/** The file of what an optimizer keeps by a name for each of its parameters. */
const optimizerFile = (optimizer: string, name: string) => `optimizer.${optimizer}${name}.bin`;

function optimizerFiles({ net, optimizer }: RunParts): Record<string, Uint8Array> {
  return Object.fromEntries(
    optimizer.shares(parameters(net)).flatMap(({ name: owner, optimizer: own, params }) => {
      const state = Object.entries(own.readState(params));
      return state.map(([name, values]) => [optimizerFile(owner, name), bytesOf(values)]);
    }),
  );
}

/** What optimizers are to keep, by the files of a checkpoint, in the order of the optimizer's shares. */
function optimizerStates(
  files: Record<string, Buffer>,
  { net, optimizer }: RunParts,
  saved: readonly SavedOptimizer[],
  path: string,
): Record<string, Float32Array[]>[] {
  // The file of format 2, which knew no optimizer but SGD.
  const known = { [optimizerFile('', 'velocity')]: files['velocities.bin'], ...files };
  return optimizer.shares(parameters(net)).map(({ name: owner, params }, i) => {
    const state = saved[i].kept.map((name) => [
      name,
      arraysOf(known, optimizerFile(owner, name), params, path),
    ]);
    return Object.fromEntries(state);
  });
}

/** The file of a callback's arrays: names may have what files may not. */
const callbackFile = (i: number) => `callback.${i}.bin`;

function callbackFiles({ callbacks = [] }: RunParts): Record<string, Uint8Array> {
  const states = callbacks.flatMap((callback) => callback.stateDict?.() ?? []);
  return Object.fromEntries(
    states.flatMap(({ arrays = [] }, i) =>
      arrays.length > 0 ? [[callbackFile(i), bytesOf([...arrays])]] : [],
    ),
  );
}

/** What callbacks are to take over, by the callback. */
function callbackStates(
  files: Record<string, Buffer>,
  { callbacks = [] }: RunParts,
  saved: readonly SavedCallback[],
  path: string,
): Map<Callback, CallbackState> {
  const states = new Map<Callback, CallbackState>();
  saved.forEach(({ name, values, lengths }, i) => {
    const callback = callbacks.find((one) => one.name === name);
    if (!callback?.loadStateDict) return;
    const sizes = lengths.map((size) => ({ size }));
    const arrays = sizes.length > 0 ? arraysOf(files, callbackFile(i), sizes, path) : [];
    states.set(callback, { values: Object(values), arrays });
  });
  return states;
}

/** A run's state as files. */
export function runFiles(parts: RunParts, position: Position): Files {
  return {
    'checkpoint.json': JSON.stringify(describe(parts, position), null, 2),
    'weights.bin': bytesOf(readWeights(parts.net)),
    ...optimizerFiles(parts),
    ...(parts.average && { 'average.bin': bytesOf(parts.average.read()) }),
    ...callbackFiles(parts),
  };
}

/** What a run was restored to. */
export interface Restored {
  position: Position;
  /** The settings that aren't those of the checkpoint. */
  changes: Change[];
  /** What its next checkpoints are to say of its settings. */
  settings: RunSettings;
}

/**
 * Brings a run to the state that files tell. Settings that aren't those of the checkpoint are used from here on.
 *
 * @param path where they were read, for errors
 * @param epochs that are behind them by their place
 * @throws ModelError where they are damaged, of another run or format, or can't go on with other settings; nothing was changed then
 */
export function restoreRun(
  parts: RunParts,
  files: Record<string, Buffer>,
  path: string,
  epochs: number,
): Restored {
  const description = readDescription(files['checkpoint.json'], parts, path, epochs);
  const { net, optimizer, scheduler, lossScale, average, trainLoader, testLoader, settings = {} } = parts;
  const { records, progress, optimizers } = description;
  const rates = optimizers[0].state;
  const changes = changesOf(description.settings, settings, rates, scheduler !== undefined);
  checkGoesOn(description, changes, parts, path);
  const variables = net.weights.map((weight) => weight.read());
  const weights = arraysOf(files, 'weights.bin', variables, path);
  const states = optimizerStates(files, parts, optimizers, path);
  const isAveraged = average !== undefined && description.average !== undefined;
  const averages = isAveraged ? arraysOf(files, 'average.bin', variables, path) : undefined;
  const called = callbackStates(files, parts, description.callbacks ?? [], path);
  writeWeights(net, weights);
  optimizer.shares(parameters(net)).forEach(({ optimizer: own, params }, i) => {
    own.loadStateDict(optimizers[i].state);
    own.writeState(params, states[i]);
  });
  if (description.scheduler) scheduler?.loadStateDict(description.scheduler);
  const schedule: Record<string, unknown> = scheduler?.settings ?? {};
  const isScheduledAnew = has(changes, 'lr', 'momentum', ...Object.keys(schedule));
  // A schedule has written the rates of its own settings. Where these are the old ones, what was saved counts: a listener may have changed it.
  if (description.settings && !isScheduledAnew) optimizer.loadStateDict(rates);
  for (const rate of ['lr', 'momentum'] as const) {
    if (has(changes, rate) && !(rate in schedule)) optimizer[rate] = settings[rate] as number;
  }
  if (description.lossScale) lossScale?.loadStateDict(description.lossScale);
  if (isAveraged) average.loadStateDict(description.average!);
  average?.write(averages ?? weights);
  for (const [callback, state] of called) callback.loadStateDict!(state);
  trainLoader.epoch = description.loaderEpochs.train;
  testLoader.epoch = description.loaderEpochs.test;
  // Who gives another rate means that rate, not a part of it.
  const rateFactor = has(changes, 'lr', 'maxLr') ? 1 : description.rateFactor;
  if (rateFactor !== description.rateFactor) {
    changes.push({ name: 'share of the learning rate', before: description.rateFactor, now: rateFactor });
  }
  return {
    position: { records, progress, rateFactor },
    changes,
    settings: settingsAfter(description.settings, settings, changes),
  };
}

/** Refuses changes that leave no right way on: the rest of an epoch isn't known, or where on its curve a schedule is. */
function checkGoesOn(
  { progress, records, settings }: Description,
  changes: readonly Change[],
  { scheduler, trainLoader }: RunParts,
  path: string,
): void {
  const refuse = (what: string) => {
    throw new ModelError(
      `The checkpoint ${path} can't go on with other settings: ${what}.`,
      'Give those of before, remove that folder to go on from the checkpoint before it, or give another savePath to start over.',
    );
  };
  if (progress && has(changes, ...ORDER)) {
    const order = changes.filter(({ name }) => ORDER.includes(name));
    refuse(`${inWords(order)}; it is within an epoch, whose other images aren't known then`);
  }
  const images = Math.min(Number(progress?.batch) * trainLoader.batchSize, trainLoader.dataset.length);
  if (progress && !settings && progress.images !== images) {
    refuse(
      `it is within an epoch, after ${progress.images} images, which aren't ${progress.batch} batches now`,
    );
  }
  const isBegun = progress !== undefined || records.length > 0;
  if (isBegun && scheduler?.interval === 'batch' && has(changes, 'trainLoader.length')) {
    const { before, now } = changes.find(({ name }) => name === 'trainLoader.length')!;
    refuse(
      `${scheduler.constructor.name} counts batches, of which an epoch had ${before} and now has ${now}`,
    );
  }
}
