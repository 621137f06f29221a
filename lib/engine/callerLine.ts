/** Finds the line to name in an error. */
import * as path from 'node:path';

/** The way to here, kept to be looked at later: taking it is cheap, reading it is not. */
export function wayToHere(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const way = new Error();
  Error.stackTraceLimit = limit;
  return way;
}

/** The first line outside TensorFlow.js and this room on the way to here: `at step.ts:12:7`, or `in the step`. */
export function callerLine(way = wayToHere()): string {
  const frames = way.stack!.split('\n').slice(1);
  const own = frames.find(
    (frame) =>
      !/node_modules|node:|tfjs-(core|layers|node)|<anonymous>\)?$/.test(frame) && !frame.includes(__dirname),
  );
  const place = own?.match(/\(?([^\s(]+:\d+:\d+)\)?$/)?.[1];
  return place ? `at ${path.basename(place)}` : 'in the step';
}
