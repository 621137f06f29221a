/**
 * Threads of this library's own files.
 */
import { dirname, extname, join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a thread of the file of that name beside another one: compiled or not, it is of the same kind. */
export function startBeside(file: string, name: string, options: WorkerOptions): Worker {
  const kind = extname(file);
  return new Worker(join(dirname(file), `${name}${kind}`), {
    execArgv: kind === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [],
    ...options,
  });
}
