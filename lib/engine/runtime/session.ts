/**
 * TensorFlow's graph and session, as this library's own addon (native/graph_session.cc) offers them.
 */
import * as path from 'node:path';
import { checkChoice } from '../../checks';
import { ConfigError, EngineError } from '../../errors';
import { type AttributeList, usesGpu } from './backend';
import { type Field, message } from './protobuf';
import { addonFolder } from './tensorflow';

/** A node's output: the node's number and which of its outputs. */
export type Output = [node: number, output: number];

/** A type and a shape in TensorFlow's terms: its number of the type, -1 for an unknown size, null for an unknown rank. */
export interface OutputType {
  dtype: number;
  shape: number[] | null;
}

/** A tensor's values on their way into TensorFlow. */
export interface Value {
  dtype: number;
  shape: readonly number[];
  data: ArrayBufferView;
}

/** A tensor's values on their way out. */
export interface FetchedValue {
  dtype: number;
  shape: number[];
  data: ArrayBuffer;
}

/** What a run is asked for. */
export type RunArguments = [feeds: Output[], values: Value[], fetches: Output[], targets: number[]];

/** A graph that grows node by node, and a session that runs any part of it. */
export interface GraphSession {
  /** The operation's definition, a serialized `tensorflow.OpDef`. */
  opDef(op: string): Uint8Array;
  addNode(
    op: string,
    name: string,
    inputs: (Output | Output[])[],
    attributes: AttributeList,
    controlInputs: number[],
    device: string,
  ): { node: number; outputs: OutputType[] };
  run(...args: RunArguments): FetchedValue[];
  /** Runs on a thread of its own, after all runs asked for before. */
  runAsync(...args: RunArguments): Promise<FetchedValue[]>;
  /** Runs as `run` does, and gives what each node cost: a serialized `tensorflow.RunMetadata`. */
  profile(...args: RunArguments): Uint8Array;
  close(): void;
}

interface Addon {
  GraphSession: new (
    config: Uint8Array,
    tensorFloat32: boolean,
    target: string,
    timeout: number,
  ) => GraphSession;
  /** Starts a TensorFlow server, of a serialized `tensorflow.ServerDef`, in this process. */
  startServer(definition: Uint8Array): string;
  kernels: KernelLevel;
  /** Whether the operation DirectConv2DMaxPool takes a convolution, and is faster. Its sizes are in the order of native/convolution/convolution.h. */
  shouldPool(sizes: number[], arithmetic: number): boolean;
}

/**
 * The instructions that this library's native operations use; `tensorflow` where they are off. `portable` is what a compiler makes for
 * any processor.
 */
export type KernelLevel = (typeof KERNEL_LEVELS)[number];

const KERNEL_LEVELS = ['tensorflow', 'portable', 'avx2', 'avx512', 'avx512_bf16', 'amx_bf16'] as const;

/** The addon. Sessions are made by the class that stands in it, so that a benchmark may put one that counts there. */
export function addon(): Addon {
  try {
    return require(path.join(addonFolder(), 'graph_session.node'));
  } catch (cause) {
    throw new EngineError(
      `The engine's addon can't be loaded: ${(cause as Error).message.split('\n')[0]}`,
      'Run the set-up again: `npm run setup` in this project, `npx resnet-notebooks setup` in your own.',
      { cause },
    );
  }
}

