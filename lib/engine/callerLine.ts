/** Finds the line to name in an error. */
import * as path from 'node:path';

/** The first line outside TensorFlow.js and this room on the way to here: `at step.ts:12:7`, or `in the step`. */
export function callerLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const frames = new Error().stack!.split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const own = frames.find(
    (frame) =>
      !/node_modules|node:|tfjs-(core|layers|node)|<anonymous>\)?$/.test(frame) && !frame.includes(__dirname),
  );
  const place = own?.match(/\(?([^\s(]+:\d+:\d+)\)?$/)?.[1];
  return place ? `at ${path.basename(place)}` : 'in the step';
}
