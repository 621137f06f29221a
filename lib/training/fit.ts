/**
 * Whether a network and a data set go together.
 */
import type { Dataset } from '../data/dataset';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';

/** @throws ModelError unless the network takes the data set's images and has an output for each of its classes */
export function checkFit(net: TensorFlow.LayersModel, { imageShape, classNames }: Dataset): void {
  const input = net.inputs[0].shape.slice(1); // null where any size goes
  if (
    input.length !== imageShape.length ||
    input.some((size, i) => size !== null && size !== imageShape[i])
  ) {
    throw new ModelError(
      `The network takes images of [${input.join(', ')}], the data set has [${imageShape.join(', ')}].`,
      `Make the network with an input of [${imageShape.join(', ')}].`,
    );
  }
  const output = net.outputs[0].shape; // [n, classes]
  if (output.length !== 2 || output[1] !== classNames.length) {
    throw new ModelError(
      `The network's output is [${output.slice(1).join(', ')}], the data set has ${classNames.length} classes.`,
      `Make the network with numClasses: ${classNames.length}.`,
    );
  }
}
