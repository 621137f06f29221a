/**
 * TensorFlow.js's words for a saved network. Its declarations keep them private, so they are taken from its functions.
 */
import type { tf } from '../engine/tensorflow';

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
