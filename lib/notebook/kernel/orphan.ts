/**
 * A kernel that ends when the program that started it has gone.
 *
 * A kernel is told to end by messages and signals, which its main thread has to answer; one that is busy in an endless loop does not, and
 * would go on by itself for ever. So another thread looks after the parent process, as IPython's kernel does.
 */
import { Worker } from 'node:worker_threads';
import { cellOutput } from './kernel';

/** Milliseconds between two looks. */
const INTERVAL = 2000;
/** Milliseconds that a training run has to save itself after SIGTERM. */
const GRACE = 30_000;

// A process whose parent ends gets another one. The parent is asked for before the thread starts, which may be after its end.
const WATCH = `
  const { workerData: { parent, interval, grace } } = require('node:worker_threads');
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), grace);
  }, interval);`;

/** Has the running kernel end with its parent process; does nothing outside a notebook. */
export function endWithParent(): void {
  if (cellOutput() === undefined) return;
  new Worker(WATCH, {
    eval: true,
    workerData: { parent: process.ppid, interval: INTERVAL, grace: GRACE },
  }).unref();
}
