/** The network that a worker's arguments name. */
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';
import { NETWORKS } from '../../lib/training/recipe';

/** Makes a network by its name. */
export function network(name: string, width: number | string, seed = 0): TensorFlow.LayersModel {
  return NETWORKS[name as keyof typeof NETWORKS]({ width: Number(width), seed });
}
