/** The network that the inputs are shown to, and what it has to say of a photo it knows. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDataFolder } from '../../lib/data/folders';
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';
import { loadModel } from '../../lib/models/files/loadModel';
import type { Prediction } from '../../lib/prediction/prediction';

/** The network that ships with the library. */
export const PRETRAINED: string = join(packageDataFolder(), 'pretrained', 'resnet8');
/** A photo of 640×265 pixels. */
export const TRUCK: Buffer = readFileSync(join(packageDataFolder(), 'pictures', 'truck.png'));

let loading: Promise<TensorFlow.LayersModel> | undefined;

/** The pretrained network, loaded once. */
export function network(): Promise<TensorFlow.LayersModel> {
  loading ??= loadModel(PRETRAINED);
  return loading;
}

/** Fails unless what was seen is the truck, upright and in its colors; the network is as good as certain of it. */
export function isTruck({ className, probability, image }: Prediction): void {
  assert.ok(image.width > image.height, `${image.width}×${image.height}`);
  assert.equal(className, 'truck');
  assert.ok(probability > 0.9, `${probability}`);
}

/** Fails unless there is an answer: of an image that shows nothing, any will do. */
export function isPrediction({ probabilities }: Prediction): void {
  assert.ok(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
}
