/**
 * An epoch of CIFAR-10 by this library's `train`, augmentation included: for a line trains one, and answers with its seconds and with
 * how many of them TensorFlow's session had. Arguments: the folder of the data, network, width, batch size.
 */
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { addon } from '../../lib/engine/graphSession';
import { crossEntropy } from '../../lib/training/crossEntropy';
import { SGD } from '../../lib/training/sgd';
import { train } from '../../lib/training/train';
import { serve } from './serve';
import { network } from './subject';

const [root, name, width, size] = process.argv.slice(2);

const seconds = () => performance.now() / 1000;

/** Seconds from calls of the session to their results. */
let inSession = 0;

const native = addon();
native.GraphSession = class extends native.GraphSession {
  override async runAsync(...args: Parameters<InstanceType<typeof native.GraphSession>['runAsync']>) {
    const began = seconds();
    try {
      return await super.runAsync(...args);
    } finally {
      inSession += seconds() - began;
    }
  }
};

/** A moment of an epoch. */
const now = () => ({ seconds: seconds(), inSession });

async function main(): Promise<void> {
  const { train: trainSet, test } = await loadCifar10({ root });
  const net = network(name, width);
  const trainLoader = new DataLoader(trainSet, { batchSize: Number(size), shuffle: true, augment: true });
  // `train` ends an epoch with a test: a few pictures, so that it is training that is measured.
  const testLoader = new DataLoader(test.subset(10));
  await serve(async () => {
    const optimizer = new SGD({ lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
    const start = now();
    let [first, last] = [start, start];
    const { epochs } = await train(net, trainLoader, testLoader, {
      epochs: 1,
      optimizer,
      criterion: crossEntropy(),
      onProgress(event) {
        if (event.kind !== 'batch') return;
        if (event.batch === 1) first = now();
        last = now();
      },
    });
    const end = now();
    optimizer.dispose();
    /** The share of the time between two moments that the session didn't have. */
    const outside = (from: typeof start, to: typeof start) =>
      1 - (to.inSession - from.inSession) / (to.seconds - from.seconds);
    return {
      seconds: end.seconds - start.seconds,
      images: trainSet.length,
      outside: outside(start, end),
      outsideAfterFirst: outside(first, last),
      loss: epochs[0].trainLoss,
      accuracy: epochs[0].trainAccuracy,
    };
  });
}

main();
