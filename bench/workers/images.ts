/**
 * Training on noise that lies on the device, as `train` does it: for a line takes so many steps, and answers with the seconds they took
 * together. Arguments: network, width, batch size, precision.
 */
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { device } from '../../lib/engine/device';
import { type Precision, tf } from '../../lib/index';
import { crossEntropy } from '../../lib/training/crossEntropy';
import { SGD } from '../../lib/training/sgd';
import { compileTraining } from '../../lib/training/trainingStep';
import { serve } from './serve';
import { network } from './subject';

const [name, width, size, precision] = process.argv.slice(2);

const IMAGES = 8 * Number(size);

const noise = new Dataset(
  Uint8Array.from({ length: IMAGES * 32 * 32 * 3 }, () => 256 * Math.random()),
  Uint8Array.from({ length: IMAGES }, (_, i) => i % 10),
);
const loader = new DataLoader(noise, {
  batchSize: Number(size),
  shuffle: true,
  augment: true,
  onDevice: true,
});
const optimizer = new SGD({ lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
const step = compileTraining(network(name, width), {
  optimizer,
  criterion: crossEntropy(),
  precision: precision as Precision,
  makeBatch: (inputs) => loader.batch(inputs),
});
const rates = [tf.scalar(optimizer.lr), tf.scalar(optimizer.momentum)] as const;

serve(async (line) => {
  const began = performance.now();
  for (let taken = 0; taken < Number(line); ) {
    for (const { tensors } of loader.inputs()) {
      const { loss, correct } = await step(...rates, ...tensors);
      loss.dataSync();
      tf.dispose([loss, correct, ...tensors]);
      if (++taken >= Number(line)) break;
    }
  }
  return { seconds: (performance.now() - began) / 1000, device: device() };
});
