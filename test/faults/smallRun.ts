/**
 * A small training run that goes on from its newest checkpoint, for faults to happen to.
 */
import { createHash } from 'node:crypto';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { resnet10 } from '../../lib/models/resNet';
import { train } from '../../lib/notebook/train';
import type { TrainListener } from '../../lib/training/events';
import { SGD } from '../../lib/training/optimizer/sgd';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { crossEntropy } from '../../lib/training/step/crossEntropy';

/** Epochs of the run. */
export const EPOCHS = 12;

/**
 * Trains, or goes on.
 *
 * @param savePath the folder to save to
 * @returns its history and a hash of its weights, as JSON
 */
export async function smallRun(savePath: string, onProgress: TrainListener): Promise<string> {
  const { train: trainSet, test } = await loadCifar10({ sample: true });
  const trainLoader = new DataLoader(trainSet.subset(100), {
    batchSize: 32,
    shuffle: true,
    augment: true,
    seed: 7,
  });
  const net = resnet10({ width: 4 });
  const optimizer = new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 5e-4, nesterov: true });
  try {
    const { epochs } = await train(net, trainLoader, new DataLoader(test.subset(50)), {
      epochs: EPOCHS,
      optimizer,
      criterion: crossEntropy(),
      scheduler: new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: EPOCHS * trainLoader.length }),
      savePath,
      resume: true,
      onProgress,
    });
    const hash = createHash('sha256');
    for (const weight of net.getWeights()) hash.update(weight.dataSync() as Float32Array);
    const records = epochs.map(({ seconds, ...record }) => record);
    return JSON.stringify({ weights: hash.digest('hex'), records });
  } finally {
    optimizer.dispose();
    net.dispose();
  }
}
