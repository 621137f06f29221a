/** The network that a worker's arguments name. */
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';
import {
  type ResNetMaker,
  resnet10,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
} from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';

const NETWORKS: Record<string, ResNetMaker> = {
  resnet8,
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
