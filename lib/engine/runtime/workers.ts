/**
 * Workers: processes, on this machine or on others, that compute parts of a step. Each is one of TensorFlow's gRPC servers with this
 * library's operations (workerServer.ts).
 */
import { ConfigError, quotable, WorkerError } from '../../errors';
import { packageVersion } from '../../ownPackage';
import { nativeBackend } from './backend';
import { type Field, message } from './protobuf';
import { hasNativeOperations, type KernelLevel } from './session';

/** What a worker says of itself, at the port that it is named by. */
export interface WorkerStatus {
  /** This library's version. */
  version: string;
  /** TensorFlow's. */
  tensorflow: string;
  kernels: KernelLevel;
  /** What it computes on, in words. */
  processor: string;
  /** `cpu:0`, and `gpu:0` where it has one. */
  devices: string[];
}

/** A device by its name: `gpu:1`, `host:7001` for a worker's processor, `host:7001/gpu:0`. */
interface Device {
  /** `host:7001`; undefined for this process. */
  worker?: string;
  kind: 'cpu' | 'gpu';
  number: number;
}

/** Milliseconds that a worker has to say what it is. */
const PATIENCE = 5000;

/** @throws ConfigError for what isn't the name of a device */
function deviceOf(name: string): Device {
  const local = /^(cpu|gpu):([0-7])$/.exec(name);
  if (local) return { kind: local[1] as Device['kind'], number: Number(local[2]) };
  const remote = /^((?:[\w.-]+|\[[\da-f:]+\]):[1-9]\d{0,4})(?:\/(cpu|gpu):([0-7]))?$/i.exec(name);
  if (remote && !/^[cg]pu:/.test(name)) {
    const [, worker, kind = 'cpu', number = 0] = remote;
    return { worker, kind: kind as Device['kind'], number: Number(number) };
  }
  throw new ConfigError(
    `There is no device '${quotable(name)}'.`,
    "Name devices 'gpu:0', 'gpu:1' or 'cpu:0', or workers 'host:7001', 'host:7001/gpu:0'.",
  );
}

/**
 * The workers that some devices belong to, each once.
 *
 * @throws ConfigError where devices of this process are among those of workers
 */
export function workersOf(devices: readonly string[]): string[] {
  const parsed = devices.map(deviceOf);
  const workers = [...new Set(parsed.flatMap(({ worker }) => worker ?? []))];
  if (workers.length > 0 && parsed.some(({ worker }) => worker === undefined)) {
    throw new ConfigError(
      'Some devices are those of workers, others of this process.',
      'Start a worker on this machine too, `npx resnet-notebooks worker`, and name it.',
    );
  }
  return workers;
}

/** As how many devices this process's processor is to appear for some devices. */
export function cpusOf(devices: readonly string[]): number {
  const numbers = devices
    .map(deviceOf)
    .map(({ worker, kind, number }) => (worker || kind === 'gpu' ? 0 : number));
  return Math.max(0, ...numbers) + 1;
}

/** TensorFlow's names of some devices, in a session of their workers. */
export function placesOf(devices: readonly string[]): string[] {
  const workers = workersOf(devices);
  return devices.map(deviceOf).map(({ worker, kind, number }) => {
    const task = worker === undefined ? '' : `/job:${JOB}/task:${workers.indexOf(worker)}`;
    return `${task}/device:${kind.toUpperCase()}:${number}`;
  });
}

/** What workers are called in a session of theirs. A server was started under another name, as TensorFlow wants it. */
const JOB = 'worker';

/** The port of a worker's TensorFlow: the one after that which it is named by. */
export function tensorflowPort(port: number): number {
  return port + 1;
}

function tensorflowAddress(worker: string): string {
  const colon = worker.lastIndexOf(':');
  return `${worker.slice(0, colon)}:${tensorflowPort(Number(worker.slice(colon + 1)))}`;
}

/** Where a session of some workers is made: at the first of them. */
export function targetOf([first]: readonly string[]): string {
  return `grpc://${tensorflowAddress(first)}`;
}

/** A serialized `tensorflow.ClusterDef`. */
export function clusterOf(workers: readonly string[], job = JOB): Uint8Array {
  const tasks = workers.map((worker, i): Field => [2, message([1, i], [2, tensorflowAddress(worker)])]);
  return message([1, message([1, job], ...tasks)]);
}

