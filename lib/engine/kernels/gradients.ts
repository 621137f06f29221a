/**
 * Gradients of TensorFlow.js that are slow on this backend, replaced by TensorFlow's own.
 *
 * TensorFlow.js writes the gradients of `relu`, `mean` and `sum` with tensors of ones as large as the activation, made in
 * JavaScript on every call: 290 MB in one step of a ResNet-18 at batch 128.
 */
import { floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { fusionsOf } from './fusion';
import { rememberReluGradient } from './reluGradient';
import { gradientReplacement, type Replacement } from './replacement';

/** `dy` of a reduction, spread over the shape that was reduced. */
function spread(dy: TensorFlow.Tensor, shape: number[], axis: number | number[]): TensorFlow.Tensor {
  const axes = tf.util.parseAxisParam(axis, shape);
  const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const target = tf.tensor1d(shape, 'int32');
  const { binding } = nativeBackend();
  return nativeBackend().executeSingleOutput(
    'BroadcastTo',
    [typeAttribute('T', floatType()), typeAttribute('Tidx', binding.TF_INT32)],
    [tf.reshape(dy, kept), target],
  );
}

/** The gradients of `relu`, `sum` and `mean`. */
export const gradients: readonly Replacement[] = [
  gradientReplacement({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => {
        const inputs = { dy: dy as TensorFlow.Tensor, y };
        const dx =
          fusionsOf(inputs.dy)?.reluGradient?.(y) ??
          nativeBackend().executeSingleOutput(
            'ReluGrad',
            [typeAttribute('T', floatType())],
            [inputs.dy, inputs.y],
          );
        rememberReluGradient(dx, inputs);
        return dx;
      },
    }),
  }),
  gradientReplacement({
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({
      x: () => spread(dy as TensorFlow.Tensor, x.shape, attrs.axis as number | number[]),
    }),
  }),
  gradientReplacement({
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => {
      const axis = attrs.axis as number | number[];
      const count = tf.util.parseAxisParam(axis, x.shape).reduce((product, i) => product * x.shape[i], 1);
      return { x: () => spread(tf.div(dy as TensorFlow.Tensor, count), x.shape, axis) };
    },
  }),
];
