/** How long TensorFlow's sessions have worked, by a class in the addon's place that looks at the clock. */
import { addon } from '../../lib/engine/runtime/session';

export const seconds = () => performance.now() / 1000;

/** Seconds from calls of sessions to their results. */
let inSession = 0;

const native = addon();
native.GraphSession = class extends native.GraphSession {
  override async runAsync(...args: Parameters<InstanceType<typeof native.GraphSession>['runAsync']>) {
    const began = seconds();
    try {
      return await super.runAsync(...args);
    } finally {
      inSession += seconds() - began;
    }
  }
};

/** A moment of a run. */
export interface Moment {
  seconds: number;
  inSession: number;
}

export function now(): Moment {
  return { seconds: seconds(), inSession };
}

/** The share of the time between two moments that the sessions didn't have. */
export function outside(from: Moment, to: Moment): number {
  return 1 - (to.inSession - from.inSession) / (to.seconds - from.seconds);
}
