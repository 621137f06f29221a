/**
 * What each operation of a recorded step costs: TensorFlow's own trace of one run, added up by operation.
 */

/** The cost of all nodes of one operation on one device, in one run of a step. */
export interface OperationCost {
  /** TensorFlow's name of the kernel that ran, which may be a fused one that took the place of several operations. */
  operation: string;
  /** Where it ran: `cpu:0`, `gpu:0`, on a worker `host:7001/cpu:0`. */
  device: string;
  /** How many nodes ran it; on a GPU, how many kernels. */
  count: number;
  /** Milliseconds that they took together, of a GPU's kernels in whole microseconds each. Nodes run side by side, so all costs may add up to more than the run took. */
  ms: number;
}

/** One field of a protocol buffer message: a whole number, or the bytes of text or of a message. */
type Field = [number: number, value: number | Uint8Array];

/** The fields of a serialized message that is made of whole numbers, text and messages. */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const integer = () => {
    let [value, scale, byte] = [0, 1, 0x80];
    while (byte & 0x80) {
      byte = message[at++];
      value += (byte & 0x7f) * scale;
      scale *= 128;
    }
    return value;
  };
  while (at < message.length) {
    const tag = integer();
    const wireType = tag & 7;
    const size = [0, 8, wireType === 2 ? integer() : 0, 0, 0, 4][wireType];
    if (wireType === 0) {
      yield [tag >> 3, integer()];
    } else {
      yield [tag >> 3, message.subarray(at, at + size)];
      at += size;
    }
  }
}

/** The messages or texts in one field of a message. */
function bytesIn(message: Uint8Array, number: number): Uint8Array[] {
  return [...fieldsOf(message)].flatMap(([field, value]) =>
    field === number && value instanceof Uint8Array ? [value] : [],
  );
}

function integerIn(message: Uint8Array, number: number): number {
  for (const [field, value] of fieldsOf(message)) {
    if (field === number && typeof value === 'number') return value;
  }
  return 0;
}

// Field numbers of tensorflow/core/framework/step_stats.proto and tensorflow/core/protobuf/config.proto.
const RUN_METADATA = { stepStats: 1 };
const STEP_STATS = { devices: 1 };
const DEVICE_STEP_STATS = { device: 1, nodes: 2 };
const NODE_EXEC_STATS = { name: 1, wholeMicros: 5, label: 8, opStartNanos: 14, opEndNanos: 15 };

function textIn(message: Uint8Array, number: number): string {
  return bytesIn(message, number).map((text) => Buffer.from(text).toString())[0] ?? '';
}

/** An operation of a trace, and how long it took. */
interface Ran {
  operation: string;
  ms: number;
}

/** What a node ran, and how long; undefined for a transfer, which isn't an operation. */
function operationOf(node: Uint8Array): Ran | undefined {
  const label = textIn(node, NODE_EXEC_STATS.label);
  const operation = / = ([^(]+)\(/.exec(label)?.[1]; // "name = Operation(inputs)"
  const [start, end] = [NODE_EXEC_STATS.opStartNanos, NODE_EXEC_STATS.opEndNanos].map((field) =>
    integerIn(node, field),
  );
  return operation === undefined ? undefined : { operation, ms: (end - start) / 1e6 };
}

/** What a GPU ran for an operation, and how long. */
function kernelOf(node: Uint8Array): Ran {
  const name = textIn(node, NODE_EXEC_STATS.name); // "name:Operation", or of XLA the kernel's name
  return {
    operation: /^[^:]+:(\w+)$/.exec(name)?.[1] ?? name,
    ms: integerIn(node, NODE_EXEC_STATS.wholeMicros) / 1000,
  };
}

const STREAMS = /^\/device:GPU:(\d+)\/stream:all$/;
// The job, the task and the device: "/job:localhost/replica:0/task:0/device:CPU:0".
const DEVICE = /^\/job:(\w+)\/replica:0\/task:(\d+)\/device:(\w+:\d+)$/;

/**
 * Adds up a trace by operation and device, the most expensive first. Of a GPU it counts what ran there, by its own clock; where the
 * trace lacks that, how long it took to start it.
 *
 * @param metadata a serialized `tensorflow.RunMetadata`
 * @param workers those that the step ran on, by their tasks
 */
export function operationCosts(metadata: Uint8Array, workers: readonly string[] = []): OperationCost[] {
  const costs = new Map<string, OperationCost>();
  const devices = bytesIn(metadata, RUN_METADATA.stepStats)
    .flatMap((stats) => bytesIn(stats, STEP_STATS.devices))
    .map((stats) => ({ stats, name: textIn(stats, DEVICE_STEP_STATS.device) }));
  // Of a worker's card there are no streams in a trace.
  const traced = new Set(
    devices
      .flatMap(({ name }) => STREAMS.exec(name)?.[1] ?? [])
      .map((i) => `/job:localhost/replica:0/task:0/device:GPU:${i}`),
  );
  for (const { stats, name } of devices) {
    const stream = STREAMS.exec(name)?.[1];
    const host = DEVICE.exec(name);
    if (stream === undefined && (host === null || traced.has(name))) continue;
    const worker = host && workers.length > 0 ? `${workers[Number(host[2])]}/` : '';
    const device = `${worker}${(host?.[3] ?? `GPU:${stream}`).toLowerCase()}`;
    for (const node of bytesIn(stats, DEVICE_STEP_STATS.nodes)) {
      const ran = stream === undefined ? operationOf(node) : kernelOf(node);
      if (!ran) continue;
      const key = `${ran.operation} ${device}`;
      const cost = costs.get(key) ?? { operation: ran.operation, device, count: 0, ms: 0 };
      cost.count++;
      cost.ms += ran.ms;
      costs.set(key, cost);
    }
  }
  return [...costs.values()].sort((a, b) => b.ms - a.ms);
}
