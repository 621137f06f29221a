/**
 * The process of a worker: a TensorFlow server with this library's operations, and a port that says what it is.
 */
import { createServer } from 'node:http';
import { ConfigError, WorkerError } from '../../errors';
import { packageVersion } from '../../ownPackage';
import { nativeBackend, usesGpu } from './backend';
import { device } from './device';
import { message } from './protobuf';
import { addon, kernelLevel, sessionConfig } from './session';
import { clusterOf, tensorflowPort, type WorkerStatus } from './workers';

/** Where a worker listens. */
export interface WorkerOptions {
  host: string;
  port: number;
}

/**
 * With one thread for operations, a request for a weight would wait until all operations that are ready had run, and the workers would
 * compute one after the other.
 */
const OPERATIONS_AT_A_TIME = 4;

/** What a server is called until a session's cluster names it. */
const JOB = 'local';

/**
 * Makes this process a worker, until it ends. It has to be started with `native/listen` loaded, and RESNET_LISTEN_HOST the host: TensorFlow's
 * server listens on all addresses otherwise.
 *
 * @returns what it answers at its port
 * @throws WorkerError where it can't listen
 */
export async function startWorker({ host, port }: WorkerOptions): Promise<WorkerStatus> {
  if (process.env.RESNET_LISTEN_HOST !== host) {
    throw new ConfigError(
      'A worker started like this would listen on all addresses.',
      'Start it by the command: `npx resnet-notebooks worker`.',
    );
  }
  const status: WorkerStatus = {
    version: packageVersion(),
    tensorflow: String(nativeBackend().binding.TF_Version),
    kernels: kernelLevel(),
    processor: device().name,
    devices: ['cpu:0', ...(usesGpu() ? ['gpu:0'] : [])],
  };
  await listen({ host, port }, status);
  const definition = message(
    [1, clusterOf([`${host.includes(':') ? `[${host}]` : host}:${port}`], JOB)],
    [2, JOB],
    [3, 0],
    [4, sessionConfig({ operationsAtATime: OPERATIONS_AT_A_TIME })],
    [5, 'grpc'],
    [7, tensorflowPort(port)],
  );
  try {
    addon().startServer(definition);
  } catch (cause) {
    throw new WorkerError(
      `TensorFlow's server can't listen on port ${tensorflowPort(port)} of ${host}: ${(cause as Error).message}`,
      'Give another --port: a worker takes it and the next one.',
      { cause },
    );
  }
  return status;
}

/** Answers `GET /status`. */
function listen({ host, port }: WorkerOptions, status: WorkerStatus): Promise<void> {
  const server = createServer((request, response) => {
    const isKnown = request.method === 'GET' && request.url === '/status';
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isKnown ? JSON.stringify(status) : '{}');
  });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new WorkerError(
          `The worker can't listen on port ${port} of ${host}: ${cause.message}.`,
          'Give another --port, and as --host an address of this machine.',
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
