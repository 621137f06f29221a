/**
 * A whole training run on CIFAR-10, by the settings of the profile article or quick: for a line trains one, and answers with what it came
 * to; for the line `device`, with what it would run on. Its argument: what is to be run, in JSON.
 */
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { device } from '../../lib/engine/runtime/device';
import type { Precision } from '../../lib/index';
import { profile } from '../../lib/notebook/profile';
import { SGD } from '../../lib/training/optimizer/sgd';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/schedule/reduceLROnPlateau';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
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
  recipe: 'article' | 'quick';
  precision: Precision;
  /** Of the network's first weights and of the loader. */
  seed: number;
  /** How many images to train and to test on; all without it. */
  images?: number;
}

const run: Run = JSON.parse(process.argv[2]);

/** The training settings of a notebook profile. */
function settingsOf(recipe: Run['recipe'], totalSteps: number) {
  const { optimizer: settings, schedule, labelSmoothing } = profile(recipe);
  const optimizer = new SGD(settings);
  const scheduler =
    schedule.kind === 'oneCycle'
      ? new OneCycleLR(optimizer, { maxLr: schedule.maxLr, totalSteps })
      : new ReduceLROnPlateau(optimizer, schedule);
  return { optimizer, scheduler, criterion: crossEntropy({ labelSmoothing }) };
}

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
        ...settingsOf(recipe, epochs * trainLoader.length),
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
