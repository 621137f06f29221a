/**
 * One batch on several devices, as PyTorch's `nn.DataParallel`: each device has a part of it, and the gradients are averaged.
 */
import type { Batch, BatchDraws } from '../../data/batch';
import { mapTensors } from '../../engine/operations/mapTensors';
import { onDevice, sentAsBfloat16 } from '../../engine/recording/active';
import { asReplica } from '../../engine/recording/replicas';
import type { SessionOptions } from '../../engine/runtime/session';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { clusterOf, cpusOf, placesOf, targetOf, workersOf } from '../../engine/runtime/workers';
import type { Criterion } from './crossEntropy';
import { type Gradients, gradientsOf, lengthOf } from './gradients';
import { withoutStatistics } from './statistics';

/** Seconds that a call may take on workers, before one of them is taken for lost. */
const TIMEOUT = 30;

/** What the session of a step on some devices is to be. */
export function sessionOf(devices: readonly string[], timeout = TIMEOUT): SessionOptions {
  const workers = workersOf(devices);
  if (workers.length === 0) return { cpus: cpusOf(devices) };
  return { cluster: { definition: clusterOf(workers), target: targetOf(workers), timeout, workers } };
}

/** How many images each device has of a batch of so many, none more than the one before it, as `torch.chunk` shares them. */
function lengthsOf(n: number, devices: number): number[] {
  const size = Math.ceil(n / devices);
  return Array.from({ length: Math.ceil(n / size) }, (_, i) => Math.min(size, n - i * size));
}

/** Parts of what a batch is or is made of, one a device. */
export function parts<Whole extends Batch | BatchDraws>(whole: Whole, devices: number): Whole[] {
  const lengths = lengthsOf(lengthOf(whole), devices);
  return lengths.map((length, i) => {
    const part = (tensor: TensorFlow.Tensor) => {
      const others = tensor.shape.slice(1);
      return tf.slice(tensor, [i * lengths[0], ...others.map(() => 0)], [length, ...others]);
    };
    return Object.fromEntries(Object.entries(whole).map(([name, tensor]) => [name, part(tensor)])) as Whole;
  });
}

/** How a batch is shared. */
export interface Sharing {
  /** `gpu:0`, `gpu:1`, `host:7001`; the first has no less images than any other. */
  devices: readonly string[];
  /** Makes a batch of what a step is fed. */
  makeBatch(inputs: Batch | BatchDraws): Batch;
  /** Whether gradients cross from one device to another as bfloat16. */
  compressGradients?: boolean;
  /** Whether batch normalization is over the whole batch. */
  syncBatchNorm?: boolean;
  /** Whether a part of the inputs makes that part of the batch, which no mixed images allow. */
  areDivisible: boolean;
}

/**
 * What `compute` makes of each device's part of a batch, there.
 *
 * Workers make their parts of the batch themselves, where they can; devices of this process take them from one.
 */
export function onEach<T>(
  inputs: Batch | BatchDraws,
  { devices, makeBatch, areDivisible }: Sharing,
  compute: (part: Batch, i: number) => T,
): T[] {
  const places = placesOf(devices);
  if (areDivisible && workersOf(devices).length > 0) {
    return parts(inputs, devices.length).map((part, i) =>
      onDevice(places[i], () => compute(makeBatch(part), i)),
    );
  }
  const batch =
    workersOf(devices).length > 0 ? onDevice(places[0], () => makeBatch(inputs)) : makeBatch(inputs);
  return parts(batch, devices.length).map((part, i) => onDevice(places[i], () => compute(part, i)));
}

/**
 * The loss of a batch with its gradients, each device computing those of its part.
 *
 * The loss and the gradients are means over the whole batch. Batch normalization is each part's own unless `syncBatchNorm` is set, and the
 * moving statistics follow the first device's, as with `nn.DataParallel`.
 */
export function gradientsOnDevices(
  net: TensorFlow.LayersModel,
  inputs: Batch | BatchDraws,
  criterion: Criterion,
  sharing: Sharing,
): Gradients {
  const n = lengthOf(inputs);
  const places = placesOf(sharing.devices);
  const shares = lengthsOf(n, places.length).map((length) => length / n);
  const replicas = onEach(inputs, sharing, (part, i) => {
    const own = () => gradientsOf(net, part, criterion);
    const compute = () =>
      sharing.syncBatchNorm ? asReplica({ places: places.slice(0, shares.length), shares }, i, own) : own();
    const made = i === 0 ? compute() : withoutStatistics(net, compute);
    const crosses = sharing.compressGradients && places[i] !== places[0];
    const grads = crosses ? mapTensors(made.grads, (grad) => sentAsBfloat16(grad, places[0])) : made.grads;
    return { ...made, grads };
  });
  const mean = (tensors: TensorFlow.Tensor[]) => tf.addN(tensors.map((t, i) => tf.mul(t, shares[i])));
  const names = Object.keys(replicas[0].grads);
  const grads = names.map((name) => [name, mean(replicas.map((replica) => replica.grads[name]))]);
  const logits = tf.keep(tf.concat(replicas.map((replica) => replica.logits)));
  tf.dispose(replicas.map((replica) => replica.logits));
  return {
    loss: mean(replicas.map(({ loss }) => loss)) as TensorFlow.Scalar,
    logits,
    classes: tf.concat(replicas.map(({ classes }) => classes)),
    grads: Object.fromEntries(grads),
  };
}
