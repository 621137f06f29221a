/**
 * Training on noise that lies on the device, as `train` does it: for a line takes so many steps, and answers with the seconds they took
 * together. Arguments: network, width, batch size, precision, and as JSON what else `compileTraining` and `train` are told.
 */
import type { Batch, BatchDraws } from '../../lib/data/batch';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { device } from '../../lib/engine/runtime/device';
import { type Precision, type TensorFlow, tf } from '../../lib/index';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { serve } from './serve';
import { network } from './subject';

const [name, width, size, precision, others = '{}'] = process.argv.slice(2);
const { stepsPerExecution = 1, ...options } = JSON.parse(others);

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
  session: options,
  precision: precision as Precision,
  makeBatch: (inputs) => loader.batch(inputs),
});
const lr = tf.fill<TensorFlow.Rank.R1>([stepsPerExecution], optimizer.lr);
const momentum = tf.fill<TensorFlow.Rank.R1>([stepsPerExecution], optimizer.momentum);

/** Full batches without end. */
function* inputs(): Generator<Batch | BatchDraws, never, undefined> {
  for (;;) for (const { tensors } of loader.inputs()) yield tensors;
}

const batches = inputs();
serve(async (line) => {
  const began = performance.now();
  for (let taken = 0; taken < Number(line); taken += stepsPerExecution) {
    const group = Array.from({ length: stepsPerExecution }, () => batches.next().value);
    const { loss, correct } = await step({ lr, momentum, batches: group });
    loss.dataSync();
    tf.dispose([loss, correct]);
    for (const tensors of group) tf.dispose(tensors);
  }
  return { seconds: (performance.now() - began) / 1000, device: device() };
});
