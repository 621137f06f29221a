/** What is measured on: the network and the batch that a worker's arguments name. */
import { type TensorFlow, tf } from '../../lib/engine/tensorflow';
import {
  type ResNetMaker,
  resnet10,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
} from '../../lib/models/resNet';

const NETWORKS: Record<string, ResNetMaker> = {
  resnet10,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
};

/** Makes a network by its name. */
export function network(name: string, width: number | string, seed = 0): TensorFlow.LayersModel {
  return NETWORKS[name]({ width: Number(width), seed });
}

/** Makes a batch of noise, its labels going round the classes. */
export function batch(size: string): { images: TensorFlow.Tensor4D; labels: TensorFlow.Tensor1D } {
  const labels = Int32Array.from({ length: Number(size) }, (_, i) => i % 10);
  return {
    images: tf.randomNormal([labels.length, 32, 32, 3]) as TensorFlow.Tensor4D,
    labels: tf.tensor1d(labels, 'int32'),
  };
}
