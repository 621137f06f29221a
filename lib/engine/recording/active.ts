/**
 * The recording under way, and what kernels ask of it. Outside of a recording they run at once.
 */
import { type AttributeList, nativeBackend } from '../runtime/backend';
import type { Precision } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
import * as crossing from './crossing';
import type { Recorder } from './recorder';

let active: Recorder | undefined;

/** Calls `record` with a recorder as the active one. */
export function withRecorder<T>(recorder: Recorder, record: () => T): T {
  active = recorder;
  try {
    return record();
  } finally {
    active = undefined;
  }
}

/** Whether a step is being recorded. */
export function isRecording(): boolean {
  return active !== undefined;
}

/**
 * Updates variables in place by an operation that takes them as resources, which only a recorded step can.
 *
 * @returns false where nothing was done: no step is being recorded, or what the variables hold has to stay for clones, or
 *   was assigned in this step
 */
export function recordUpdate(
  op: string,
  variables: TensorFlow.Variable[],
  inputs: TensorFlow.Tensor[],
  attributes: AttributeList,
): boolean {
  const recorder = active;
  if (!recorder || !variables.every((variable) => recorder.isUpdatable(variable))) return false;
  recorder.update(op, variables, inputs, attributes);
  return true;
}

/**
 * Remembers the values of tensors at this point of the recording.
 *
 * @returns tells whether they are still the same: a variable has another value after an update
 */
export function watchValues(tensors: readonly TensorFlow.Tensor[]): () => boolean {
  const recorder = active;
  const outputs = tensors.map((tensor) => recorder?.outputOf(tensor));
  return () =>
    recorder !== undefined && tensors.every((tensor, i) => recorder.outputOf(tensor) === outputs[i]);
}

/** What the step that is being recorded computes convolutions and products in. */
export function recordingPrecision(): Precision | undefined {
  return active?.precision;
}

/**
 * Places what `record` adds on a device, in the step that is being recorded.
 *
 * @param device `/device:CPU:1`, `/job:worker/task:1/device:CPU:0`
 */
export function onDevice<T>(device: string, record: () => T): T {
  return active ? active.recordAt({ device }, record) : record();
}

/** A tensor of float32 that crosses to another device as bfloat16, so that half as many bytes travel. */
export function sentAsBfloat16(tensor: TensorFlow.Tensor, to: string): TensorFlow.Tensor {
  return active ? crossing.sendAsBfloat16(active, tensor, to) : tensor;
}

/** The worker's device that what is recorded is placed on; undefined for one of this process. */
export function recordingWorker(): string | undefined {
  return active?.workerDevice;
}

/** Has what `record` adds run after a tensor was computed, in the step that is being recorded. */
export function recordAfter<T>(tensor: TensorFlow.Tensor, record: () => T): T {
  return active ? active.recordAfter(tensor, record) : record();
}

/**
 * Records another operation in the place of the one that gives a tensor, which stands for its first output from then on.
 *
 * @returns its other outputs; undefined where nothing is recorded, or something was computed from the tensor before
 */
export function recordInstead(
  tensor: TensorFlow.Tensor,
  record: () => TensorFlow.Tensor[],
): TensorFlow.Tensor[] | undefined {
  if (!active || active.isUsed(tensor)) return undefined;
  const [first, ...others] = record();
  active.replace(tensor, first);
  return others;
}

/**
 * Executes or records an operation whose first output's shape TensorFlow doesn't infer.
 *
 * @param shape of the first output
 */
export function execute(
  op: string,
  attributes: AttributeList,
  inputs: TensorFlow.Tensor[],
  shape: number[],
): TensorFlow.Tensor[] {
  return (
    active?.executeShaped(op, attributes, inputs, shape) ?? [
      nativeBackend().executeSingleOutput(op, attributes, inputs),
    ]
  );
}

/** A number for replicas that are recorded together. */
export function nextReplicaGroup(): number {
  return active!.nextReplicaGroup();
}

/** Sends a tensor of float32 from the device that is recorded for to another one. */
export function send(tensor: TensorFlow.Tensor, by: crossing.Crossing): void {
  crossing.send(active!, tensor, by);
}

/** A tensor of float32 that another device sends to the one that is recorded for. */
export function receive(by: crossing.Crossing, shape: number[]): TensorFlow.Tensor {
  return crossing.receive(active!, by, shape);
}
