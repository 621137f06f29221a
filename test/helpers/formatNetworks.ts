/** Networks whose layers differ, to write in other programs' formats. */
import { Random } from '../../lib/data/random';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { resnet18, resnet20, resnet50 } from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';

/** A network with statistics and factors that all matter. */
export function randomized(net: TensorFlow.LayersModel): TensorFlow.LayersModel {
  const random = Random.fromSeed(0);
  net.setWeights(
    net.getWeights().map((weight) => {
      if (weight.rank !== 1) return weight;
      return tf.tensor1d(Float32Array.from({ length: weight.size }, () => random.uniform(0.5, 1.5)));
    }),
  );
  return net;
}

const { layers } = tf;
/** By what is particular about them. */
export const formatNetworks: Record<string, () => TensorFlow.LayersModel> = {
  'ResNet-18 of width 8': () => resnet18({ width: 8 }),
  'ResNet-50 of width 4': () => resnet50({ width: 4 }),
  'ResNet-20, whose shortcuts add zeros': () => resnet20(),
  'ResNet-8 of gray images': () => resnet8({ width: 8, imageShape: [32, 32, 1] }),
  'ResNet-18 for ImageNet, of images that aren’t square': () =>
    resnet18({ width: 4, stem: 'imagenet', imageShape: [70, 96, 3] }),
  'other layers': () =>
    tf.sequential({
      layers: [
        layers.conv2d({
          inputShape: [9, 8, 2],
          filters: 4,
          kernelSize: 4,
          strides: 2,
          padding: 'same',
          activation: 'tanh',
        }),
        layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
        layers.batchNormalization({ center: false }),
        layers.reLU(),
        layers.dropout({ rate: 0.5 }),
        layers.flatten(),
        layers.dense({ units: 5, activation: 'sigmoid' }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    }),
};
