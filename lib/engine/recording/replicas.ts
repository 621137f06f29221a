/**
 * Replicas: devices that record the same computation, one after the other, for parts of a batch, and tell each other tensors.
 */
import type { TensorFlow } from '../runtime/tensorflow';
import { nextReplicaGroup, receive, send } from './active';

/** Replicas that are to compute as one. */
export interface Replicas {
  /** A device each, as in a placement. */
  places: readonly string[];
  /** The share of the batch that each has. */
  shares: readonly number[];
}

let group = 0;
let current: (Replicas & { rank: number; exchanges: number }) | undefined;

/** Records what a replica computes, by its place among them; the first one begins. */
export function asReplica<T>(replicas: Replicas, rank: number, record: () => T): T {
  if (rank === 0) group = nextReplicaGroup();
  current = { ...replicas, rank, exchanges: 0 };
  try {
    return record();
  } finally {
    current = undefined;
  }
}

/** The replica that is being recorded; undefined where each device computes by itself. */
export function currentReplica(): (Replicas & { rank: number }) | undefined {
  return current;
}

/**
 * A tensor of float32 of each replica, in their order, on the device of the one that is being recorded. Each has to call this as often, with
 * tensors of the same shapes in the same order.
 */
export function fromAllReplicas(tensor: TensorFlow.Tensor): TensorFlow.Tensor[] {
  const { places, rank } = current!;
  const exchange = current!.exchanges++;
  const crossing = (from: number, to: number) => ({
    name: `replica ${from} to ${to}, exchange ${exchange} of group ${group}`,
    from: places[from],
    to: places[to],
  });
  places.forEach((_, other) => {
    if (other !== rank) send(tensor, crossing(rank, other));
  });
  return places.map((_, other) => (other === rank ? tensor : receive(crossing(other, rank), tensor.shape)));
}
