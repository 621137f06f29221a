/** `resnet-notebooks worker`: computes parts of the training steps of another program, on this machine or elsewhere. */
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { UsageError } from '../setup/errors.mjs';
import { packageRoot } from '../setup/project.mjs';

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
 * Runs a worker until it is told to end; the library has to be compiled.
 *
 * @param {{ host: string, port: number }} options
 * @returns {Promise<number>} the exit code
 */
export async function runWorker({ host, port }) {
  const { forkWorker } = createRequire(import.meta.url)(
    join(packageRoot, 'lib', 'dist', 'engine', 'runtime', 'localWorkers.js'),
  );
  const { child, status } = await forkWorker({ host, port });
  // Before it says that it listens: who reads that may end it at once.
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    child.once('exit', (/** @type {number | null} */ code) => resolve(code ?? 1));
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
      process.on(signal, () => {
        resolve(0);
        // TensorFlow's server can't be stopped otherwise. It keeps nothing that could be lost.
        child.kill('SIGKILL');
      });
    }
  });
  const name = host.includes(':') ? `[${host}]` : host;
  const { processor, devices, kernels } = status;
  console.log(`Worker ${name}:${port}: ${processor}, ${devices.join(' and ')}, kernels ${kernels}.
It listens on the ports ${port} and ${port + 1} of ${host}, until Ctrl-C.
${
  ['127.0.0.1', '::1'].includes(host)
    ? 'Other machines reach it by --host, or through an SSH tunnel (README).'
    : "TensorFlow's servers know no passwords: whoever reaches this address runs what they like. Use it in a network of your own only."
}`);
  return ended;
}
