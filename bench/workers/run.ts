/**
 * A whole training run on CIFAR-10, by the article's recipe or by this library's own: for a line trains one, and answers with what it came
 * to; for the line `device`, with what it would run on. Its argument: what is to be run, in JSON.
 */
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { device } from '../../lib/engine/runtime/device';
import type { Precision } from '../../lib/index';
import { crossEntropy } from '../../lib/training/crossEntropy';
import { OneCycleLR } from '../../lib/training/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/reduceLROnPlateau';
import { SGD } from '../../lib/training/sgd';
import { train } from '../../lib/training/train';
import { serve } from './serve';
import { type Moment, now, outside } from './sessionTime';
import { network } from './subject';

interface Run {
  /** The folder of the data. */
  root: string;
  network: string;
  width: number;
  epochs: number;
  recipe: keyof typeof RECIPES;
  precision: Precision;
  /** Of the network's first weights and of the loader. */
  seed: number;
  /** How many images to train and to test on; all without it. */
  images?: number;
}

const run: Run = JSON.parse(process.argv[2]);

/** The article's sections 5 and 6, and what profile.ts calls quick. */
const RECIPES = {
  article: () => {
    const optimizer = new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 5e-4 });
    const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 5, minLr: 1e-6 });
    return { optimizer, scheduler, criterion: crossEntropy() };
  },
  own: (totalSteps: number) => {
    const optimizer = new SGD({ lr: 0.4, momentum: 0.9, weightDecay: 5e-4, nesterov: true });
    const scheduler = new OneCycleLR(optimizer, { maxLr: 0.4, totalSteps });
    return { optimizer, scheduler, criterion: crossEntropy({ labelSmoothing: 0.1 }) };
  },
};

async function main(): Promise<void> {
  const { root, epochs, recipe, precision, seed, images } = run;
  const all = await loadCifar10({ root });
  const [training, test] = images
    ? [all.train.subset(images), all.test.subset(images)]
    : [all.train, all.test];
  await serve(async (line) => {
    if (line === 'device') return device();
    const trainLoader = new DataLoader(training, { batchSize: 128, shuffle: true, augment: true, seed });
    const start = now();
    let firstEpoch: Moment = start;
    const history = await train(
      network(run.network, run.width, seed),
      trainLoader,
      new DataLoader(test, { batchSize: 500 }),
      {
        ...RECIPES[recipe](epochs * trainLoader.length),
        epochs,
        precision,
        onProgress: ({ kind }) => {
          if (kind === 'epoch' && firstEpoch === start) firstEpoch = now();
        },
      },
    );
    const end = now();
    const accuracies = history.epochs.map(({ testAccuracy }) => testAccuracy);
    return {
      seconds: end.seconds - start.seconds,
      outsideAfterFirst: outside(firstEpoch, end),
      losses: history.epochs.map(({ trainLoss }) => trainLoss),
      last: accuracies[accuracies.length - 1],
      best: Math.max(...accuracies),
    };
  });
}

main();
