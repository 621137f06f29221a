/** Prints shapes as pictures pass through a network. */
import type { TensorFlow } from '../engine/runtime/tensorflow';

/**
 * Makes a network print the output shape of the named layers whenever it computes them, as `block 1 output: [2, 32, 32, 64]`.
 *
 * The layers' `call` is wrapped in place, so that the network's structure, and what is saved of it, stay as they are.
 */
export function logOutputShapes(net: TensorFlow.LayersModel, layerNames: readonly string[]): void {
  layerNames.forEach((name, i) => {
    const layer = net.getLayer(name);
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const outputs = call(inputs, kwargs);
      const { shape } = Array.isArray(outputs) ? outputs[0] : outputs;
      console.log(`block ${i + 1} output: [${shape.join(', ')}]`);
      return outputs;
    };
  });
}
