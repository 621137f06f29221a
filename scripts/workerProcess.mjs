/** The process of a worker. Its arguments: host and port. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { main } from './main.mjs';
import { packageRoot } from './setup/project.mjs';

const [host, port] = process.argv.slice(2);
// Who started it has gone. TensorFlow's server can't be stopped, and waits for itself at a process's exit.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches both processes: who started this one answers to it.
process.on('SIGINT', () => {});

await main(async () => {
  const { startWorker } = createRequire(import.meta.url)(
    join(packageRoot, 'lib', 'dist', 'engine', 'runtime', 'workerServer.js'),
  );
  const { processor, kernels, devices } = await startWorker({ host, port: Number(port) });
  const name = host.includes(':') ? `[${host}]` : host;
  console.log(`Worker ${name}:${port}: ${processor}, ${devices.join(' and ')}, kernels ${kernels}.
It listens on the ports ${port} and ${Number(port) + 1} of ${host}, until Ctrl-C.
${
  host === '127.0.0.1' || host === '::1'
    ? 'Other machines reach it by --host, or through an SSH tunnel (README).'
    : "TensorFlow's servers know no passwords: whoever reaches this address runs what they like. Use it in a network of your own only."
}`);
  return 0;
});
