/**
 * A whole training run on CIFAR-10, by the article's recipe or by this library's own: for a line trains one, and answers with what it came
 * to. Arguments: the folder of the data, network, width, epochs, recipe, precision, images (all without it).
 */
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { device } from '../../lib/engine/device';
import type { Precision } from '../../lib/index';
import { crossEntropy } from '../../lib/training/crossEntropy';
import { OneCycleLR } from '../../lib/training/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/reduceLROnPlateau';
import { SGD } from '../../lib/training/sgd';
import { train } from '../../lib/training/train';
import { serve } from './serve';
import { type Moment, now, outside } from './sessionTime';
import { network } from './subject';

const [root, name, width, epochs, recipe, precision, size] = process.argv.slice(2);

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
  const { train: all, test } = await loadCifar10({ root });
  const images = size ? all.subset(Number(size)) : all;
  await serve(async () => {
    const trainLoader = new DataLoader(images, { batchSize: 128, shuffle: true, augment: true });
    const testLoader = new DataLoader(size ? test.subset(Number(size)) : test, { batchSize: 500 });
    const start = now();
    let firstEpoch: Moment = start;
    const history = await train(network(name, width), trainLoader, testLoader, {
      ...RECIPES[recipe as keyof typeof RECIPES](Number(epochs) * trainLoader.length),
      epochs: Number(epochs),
      precision: precision as Precision,
      onProgress: ({ kind }) => {
        if (kind === 'epoch' && firstEpoch === start) firstEpoch = now();
      },
    });
    const end = now();
    const accuracies = history.epochs.map(({ testAccuracy }) => testAccuracy);
    return {
      seconds: end.seconds - start.seconds,
      outsideAfterFirst: outside(firstEpoch, end),
      last: accuracies[accuracies.length - 1],
      best: Math.max(...accuracies),
      device: device(),
    };
  });
}

main();
