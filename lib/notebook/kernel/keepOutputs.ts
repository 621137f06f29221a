/**
 * A kernel that loses none of its outputs.
 *
 * tslab 1.0.22 hands a message to zeromq without waiting until it is sent. Of those that come without a pause, zeromq 6 puts off each
 * 513th until the event loop turns, and refuses what comes meanwhile: outputs are lost, and even the message that a cell has ended.
 * A socket whose `sendTimeout` is 0 puts nothing off. Publishing never waits for a reader, so that nothing else changes.
 */
import * as path from 'node:path';
import { loadedModules, tslabOutput } from './kernel';

const MODULE_FILE = path.join('zeromq', 'lib', 'index.js');

interface Publisher {
  sendTimeout: number;
  send(message: unknown): Promise<void>;
}

/** Has the running kernel's publisher keep every message; does nothing outside a notebook. */
export function keepOutputs(): void {
  if (tslabOutput() === undefined) return;
  for (const zeromq of loadedModules(MODULE_FILE)) {
    const publisher: Publisher = zeromq.Publisher.prototype;
    const { send } = publisher;
    Object.defineProperty(publisher, 'send', {
      value(this: Publisher, message: unknown) {
        this.sendTimeout = 0;
        return send.call(this, message);
      },
    });
  }
}
