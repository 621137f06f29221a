/**
 * A whole training run on CIFAR-10 by a recipe: for a line trains one, and answers with what it came to; for the line `device`, with what
 * it would run on. Its argument: what is to be run, in JSON.
 */
import { loadCifar10 } from '../../lib/data/cifar10';
import type { DataLoader } from '../../lib/data/dataLoader';
import { device } from '../../lib/engine/runtime/device';
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';
import { summary } from '../../lib/models/summary';
import { evaluate } from '../../lib/training/evaluate';
import { prepareRun, type Recipe } from '../../lib/training/recipe';
import { train } from '../../lib/training/train';
import { recipeOf } from './recipe';
import { serve } from './serve';
import { type Moment, now, outside } from './sessionTime';

interface Run {
  /** The folder of the data. */
  root: string;
  /** The name of a recipe. */
  recipe: string;
  /** What is replaced in it. */
  changes?: Partial<Recipe>;
  /** Of the network's first weights and of the loader. */
  seed: number;
  /** How many images to train and to test on; all without it. */
  images?: number;
}

const run: Run = JSON.parse(process.argv[2]);

/** The operations of an epoch: a product and a sum for each weight at each place, three times as many with both gradients. */
function operationsOf(net: TensorFlow.LayersModel, { length, batchSize, dataset }: DataLoader): number {
  return 6 * summary(net).multiplyAdds * Math.min(length * batchSize, dataset.length);
}

async function main(): Promise<void> {
  const { root, seed, images } = run;
  const recipe = recipeOf(run.recipe, run.changes);
  const { epochs } = recipe;
  const all = await loadCifar10({ root });
  const data = images ? { train: all.train.subset(images), test: all.test.subset(images) } : all;
  await serve(async (line) => {
    if (line === 'device') return device();
    const { net, trainLoader, heldOutLoader, testLoader, ...options } = prepareRun(recipe, data, seed);
    const start = now();
    let firstEpoch: Moment = start;
    const history = await train(net, trainLoader, heldOutLoader, {
      ...options,
      onProgress: ({ kind }) => {
        if (kind === 'epoch' && firstEpoch === start) firstEpoch = now();
      },
    });
    const end = now();
    const accuracies = history.epochs.map(({ testAccuracy }) => testAccuracy);
    const tested = async (tta?: 'flip' | 'shiftedFlips') =>
      (await evaluate(net, testLoader, { tta })).accuracy;
    return {
      epochs,
      operations: operationsOf(net, trainLoader) * epochs,
      seconds: end.seconds - start.seconds,
      outsideAfterFirst: outside(firstEpoch, end),
      losses: history.epochs.map(({ trainLoss }) => trainLoss),
      best: Math.max(...accuracies),
      last: await tested(),
      flip: await tested('flip'),
      shiftedFlips: await tested('shiftedFlips'),
    };
  });
}

main();
