/**
 * All that changes in a training run, as the files of a checkpoint, and back.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { damaged, type Files } from './checkpointFiles';
import { parameters } from './parameters';
import { describe, type Position, type RunParts, readDescription } from './runDescription';

/** Numbers of tensors, one after the other. */
function bytesOf(arrays: Float32Array[]): Uint8Array {
  return Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** The same as arrays again, as long as tensors are. */
function arraysOf(
  files: Record<string, Buffer>,
  name: string,
  tensors: readonly TensorFlow.Tensor[],
  path: string,
): Float32Array[] {
  const { buffer, byteOffset, length } = files[name] ?? Buffer.of();
  const expected = tensors.reduce((total, { size }) => total + 4 * size, 0);
  if (length !== expected) throw damaged(path, `${name} has ${length} bytes, not ${expected}`);
  let at = byteOffset;
  return tensors.map(({ size }) => {
    const bytes = buffer.slice(at, at + 4 * size);
    at += 4 * size;
    return new Float32Array(bytes);
  });
}

/** A run's state as files. */
export function runFiles(parts: RunParts, position: Position): Files {
  const weights = parts.net.weights.map((weight) => weight.read().dataSync() as Float32Array);
  return {
    'checkpoint.json': JSON.stringify(describe(parts, position), null, 2),
    'weights.bin': bytesOf(weights),
    'velocities.bin': bytesOf(parts.optimizer.velocities(parameters(parts.net))),
  };
}

/**
 * Brings a run to the state that files tell.
 *
 * @param path where they were read, for errors
 * @param epochs that are behind them by their place
 * @throws ModelError where they are damaged or of another run or format; nothing was changed then
 */
export function restoreRun(
  parts: RunParts,
  files: Record<string, Buffer>,
  path: string,
  epochs: number,
): Position {
  const description = readDescription(files['checkpoint.json'], parts, path, epochs);
  const { net, optimizer, scheduler, lossScale, trainLoader, testLoader } = parts;
  const variables = net.weights.map((weight) => weight.read());
  const weights = arraysOf(files, 'weights.bin', variables, path);
  const velocities = arraysOf(files, 'velocities.bin', parameters(net), path);
  tf.tidy(() => net.setWeights(weights.map((array, i) => tf.tensor(array, variables[i].shape))));
  optimizer.loadStateDict(description.optimizer);
  optimizer.setVelocities(parameters(net), velocities);
  if (description.scheduler) scheduler?.loadStateDict(description.scheduler);
  if (description.lossScale) lossScale?.loadStateDict(description.lossScale);
  trainLoader.epoch = description.loaderEpochs.train;
  testLoader.epoch = description.loaderEpochs.test;
  const { records, progress, rateFactor } = description;
  return { records, progress, rateFactor };
}
