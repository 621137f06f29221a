/** Training steps of this library. Arguments: network, width, batch size, precision, and workers to take them on. */

import type { Precision } from '../../lib/engine/runtime/session';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { batch } from './batch';
import { serveSteps } from './serve';
import { network } from './subject';

const [name, width, size, precision, ...devices] = process.argv.slice(2);
const { images, labels } = batch(size);
const optimizer = new SGD({ lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
const step = compileTraining(network(name, width), {
  optimizer,
  criterion: crossEntropy(),
  devices,
  precision: precision as Precision,
});
const lr = tf.tensor1d([optimizer.lr]);
const momentum = tf.tensor1d([optimizer.momentum]);

const inputs = { lr, momentum, batches: [{ images, labels }] };
serveSteps(
  async () => {
    const { loss, correct } = await step(inputs);
    loss.dataSync();
    correct.dataSync();
    tf.dispose([loss, correct]);
  },
  () => step.operationCosts(inputs),
);
