/**
 * Interruptions as a signal for work that awaits: "Interrupt Kernel", Ctrl-C, the end of a kernel or a computer.
 */
import { setImmediate } from 'node:timers/promises';
import { InterruptError } from '../../errors';
import { cellOutput } from './kernel';

/**
 * Runs work that ends by itself once its signal is aborted.
 *
 * In a notebook, "Interrupt Kernel" aborts it, and does nothing else meanwhile: the cell comes to its end, with a result. In a program
 * the first SIGINT or SIGTERM aborts it, and the program goes on with the result; a second one ends the program.
 *
 * @param given the caller's own signal. With it no signal of the process is listened to.
 */
export async function untilStopped<T>(
  work: (signal: AbortSignal) => Promise<T>,
  given?: AbortSignal,
): Promise<T> {
  if (given) return work(given);
  const stopping = new AbortController();
  const inKernel = cellOutput() !== undefined;
  let terminated = false;
  const stop = (): void => stopping.abort(new InterruptError());
  const terminate = (): void => {
    terminated = true;
    stop();
  };
  // A cell's code starts inside a `vm` script with `breakOnSigint`. For that time Node sets all listeners of SIGINT
  // aside, and a listener added meanwhile keeps it from arming them again: the next SIGINT would end the kernel.
  await setImmediate();
  // The kernel's own would give up the cell, and with it the names that it declares.
  const others = inKernel ? process.listeners('SIGINT') : [];
  for (const other of others) process.off('SIGINT', other);
  if (inKernel) process.on('SIGINT', stop);
  else process.once('SIGINT', stop);
  process.once('SIGTERM', terminate);
  try {
    return await work(stopping.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', terminate);
    for (const other of others) process.on('SIGINT', other);
    // A kernel does nothing after its last cell: SIGTERM is to end it.
    if (inKernel && terminated) process.kill(process.pid, 'SIGTERM');
  }
}
