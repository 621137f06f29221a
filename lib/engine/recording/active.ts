/**
 * The recording under way, and what kernels ask of it. Outside of a recording they run at once.
 */
import { type AttributeList, nativeBackend } from '../runtime/backend';
import type { Precision } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
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

/** Devices that record the same computation for parts of a batch, one after the other. */
export interface Replicas {
  /** A device each, as `onDevice` takes it. */
  places: readonly string[];
  /** The share of the batch that each has. */
  shares: readonly number[];
}

/** The replica that is being recorded. */
let replica: (Replicas & { rank: number; exchanges: number; group: number }) | undefined;

/** Records what a replica computes, by its place among them. */
export function asReplica<T>(replicas: Replicas, rank: number, record: () => T): T {
  const recorder = active!;
  if (rank === 0) recorder.replicaGroups++;
  replica = { ...replicas, rank, exchanges: 0, group: recorder.replicaGroups };
  try {
    return record();
  } finally {
    replica = undefined;
  }
}

/** The replica that is being recorded, where there are several that are to compute as one. */
export function currentReplica(): (Replicas & { rank: number }) | undefined {
  return replica;
}

/**
 * A tensor of float32 of each replica, in their order, on the device of this one. Every replica has to call this as often, with tensors of
 * the same shapes in the same order.
 */
export function fromAllReplicas(tensor: TensorFlow.Tensor): TensorFlow.Tensor[] {
  const recorder = active!;
  const { places, rank, group } = replica!;
  const exchange = replica!.exchanges++;
  const crossing = (from: number, to: number) => ({
    name: `replica ${from} to ${to}, exchange ${exchange} of group ${group}`,
    from: places[from],
    to: places[to],
  });
  places.forEach((_, other) => {
    if (other !== rank) recorder.send(tensor, crossing(rank, other));
  });
  return places.map((_, other) =>
    other === rank ? tensor : recorder.receive(crossing(other, rank), tensor.shape),
  );
}

/** A tensor of float32 that crosses to another device as bfloat16, so that half as many bytes travel. */
export function sentAsBfloat16(tensor: TensorFlow.Tensor, to: string): TensorFlow.Tensor {
  return active ? active.sentAsBfloat16(tensor, to) : tensor;
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
