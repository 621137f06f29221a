/**
 * The floor under a training step: its convolutions and matrix products alone, by this library's engine. Arguments: network, width,
 * batch size.
 *
 * For each layer of the network, at the shapes it has there: the layer itself, the gradient of its weights, and that of its input, which
 * the first layer doesn't need. Nothing depends on anything else, so TensorFlow may run two side by side.
 */
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { type Module, modulesOf, type Shape } from '../../lib/models/walk';
import { serveSteps } from './serve';
import { network } from './subject';

type Pair = [before: number, after: number];

/** A product of a layer's input and weights, with the shape of its input. */
interface Product {
  inputShape: Shape;
  multiply(x: TensorFlow.Tensor, weights: TensorFlow.Tensor): TensorFlow.Tensor;
}

const [name, width, size] = process.argv.slice(2);

const withBatch = (shape: Shape) => [Number(size), ...shape.slice(1)] as number[];

/** The layers inside of modules, blocks opened up. */
function layersOf(modules: Module[]): Module[] {
  return modules.flatMap((module) => (module.children.length > 0 ? layersOf(module.children) : [module]));
}

/** Numbers that are a product's own and no constant: TensorFlow computes equal products once, and constant ones beforehand. */
function numbers(shape: number[]): TensorFlow.Variable {
  return tf.variable(tf.randomNormal(shape), false);
}

/** A layer's convolution; where its input is a padded one, that of the image inside. */
function convolution({ layer, inputs: [before], inputShape }: Module): Product {
  const { strides, padding } = layer.getConfig() as { strides: [number, number]; padding: 'same' | 'valid' };
  const padded = before.getClassName() === 'ZeroPadding2D';
  const margins = padded ? (before.getConfig().padding as [Pair, Pair]) : [];
  const pad = padded ? ([[0, 0], ...margins, [0, 0]] as [Pair, Pair, Pair, Pair]) : padding;
  const [n, h, w, c] = inputShape as number[];
  const [high, wide] = padded ? margins.map(([first, last]) => first + last) : [0, 0];
  return {
    inputShape: [n, h - high, w - wide, c],
    multiply: (x, weights) =>
      tf.conv2d(x as TensorFlow.Tensor4D, weights as TensorFlow.Tensor4D, strides, pad),
  };
}

/** A layer's three products: the gradient of its input, its output, the gradient of its weights. */
function products(module: Module): TensorFlow.Tensor[] {
  const { inputShape, multiply }: Product =
    module.layer.getClassName() === 'Conv2D'
      ? convolution(module)
      : { inputShape: module.inputShape, multiply: (x, weights) => tf.matMul(x, weights) };
  const inputs = [numbers(withBatch(inputShape)), numbers(module.layer.getWeights()[0].shape)];
  const dy = numbers(withBatch(module.outputShape));
  const { value, grads } = tf.valueAndGrads(multiply as never)(inputs, dy);
  return [grads[0], value, grads[1]];
}

/** One number of a tensor: to ask for it is to have all of the tensor computed, and to copy it costs nothing. */
function element(tensor: TensorFlow.Tensor): TensorFlow.Scalar {
  const [begin, length] = [0, 1].map((value) => tensor.shape.map(() => value));
  return tf.reshape(tf.slice(tensor, begin, length), []);
}

const layers = layersOf(modulesOf(network(name, width), [null, 32, 32, 3])).filter(({ layer }) =>
  ['Conv2D', 'Dense'].includes(layer.getClassName()),
);
// All but the first layer's input gradient.
const step = compile(() => tf.addN(layers.flatMap(products).slice(1).map(element)));

serveSteps(async () => {
  const sum = await step();
  sum.dataSync();
  sum.dispose();
});
