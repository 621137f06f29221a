/**
 * What each operation of a recorded step costs: TensorFlow's own trace of one run, added up by operation.
 */

/** The cost of all nodes of one operation in one run of a step. */
export interface OperationCost {
  /** TensorFlow's name of the kernel that ran, which may be a fused one that took the place of several operations. */
  operation: string;
  /** How many nodes ran it. */
  count: number;
  /** Milliseconds that they took together. Nodes run side by side, so all costs may add up to more than the run took. */
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
const DEVICE_STEP_STATS = { nodes: 2 };
const NODE_EXEC_STATS = { label: 8, opStartNanos: 14, opEndNanos: 15 };

/**
 * Adds up a trace by operation, the dearest first.
 *
 * @param metadata a serialized `tensorflow.RunMetadata`
 */
export function operationCosts(metadata: Uint8Array): OperationCost[] {
  const costs = new Map<string, OperationCost>();
  const nodes = bytesIn(metadata, RUN_METADATA.stepStats)
    .flatMap((stepStats) => bytesIn(stepStats, STEP_STATS.devices))
    .flatMap((device) => bytesIn(device, DEVICE_STEP_STATS.nodes));
  for (const node of nodes) {
    const label = bytesIn(node, NODE_EXEC_STATS.label).map((text) => Buffer.from(text).toString())[0] ?? '';
    const operation = / = ([^(]+)\(/.exec(label)?.[1]; // "name = Operation(inputs)"
    if (operation === undefined) continue; // a transfer, not an operation
    const cost = costs.get(operation) ?? { operation, count: 0, ms: 0 };
    cost.count++;
    cost.ms +=
      (integerIn(node, NODE_EXEC_STATS.opEndNanos) - integerIn(node, NODE_EXEC_STATS.opStartNanos)) / 1e6;
    costs.set(operation, cost);
  }
  return [...costs.values()].sort((a, b) => b.ms - a.ms);
}
