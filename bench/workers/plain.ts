/**
 * Training steps of what TensorFlow.js offers by itself: the same layers on the same engine, its own batch normalization, its own
 * loop. Arguments: network, width, batch size.
 *
 * Nothing here may import lib/engine/compile: that replaces gradients of TensorFlow.js.
 */
import { type TensorFlow, tf } from '../../lib/engine/tensorflow';
import { serveSteps } from './serve';
import { batch, network } from './subject';

const [name, width, size] = process.argv.slice(2);
const { images, labels } = batch(size);
const net = network(name, width);
for (const layer of net.layers.flatMap((outer) =>
  'layers' in outer ? (outer as TensorFlow.LayersModel).layers : [outer],
)) {
  // The library's layer differs from TensorFlow.js's in this method only.
  if (layer.getClassName() === 'BatchNormalization') {
    layer.call = Object.getPrototypeOf(Object.getPrototypeOf(layer)).call;
  }
}
net.compile({
  optimizer: tf.train.momentum(0.01, 0.9),
  loss: (y, logits) => tf.losses.softmaxCrossEntropy(y as TensorFlow.Tensor, logits as TensorFlow.Tensor),
});
const targets = tf.oneHot(labels, 10).toFloat();

serveSteps(async () => {
  await net.trainOnBatch(images, targets);
});
