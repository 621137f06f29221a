/**
 * Workers that this process starts, each a process of its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:net';
import { extname, join } from 'node:path';
import { checkPositiveInteger } from '../../checks';
import { ConfigError, WorkerError } from '../../errors';
import { addonFolder } from './tensorflow';
import type { WorkerOptions } from './workerServer';
import { tensorflowPort, type WorkerStatus } from './workers';

/** A worker's process. */
export interface WorkerProcess {
  child: ChildProcess;
  status: WorkerStatus;
}

/**
 * Starts a worker. It ends with this process, or when it is killed.
 *
 * @throws WorkerError where it can't be started
 */
export async function forkWorker({ host, port }: WorkerOptions): Promise<WorkerProcess> {
  if (process.platform !== 'linux') {
    throw new WorkerError('A worker needs Linux.', 'Start it on a machine that has it.');
  }
  const child = fork(join(__dirname, `workerProcess${extname(__filename)}`), [host, String(port)], {
    cwd: __dirname,
    env: {
      ...process.env,
      // TensorFlow's server would listen on all addresses.
      LD_PRELOAD: join(addonFolder(), 'listen_host.node'),
      RESNET_LISTEN_HOST: host,
    },
  });
  const said = await new Promise<{ ready?: WorkerStatus; problem?: string; fix?: string }>((resolve) => {
    child.once('message', resolve);
    child.once('exit', () => resolve({}));
  });
  if (said.ready) return { child, status: said.ready };
  throw new WorkerError(
    said.problem ?? 'The process of the worker ended before it was ready.',
    said.fix ?? 'See above what it printed.',
  );
}

const MOST = 64;

/** Workers on this machine. */
export interface LocalWorkers {
  /** Their names, for `devices` of `train` and `evaluate`. */
  devices: string[];
  /** Their processes' ids, by which one can be pinned to a core, or ended. */
  pids: number[];
  /** Ends them. */
  stop(): void;
}

/**
 * Starts workers on this machine, on ports that are free, reachable from this machine alone. They end with this process.
 *
 * @param count how many, 64 at the most
 * @throws ConfigError for another number
 * @throws WorkerError where one can't be started
 */
export async function startWorkers(count: number): Promise<LocalWorkers> {
  checkPositiveInteger('count', count);
  if (count > MOST)
    throw new ConfigError(`${count} workers are too many for a machine.`, `Start ${MOST} at the most.`);
  const host = '127.0.0.1';
  const started: { worker: WorkerProcess; port: number }[] = [];
  const stop = () => {
    for (const { worker } of started) worker.child.kill('SIGKILL');
  };
  try {
    while (started.length < count) {
      const port = await freePorts(host);
      started.push({ port, worker: await forkWorker({ host, port }) });
    }
  } catch (error) {
    stop();
    throw error;
  }
  for (const { worker } of started) {
    // They shall not keep this process alive.
    worker.child.unref();
    worker.child.channel?.unref();
  }
  return {
    devices: started.map(({ port }) => `${host}:${port}`),
    pids: started.map(({ worker }) => worker.child.pid!),
    stop,
  };
}

/** A port that is free together with the next one. */
async function freePorts(host: string): Promise<number> {
  for (;;) {
    const port = await listenOnce(host, 0);
    if (await listenOnce(host, tensorflowPort(port)).catch(() => undefined)) return port;
  }
}

/** Listens on a port for a moment, and says which it was. */
function listenOnce(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const { port: chosen } = server.address() as { port: number };
      server.close(() => resolve(chosen));
    });
  });
}