/** Asks a worker what it is. */
async function statusOf(worker: string, patience = PATIENCE): Promise<WorkerStatus> {
  const response = await fetch(`http://${worker}/status`, { signal: AbortSignal.timeout(patience) });
  return (await response.json()) as WorkerStatus;
}

/**
 * Asks the workers of some devices what they are.
 *
 * @throws WorkerError for one that doesn't answer, is of another version of this library or of TensorFlow, or lacks a device
 */
export async function checkWorkers(devices: readonly string[]): Promise<void> {
  const workers = workersOf(devices);
  const statuses = await Promise.all(
    workers.map(async (worker) => {
      const status = await statusOf(worker).catch((cause) => {
        throw new WorkerError(
          `The worker ${worker} doesn't answer: ${reasonOf(cause)}.`,
          `Start it on that machine: \`npx resnet-notebooks worker --port ${worker.split(':').pop()}\`.`,
          { cause, worker },
        );
      });
      return [worker, status] as const;
    }),
  );
  const own = { version: packageVersion(), tensorflow: String(nativeBackend().binding.TF_Version) };
  for (const [worker, status] of statuses) {
    if (status.version !== own.version || status.tensorflow !== own.tensorflow) {
      throw new WorkerError(
        `The worker ${worker} has version ${quotable(status.version)} with TensorFlow ${quotable(status.tensorflow)}, this program ${own.version} with ${own.tensorflow}.`,
        'Install the same version on both, and set it up: `npx resnet-notebooks setup`.',
        { worker },
      );
    }
    if (hasNativeOperations() !== (status.kernels !== 'tensorflow')) {
      throw new WorkerError(
        `Only one of the worker ${worker} and this program has the native operations on: it says kernels ${quotable(status.kernels)}.`,
        'Set RESNET_KERNELS alike for both, and CUDA_VISIBLE_DEVICES=-1 where one has a GPU.',
        { worker },
      );
    }
  }
  devices.map(deviceOf).forEach(({ worker, kind, number }) => {
    const [, status] = statuses.find(([name]) => name === worker) ?? [];
    if (!status || status.devices.includes(`${kind}:${number}`)) return;
    throw new WorkerError(
      `The worker ${worker} has no ${kind}:${number}.`,
      `Name one of its devices: ${status.devices.join(', ')}.`,
      { worker },
    );
  });
}

function reasonOf(cause: unknown): string {
  if ((cause as Error).name === 'TimeoutError') return `no answer in ${PATIENCE / 1000} s`;
  const inner = (cause as { cause?: { code?: string } }).cause?.code;
  return inner ?? (cause as Error).message.split('\n')[0];
}

/** The first of some workers that doesn't say any more what it is. */
export async function silentWorker(workers: readonly string[]): Promise<string | undefined> {
  const answers = await Promise.allSettled(workers.map((worker) => statusOf(worker, PATIENCE / 2)));
  return workers.find((_, i) => answers[i].status === 'rejected');
}

/**
 * The error for a run that failed in a session of workers, where one of them is the reason; undefined where it is the run itself.
 *
 * @param timeout seconds that the run had
 */
export async function lossOf(
  workers: readonly string[],
  cause: unknown,
  timeout: number,
): Promise<WorkerError | undefined> {
  const fix = "Start it again, or leave it out; `onWorkerLost: 'goOn'` continues with the others.";
  const silent = await silentWorker(workers);
  if (silent) {
    return new WorkerError(`The worker ${silent} was lost: it doesn't answer any more.`, fix, {
      cause,
      worker: silent,
    });
  }
  const { message: said } = cause as Error;
  if (/deadline exceeded/i.test(said)) {
    return new WorkerError(
      `A call of the step on ${workers.join(', ')} took more than ${timeout} s.`,
      'Give a higher workerTimeout, smaller batches, or a faster network.',
      { cause },
    );
  }
  if (!/unavailable|failed to connect|remote target|connection|socket|aborted|session|task:\d+/i.test(said))
    return undefined;
  // It answers, but isn't the process that it was.
  const task = /task:(\d+)/.exec(said);
  const worker = task ? workers[Number(task[1])] : undefined;
  return new WorkerError(
    `${worker ? `The worker ${worker}` : 'A worker'} was lost: it was started anew, or the connection was cut.`,
    fix,
    { cause, worker },
  );
}
