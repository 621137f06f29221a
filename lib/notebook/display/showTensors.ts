/**
 * TensorFlow.js's own objects in `console.log` and as the last line of a cell.
 */
import { inspect } from 'node:util';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { shortTensorText, tensorText } from '../../engine/tensorText';
import { layerText, networkText, shapeText, shortLayerText } from '../../models/networkText';
import { showAs } from '../../showAs';

/**
 * Has tensors, variables, networks, layers and optimizers of TensorFlow.js printed as what they are, at most a screenful, instead of as
 * their fields. Their own `print` and `toString` stay as they are.
 */
export function showTensors(): void {
  const { Layer } = tf.layers as unknown as { Layer: { prototype: TensorFlow.layers.Layer } };
  showAs(tf.Tensor.prototype, { full: (tensor) => tensorText(tensor), short: shortTensorText });
  showAs(tf.LayerVariable.prototype, {
    full: (weight) => tensorText(weight.read()),
    short: (weight) => shortTensorText(weight.read()),
  });
  showAs(tf.SymbolicTensor.prototype, {
    full: ({ name, dtype, shape }) => `SymbolicTensor '${name}' ${dtype} ${shapeText(shape)}`,
  });
  showAs(Layer.prototype, { full: layerText, short: shortLayerText });
  showAs(tf.LayersModel.prototype, { full: networkText, short: shortLayerText });
  showAs(tf.Optimizer.prototype, {
    full: (optimizer) => `${optimizer.getClassName()} ${inspect(optimizer.getConfig())}`,
    short: (optimizer) =>
      `${optimizer.getClassName()} ${inspect(optimizer.getConfig(), { breakLength: Number.POSITIVE_INFINITY })}`,
  });
}
