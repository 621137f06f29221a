/**
 * Training steps of this library, or of a plain TensorFlow.js model on the same engine, for the benchmark: does as many as a line on stdin
 * says, and answers with their seconds as a line of JSON.
 *
 * Arguments: `compiled` | `plain`, network, width, batch size.
 */
import { createInterface } from 'node:readline';
import { type TensorFlow, tf } from '../lib/engine/tensorflow';
import { resnet18, resnet50 } from '../lib/models/resNet';
import { crossEntropy } from '../lib/training/crossEntropy';
import { parameters } from '../lib/training/parameters';
import { SGD } from '../lib/training/sgd';

const [how, network, width, batch] = process.argv.slice(2);
const net = (network === 'resnet50' ? resnet50 : resnet18)({ width: Number(width) });
const images = tf.randomNormal([Number(batch), 32, 32, 3]) as TensorFlow.Tensor4D;
const labels = tf.tensor1d(
  Array.from({ length: Number(batch) }, (_, i) => i % 10),
  'int32',
);

/** The step that `train` compiles. */
function compiled(): () => Promise<void> {
  // Only here: it replaces gradients of TensorFlow.js, which the plain model is to keep.
  const { compile }: typeof import('../lib/engine/compile') = require('../lib/engine/compile');
  const optimizer = new SGD({ lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
  const criterion = crossEntropy();
  const params = parameters(net);
  const step = compile(
    (x: TensorFlow.Tensor4D, y: TensorFlow.Tensor1D, lr: TensorFlow.Scalar, momentum: TensorFlow.Scalar) => {
      const loss = () => criterion(net.apply(x, { training: true }) as TensorFlow.Tensor2D, y);
      const { value, grads } = tf.variableGrads(loss, params);
      optimizer.apply(grads, params, lr, momentum);
      return value;
    },
  );
  const rates = [tf.scalar(0.01), tf.scalar(0.9)] as const;
  return async () => {
    const loss = await step(images, labels, ...rates);
    loss.dataSync();
    loss.dispose();
  };
}

/** What TensorFlow.js offers by itself: the same layers, its own batch normalization, its own loop. */
function plain(): () => Promise<void> {
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
  return async () => {
    await net.trainOnBatch(images, targets);
  };
}

async function main(): Promise<void> {
  const step = how === 'plain' ? plain() : compiled();
  for await (const line of createInterface({ input: process.stdin })) {
    const seconds: number[] = [];
    for (let i = 0; i < Number(line); i++) {
      const began = performance.now();
      await step();
      seconds.push((performance.now() - began) / 1000);
    }
    console.log(JSON.stringify(seconds));
  }
}

main();
