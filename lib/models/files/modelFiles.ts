/**
 * The files of a saved network: TensorFlow.js's words for them, which its declarations keep private and its functions give
 * away, and what their names say.
 */
import { createHash } from 'node:crypto';
import type { tf } from '../../engine/runtime/tensorflow';

/** A network on its way to files or from them. */
export type ModelArtifacts = Parameters<Parameters<typeof tf.io.withSaveHandler>[0]>[0];
/** What saving reports. */
export type SaveResult = Awaited<ReturnType<Parameters<typeof tf.io.withSaveHandler>[0]>>;
/** What model.json holds. */
export type ModelJson = Parameters<typeof tf.io.getModelArtifactsForJSON>[0];
/** Where model.json says the weights are, and what they are. */
export type WeightsManifest = ModelJson['weightsManifest'];
/** Name, shape and type of one weight. */
export type WeightSpec = WeightsManifest[number]['weights'][number];

/** The name of a file of weights, told from its content: a description is never paired with the wrong weights. */
export function weightsFileName(weights: Uint8Array): string {
  return `weights.${createHash('sha256').update(weights).digest('hex').slice(0, 8)}.bin`;
}

/** Whether a path has the form of such a name; other tools name weights otherwise. */
export function isNamedByContent(path: string): boolean {
  return /\bweights\.[0-9a-f]{8}\.bin$/.test(path);
}
