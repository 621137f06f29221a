/**
 * The stages of a ResNet, in which an image becomes smaller and gains channels.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';

/**
 * The layers with which the stages of a network of `resNet` end: the ReLU after the first convolution, then the last block of
 * each stage, `layer1.1`.
 *
 * @throws ModelError where there are none
 */
export function stageLayers(net: TensorFlow.LayersModel): string[] {
  const stages = new Map<string, string>(); // the last block of each
  for (const { name } of net.layers) {
    const stage = /^(features|layer\d+)\.(relu|\d+)$/.exec(name)?.[1];
    if (stage) stages.set(stage, name);
  }
  if (stages.size === 0) {
    throw new ModelError(
      `${net.name} has no stages.`,
      'Use a network of resnet8() to resnet152(), or one saved from them.',
    );
  }
  return [...stages.values()];
}
