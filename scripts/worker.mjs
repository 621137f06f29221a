/** `resnet-notebooks worker`: computes parts of the training steps of another program, on this machine or elsewhere. */
import { fork } from 'node:child_process';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { SetupError, UsageError } from './setup/errors.mjs';
import { packageFolder, packageRoot } from './setup/project.mjs';

/**
 * Where a worker is to listen, of the command's options.
 *
 * @param {{ host?: string, port?: string }} options
 * @throws {UsageError}
 */
export function planWorker({ host = '127.0.0.1', port = '7001' }) {
  if (!isIP(host)) {
    throw new UsageError(
      `worker: --host is "${host}".`,
      'Give an address of this machine: 10.0.0.5. 0.0.0.0 is all of them.',
    );
  }
  // It takes two ports.
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65534) {
    throw new UsageError(`worker: --port is "${port}".`, 'Give a number of 1 to 65534.');
  }
  return { host, port: Number(port) };
}

/**
 * Runs a worker until it is told to end. TensorFlow's server listens on all addresses, so it runs in a process into which
 * listen_host was loaded.
 *
 * @param {{ host: string, port: number }} options
 * @returns {Promise<number>} the exit code
 */
export function runWorker({ host, port }) {
  if (process.platform !== 'linux') {
    throw new SetupError('A worker needs Linux.', 'Start it on a machine that has it.');
  }
  const listenHost = join(packageFolder('@tensorflow/tfjs-node-gpu'), 'lib', 'napi-v8', 'listen_host.node');
  const child = fork(join(packageRoot, 'scripts', 'workerProcess.mjs'), [host, String(port)], {
    env: { ...process.env, LD_PRELOAD: listenHost, RESNET_LISTEN_HOST: host },
  });
  let isAsked = false;
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    process.on(signal, () => {
      isAsked = true;
      // TensorFlow's server can't be stopped otherwise. It keeps nothing that could be lost.
      child.kill('SIGKILL');
    });
  }
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(isAsked ? 0 : (code ?? 1)));
  });
}
