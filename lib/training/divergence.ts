/**
 * Training that has come to a loss which isn't a finite number: where, and which layer shows it first.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { layersOf } from '../models/walk';
import { withoutStatistics } from './step/statistics';

/** Training came to a loss that isn't finite. The network is as it was before that step. */
export class DivergenceError extends ConfigError {
  override readonly code: string = 'ERR_DIVERGED';
  /** Counted from 1, as `batch`. */
  readonly epoch: number;
  readonly batch: number;
  readonly loss: number;
  readonly learningRate: number;
  /** The first layer whose output isn't finite, by its full name; undefined where all are. */
  readonly layer?: string;

  constructor({ epoch, batch, loss, learningRate }: Step, layer: string | undefined) {
    super(
      `Training diverged: the loss is ${loss} in epoch ${epoch}, batch ${batch}, at a learning rate of ${learningRate}. ` +
        (layer ? `The first layer that shows it is ${layer}.` : 'All layers still give finite numbers.'),
      'Lower the learning rate; the network is as it was before that batch.',
    );
    this.epoch = epoch;
    this.batch = batch;
    this.loss = loss;
    this.learningRate = learningRate;
    this.layer = layer;
  }
}

/** The step that was left out. */
interface Step {
  epoch: number;
  batch: number;
  loss: number;
  learningRate: number;
}

/** The error that tells of a step which was left out, for having no finite loss. */
export function divergence({
  net,
  images,
  ...step
}: Step & { net: TensorFlow.LayersModel; images(): TensorFlow.Tensor4D }): DivergenceError {
  return new DivergenceError(
    step,
    tf.tidy(() => firstNotFinite(net, images())),
  );
}

/** Runs a network as in training, operation by operation, and names the first layer whose output isn't finite. */
function firstNotFinite(net: TensorFlow.LayersModel, images: TensorFlow.Tensor4D): string | undefined {
  let found: string | undefined;
  const layers = layersOf(net);
  for (const layer of layers) {
    const { call } = layer;
    layer.call = (...args) => {
      const output = call.apply(layer, args);
      const showsIt = [output].flat().some((tensor) => !tf.all(tf.isFinite(tensor)).dataSync()[0]);
      if (showsIt) found ??= layer.name;
      return output;
    };
  }
  try {
    withoutStatistics(net, () => net.apply(images, { training: true }));
  } finally {
    // Each layer has its class's method again.
    for (const layer of layers) Reflect.deleteProperty(layer, 'call');
  }
  return found;
}