/** What TensorFlow says of a failure, without what it repeats: an operation's definition, all kernels that there are. */
export function reasonOf(cause: unknown): string {
  const [reason] = (cause as Error).message.split(
    /;? (?:while building NodeDef|for '\{\{node|used by \{\{node)|\n|; NodeDef/,
  );
  return reason.length > 300 ? `${reason.slice(0, 300)}…` : reason;
}

/**
 * What convolutions and products are computed in, and on a GPU in 16 bits what follows them. `float32`: all of its 24 bits. `tf32`: float32 whose factors a GPU may round
 * to 11 bits, where it is faster by that; TensorFlow's default. `exact`: float32 by each product of a convolution's definition, where else
 * Winograd's algorithm takes fewer. `bfloat16`: 8 bits and the range of float32. `float16`: 11 bits, and
 * a range that gradients fall out of unless the loss is scaled. `fast`: the fastest of them on this machine that trains as well as float32. On a GPU, steps that run at the same time should agree on
 * float32 or tf32: TensorFlow has one switch for both.
 */
export type Precision = 'float32' | 'tf32' | 'exact' | 'bfloat16' | 'float16' | 'fast';

export const PRECISIONS: readonly Precision[] = ['float32', 'tf32', 'exact', 'bfloat16', 'float16', 'fast'];

/** How a session is made. */
export interface SessionOptions {
  /** As how many devices the processor is to appear, for a step that is spread over them. Default 1. */
  cpus?: number;
  /** How many operations may run at a time. Default: as many as there are processor devices. */
  operationsAtATime?: number;
  /** The workers that it runs on instead of this process. */
  cluster?: {
    /** A serialized `tensorflow.ClusterDef`. */
    definition: Uint8Array;
    /** The server that it is made at: `grpc://host:7002`. */
    target: string;
    /** Seconds that a run may take. */
    timeout: number;
    /** Their names, in the order of their tasks. */
    workers: readonly string[];
  };
}

/** A session's options, and what the step that it runs was told. */
export interface SessionSettings extends SessionOptions {
  /** Whether a GPU may round factors of float32 to 11 bits, which `float32` forbids. Default `tf32`. */
  precision?: Precision;
  /** Has TensorFlow's XLA compile what it can of the graph, on a GPU. Default false. */
  xla?: boolean;
}

/**
 * A serialized `tensorflow.ConfigProto`.
 *
 * The processor appears as so many devices, and so many operations run at a time, each on all of its cores: two at a time only take
 * the cache from each other, which makes a step of a residual network 4 to 9 % longer. A GPU chooses the number itself.
 */
export function sessionConfig({
  cpus = 1,
  operationsAtATime = cpus,
  xla = false,
  cluster,
}: SessionSettings): Uint8Array {
  const onGpu = usesGpu();
  const isPlainGpu = onGpu && cpus === 1;
  const deviceCount: Field = [1, message([1, 'CPU'], [2, cpus])];
  const interOpThreads: Field = [5, operationsAtATime];
  const globalJitLevel: Field = [3, message([5, 1])]; // optimizer_options: ON_1
  const allowSoftPlacement: Field = [7, 1];
  const graphOptions: Field = [10, message(...(xla ? [globalJitLevel] : []))];
  return message(
    ...(isPlainGpu ? [] : [deviceCount, interOpThreads]),
    // What a card has no kernel for, the processor computes.
    ...(onGpu || cluster ? [allowSoftPlacement] : []),
    graphOptions,
    // operation_timeout_in_ms, cluster_def, isolate_session_state
    ...(cluster
      ? ([
          [11, 1000 * cluster.timeout],
          [14, cluster.definition],
          [15, 1],
        ] as const)
      : []),
  );
}

/** An empty graph with its session. */
export function newGraphSession(options: SessionSettings = {}): GraphSession {
  const { target = '', timeout = 0 } = options.cluster ?? {};
  return new (addon().GraphSession)(
    sessionConfig(options),
    !['float32', 'exact'].includes(options.precision ?? 'tf32'),
    target,
    1000 * timeout,
  );
}

/**
 * The instructions that the native operations use on this processor: the most that it has, or what the environment variable
 * RESNET_KERNELS names, for tests and benchmarks.
 *
 * @throws ConfigError where RESNET_KERNELS is another word, or names what the processor doesn't have
 */
export function kernelLevel(): KernelLevel {
  const wanted = process.env.RESNET_KERNELS;
  if (wanted) checkChoice('RESNET_KERNELS', wanted, KERNEL_LEVELS);
  const { kernels } = addon();
  if (wanted && wanted !== kernels) {
    throw new ConfigError(
      `RESNET_KERNELS is ${wanted}, which this processor doesn't have.`,
      'Leave it unset, or name instructions that the processor has.',
    );
  }
  return usesGpu() ? 'tensorflow' : kernels;
}

/** Whether the native operations multiply bfloat16 by instructions of the processor. */
export function hasBfloat16Products(): boolean {
  return kernelLevel().endsWith('_bf16');
}

/** Whether to use this library's native operations (native/session/operations.cc). */
export function hasNativeOperations(): boolean {
  return kernelLevel() !== 'tensorflow';
}
