/** The program of a worker's process, which `forkWorker` starts. Its arguments: host and port. Tells its parent `ready`, or what failed. */
import type { ResNetError } from '../../errors';
import { startWorker } from './workerServer';

async function main([host, port]: string[]): Promise<void> {
  // Who started it has gone. TensorFlow's server can't be stopped, and would wait for itself at the process's exit.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Ctrl-C reaches both processes: who started this one answers to it.
  process.on('SIGINT', () => {});
  try {
    process.send!({ ready: await startWorker({ host, port: Number(port) }) });
  } catch (error) {
    const { problem = (error as Error).message, fix = 'Report it.' } = error as Partial<ResNetError>;
    process.send!({ problem, fix }, () => process.kill(process.pid, 'SIGKILL'));
  }
}

if (require.main === module) void main(process.argv.slice(2));
