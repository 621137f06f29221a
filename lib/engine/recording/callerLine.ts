/** Finds the line to name in an error. */
import * as path from 'node:path';

const ENGINE = path.dirname(__dirname);

/** Captures the stack: that is cheap, reading it is not. */
export function captureStack(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const stack = new Error();
  Error.stackTraceLimit = limit;
  return stack;
}

/** The innermost line of a stack outside TensorFlow.js and this engine: `at step.ts:12:7`, or `in the step`. */
export function callerLine({ stack } = captureStack()): string {
  const frames = stack!.split('\n').slice(1);
  const line = frames.find(
    (frame) =>
      !/node_modules|node:|tfjs-(core|layers|node)|<anonymous>\)?$/.test(frame) && !frame.includes(ENGINE),
  );
  const place = line?.match(/\(?([^\s(]+:\d+:\d+)\)?$/)?.[1];
  return place ? `at ${path.basename(place)}` : 'in the step';
}
