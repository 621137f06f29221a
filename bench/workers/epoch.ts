/**
 * An epoch of CIFAR-10 by this library's `train`, augmentation included: for a line trains one, and answers with its seconds and with
 * how many of them TensorFlow's session had. Arguments: the folder of the data, network, width, batch size.
 */
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { serve } from './serve';
import { now, outside } from './sessionTime';
import { network } from './subject';

const [root, name, width, size] = process.argv.slice(2);

async function main(): Promise<void> {
  const { train: trainSet, test } = await loadCifar10({ root });
  const net = network(name, width);
  const trainLoader = new DataLoader(trainSet, { batchSize: Number(size), shuffle: true, augment: true });
  // `train` ends an epoch with a test: a few images, so that it is training that is measured.
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
