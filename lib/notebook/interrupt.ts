/**
 * "Interrupt Kernel" for work that awaits. The kernel gives up the cell, but can't stop a loop that goes on behind
 * it: the loop itself has to ask.
 */
import { setImmediate } from 'node:timers/promises';
import { InterruptError } from '../errors';
import { cellOutput } from './kernel';

/**
 * Runs work that asks now and then whether the kernel was interrupted.
 *
 * Outside a notebook nothing is listened for: there Ctrl-C ends the program.
 *
 * @param work is given `check`, which throws an InterruptError once the kernel was interrupted.
 */
export async function whileInterruptible<T>(work: (check: () => void) => Promise<T>): Promise<T> {
  let interrupted = false;
  const listener = (): void => {
    interrupted = true;
  };
  const check = (): void => {
    if (!interrupted) return;
    throw new InterruptError(
      'Interrupted.',
      'Run the cell again to go on; a network keeps what it has learned.',
    );
  };
  const inKernel = cellOutput() !== undefined;
  // A cell's code starts inside a `vm` script with `breakOnSigint`. For that time Node sets all listeners of SIGINT
  // aside, and a listener added meanwhile keeps it from arming them again: the next SIGINT would end the kernel.
  await setImmediate();
  if (inKernel) process.on('SIGINT', listener);
  try {
    return await work(check);
  } finally {
    process.off('SIGINT', listener);
  }
}
