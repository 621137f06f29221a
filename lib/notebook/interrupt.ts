/**
 * What asks a program to end, as a signal for work that awaits: "Interrupt Kernel", Ctrl-C, the end of a kernel or a computer.
 */
import { setImmediate } from 'node:timers/promises';
import { ResNetError } from '../errors';
import { cellOutput } from './kernel';

/** The reason of a signal that is aborted from outside: what work that has no result by then throws. */
function interrupted(): ResNetError {
  return new ResNetError('This was interrupted before it had a result.', 'Run it again.');
}

/**
 * Runs work that ends by itself once its signal is aborted.
 *
 * In a notebook, "Interrupt Kernel" aborts it, and does nothing else meanwhile: the cell comes to its end, with a result. In a program
 * SIGINT and SIGTERM do, and once the work has ended, they end the program as they would have without it. A second one ends it at once.
 *
 * @param also another signal that aborts the work
 */
export async function untilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
  also?: AbortSignal,
): Promise<T> {
  const stopping = new AbortController();
  const inKernel = cellOutput() !== undefined;
  let asked: NodeJS.Signals | undefined;
  const interrupt = (): void => stopping.abort(interrupted());
  const terminate = (signal: NodeJS.Signals): void => {
    asked = signal;
    stopping.abort(interrupted());
  };
  const forward = (): void => stopping.abort(also?.reason);
  // A cell's code starts inside a `vm` script with `breakOnSigint`. For that time Node sets all listeners of SIGINT
  // aside, and a listener added meanwhile keeps it from arming them again: the next SIGINT would end the kernel.
  await setImmediate();
  // The kernel's own would give up the cell, and with it the names that it declares.
  const others = inKernel ? process.listeners('SIGINT') : [];
  for (const other of others) process.off('SIGINT', other);
  if (inKernel) process.on('SIGINT', interrupt);
  else process.once('SIGINT', terminate);
  process.once('SIGTERM', terminate);
  if (also?.aborted) forward();
  also?.addEventListener('abort', forward);
  try {
    return await work(stopping.signal);
  } finally {
    also?.removeEventListener('abort', forward);
    process.off('SIGINT', interrupt).off('SIGINT', terminate).off('SIGTERM', terminate);
    for (const other of others) process.on('SIGINT', other);
    // A program that listens itself was told already.
    if (asked && process.listenerCount(asked) === 0) process.kill(process.pid, asked);
  }
}
