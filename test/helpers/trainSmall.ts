/** Small training runs on a few images, for tests of what a run saves and how it goes on. */
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader, type DataLoaderOptions } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { type ResNetMaker, resnet10 } from '../../lib/models/resNet';
import type { Optimizer } from '../../lib/training/optimizer/optimizer';
import { SGD, type SGDOptions } from '../../lib/training/optimizer/sgd';
import type { Scheduler } from '../../lib/training/schedule/scheduler';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import type { TrainOptions } from '../../lib/training/trainOptions';
import { numbers } from './tensors';

export const EPOCHS = 4;

export class PulledPlug extends Error {}

export interface RunSettings extends Partial<Omit<TrainOptions, 'optimizer'>> {
  /** In the place of SGD. */
  optimizer?(): Optimizer;
  /** Over a rate of 0.05, a momentum of 0.9 and a weight decay of 5e-4. */
  sgd?: Partial<SGDOptions>;
  /** Over batches of 20, shuffled and augmented. */
  loader?: DataLoaderOptions;
  /** The training images; the first 50 of the sample by default. */
  images?: Dataset;
  schedule?(optimizer: SGD): Scheduler;
  make?: ResNetMaker;
  /** Throws in the middle of this epoch. */
  stopIn?: number;
  /** Asks the run to end at this event: `2.1`, the first batch of the second epoch. */
  endAt?: string;
}

let sample: Dataset | undefined;

/** The first images of the sample. */
export async function firstImages(count: number): Promise<Dataset> {
  sample ??= (await loadCifar10({ sample: true })).train;
  return sample.subset(count);
}

/** Trains a new network; gives its weights and records, its messages, and the rate of each batch. */
export async function trainSmall({
  sgd,
  optimizer: makeOptimizer = () => new SGD({ lr: 0.05, momentum: 0.9, weightDecay: 5e-4, ...sgd }),
  loader,
  schedule,
  make = resnet10,
  stopIn,
  endAt,
  ...options
}: RunSettings) {
  const { images = await firstImages(50), ...trainOptions } = options;
  const net = make({ width: 4 });
  const optimizer = makeOptimizer();
  const batches = new DataLoader(images, { batchSize: 20, shuffle: true, augment: true, seed: 3, ...loader });
  const messages: string[] = [];
  const rates: number[] = [];
  const ending = new AbortController();
  try {
    const { epochs } = await train(net, batches, new DataLoader(await firstImages(10)), {
      epochs: EPOCHS,
      optimizer,
      criterion: crossEntropy(),
      scheduler: schedule?.(optimizer as SGD),
      onProgress: (event) => {
        if (event.kind === 'message') messages.push(event.text);
        if (event.kind !== 'batch') return;
        rates.push(event.learningRate);
        if (event.epoch === stopIn && event.batch === 2) throw new PulledPlug();
        if (`${event.epoch}.${event.batch}` === endAt) ending.abort();
      },
      signal: ending.signal,
      ...trainOptions,
    });
    return {
      weights: net.getWeights().map(numbers),
      records: epochs.map(({ seconds, ...record }) => record),
      messages,
      rates,
    };
  } finally {
    optimizer.dispose();
    net.dispose();
  }
}
