/**
 * One batch on several devices, as PyTorch's `nn.DataParallel`: each device has a part of it, and the gradients are averaged.
 */
import type { Batch } from '../../data/batch';
import { onDevice } from '../../engine/recording/active';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import type { Criterion } from './crossEntropy';
import { type Gradients, gradientsOf } from './gradients';
import { withoutStatistics } from './statistics';

/**
 * As how many devices the processor is to appear.
 *
 * @throws ConfigError for what isn't the name of a device
 */
export function cpusOf(devices: readonly string[]): number {
  const numbers = devices.map((device) => {
    const [, kind, number] = /^(cpu|gpu):([0-7])$/.exec(device) ?? [];
    if (kind) return kind === 'cpu' ? Number(number) : 0;
    throw new ConfigError(`There is no device '${device}'.`, "Name devices 'gpu:0', 'gpu:1', or 'cpu:0'.");
  });
  return Math.max(0, ...numbers) + 1;
}

/** Parts of a batch, one a device, none longer than the one before it, as `torch.chunk` makes them. */
function parts({ images, labels, softLabels }: Batch, devices: number): Batch[] {
  const n = images.shape[0];
  const size = Math.ceil(n / devices);
  return Array.from({ length: Math.ceil(n / size) }, (_, i) => {
    const length = Math.min(size, n - i * size);
    return {
      images: tf.slice(images, [i * size, 0, 0, 0], [length, -1, -1, -1]),
      labels: tf.slice(labels, [i * size], [length]),
      ...(softLabels && { softLabels: tf.slice(softLabels, [i * size, 0], [length, -1]) }),
    };
  });
}

/**
 * The loss of a batch with its gradients, each device computing those of its part.
 *
 * The loss and the gradients are means over the whole batch. Batch normalization is each part's own, and the moving statistics
 * follow the first device's, as with `nn.DataParallel`.
 *
 * @param devices `gpu:0`, `gpu:1`; the first has no less images than any other
 */
export function gradientsOnDevices(
  net: TensorFlow.LayersModel,
  batch: Batch,
  criterion: Criterion,
  devices: readonly string[],
): Gradients {
  const n = batch.images.shape[0];
  const replicas = parts(batch, devices.length).map((part, i) => {
    const compute = () => onDevice(devices[i], () => gradientsOf(net, part, criterion));
    const share = part.images.shape[0] / n;
    return { share, ...(i === 0 ? compute() : withoutStatistics(net, compute)) };
  });
  const mean = (tensors: TensorFlow.Tensor[]) => tf.addN(tensors.map((t, i) => tf.mul(t, replicas[i].share)));
  const names = Object.keys(replicas[0].grads);
  const grads = names.map((name) => [name, mean(replicas.map((replica) => replica.grads[name]))]);
  const logits = tf.keep(tf.concat(replicas.map((replica) => replica.logits)));
  tf.dispose(replicas.map((replica) => replica.logits));
  return {
    loss: mean(replicas.map(({ loss }) => loss)) as TensorFlow.Scalar,
    logits,
    grads: Object.fromEntries(grads),
  };
}
