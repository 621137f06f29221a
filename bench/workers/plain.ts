/**
 * Training steps of what TensorFlow.js offers by itself: its layers, its kernels, its own loop, on the same engine. Arguments: network,
 * width, batch size.
 */
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { batch } from './batch';
import { plainNetwork } from './plainNetwork';
import { serveSteps } from './serve';

const [name, width, size] = process.argv.slice(2);
const { images, labels } = batch(size);
const net = plainNetwork(name, Number(width));
net.compile({
  optimizer: tf.train.momentum(0.01, 0.9),
  loss: (y, logits) => tf.losses.softmaxCrossEntropy(y as TensorFlow.Tensor, logits as TensorFlow.Tensor),
});
const targets = tf.oneHot(labels, 10).toFloat();

serveSteps(async () => {
  await net.trainOnBatch(images, targets);
});
