/** Traces as TensorFlow writes them, with names and times that it gave on an H200. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { operationCosts } from '../../lib/engine/runtime/operationCosts';
import { type Field, message } from '../../lib/engine/runtime/protobuf';

type Node = Field[];

/** What the processor did for a node: nanoseconds from its start. */
const launched = (label: string, nanos: number): Node => [
  [8, label],
  [14, 1000],
  [15, 1000 + nanos],
];
/** What a GPU did for a node, in microseconds. */
const kernel = (name: string, micros: number): Node => [
  [1, name],
  [5, micros],
  [8, 'void cudnn::some_kernel regs:32 grid:4,1,1'],
];

function trace(devices: Record<string, Node[]>): Uint8Array {
  const fields = Object.entries(devices).map(([name, nodes]): Field => {
    const all = nodes.map((node): Field => [2, message(...node)]);
    return [1, message([1, name], ...all)];
  });
  return message([1, message(...fields)]);
}

const HOST = '/job:localhost/replica:0/task:0/device:';
const conv = launched('Conv2D_67 = Conv2D(Cast_65, Cast_66)', 1_095_000);
const read = launched('ReadVariableOp_66 = ReadVariableOp(VarHandleOp_1)', 2000);

describe('the cost of operations', () => {
  test('the cost of operations on a GPU is what its kernels took, not what it took to start them', () => {
    const costs = operationCosts(
      trace({
        [`${HOST}CPU:0`]: [read],
        [`${HOST}GPU:0`]: [conv],
        '/device:GPU:0/stream:all': [
          kernel('Conv2D_67:Conv2D', 250),
          kernel('Conv2D_67:Conv2D', 125),
          kernel('Relu_75:Relu', 6),
        ],
        '/device:GPU:0/stream:13': [kernel('Conv2D_67:Conv2D', 250)],
        '/device:GPU:0/memcpy': [kernel('MemcpyH2D', 2)],
      }),
    );
    assert.deepEqual(costs, [
      { operation: 'Conv2D', device: 'gpu:0', count: 2, ms: 0.375 },
      { operation: 'Relu', device: 'gpu:0', count: 1, ms: 0.006 },
      { operation: 'ReadVariableOp', device: 'cpu:0', count: 1, ms: 0.002 },
    ]);
  });

  test('the cost of operations on workers tells one worker from another', () => {
    const task = (i: number) => `/job:worker/replica:0/task:${i}/device:CPU:0`;
    const workers = ['127.0.0.1:7001', 'other:7001'];
    assert.deepEqual(operationCosts(trace({ [task(0)]: [conv], [task(1)]: [read] }), workers), [
      { operation: 'Conv2D', device: '127.0.0.1:7001/cpu:0', count: 1, ms: 1.095 },
      { operation: 'ReadVariableOp', device: 'other:7001/cpu:0', count: 1, ms: 0.002 },
    ]);
  });

  test('the cost of operations on a GPU is what it took to start them where nothing else was traced', () => {
    assert.deepEqual(operationCosts(trace({ [`${HOST}GPU:0`]: [conv] })), [
      { operation: 'Conv2D', device: 'gpu:0', count: 1, ms: 1.095 },
    ]);
  });
});
