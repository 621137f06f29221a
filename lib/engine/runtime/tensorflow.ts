/**
 * Loads TensorFlow: everything in this library that needs `tf` imports it from here.
 *
 * Six things have to be done before the module loads: TensorFlow's log lines are kept off stderr, its fast convolutions are
 * switched on, a GPU's memory is taken as it is needed, GPUs are counted as their driver counts them, a function that Node 23
 * removed is put back, and an engine that isn't built is said in words.
 */
import * as path from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs-node-gpu';
import { EngineError } from '../../errors';

interface StderrCapture {
  start(): void;
  /** @returns what was written to stderr since `start` */
  stop(): string;
}

/** The folder of the addons: set-up builds this library's own beside TensorFlow.js's, whose TensorFlow they share. */
export function addonFolder(): string {
  const tfjs = path.dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  return path.join(tfjs, 'lib', 'napi-v8');
}

/** A line that TensorFlow logs: `I0000 00:00:1795675347.546661   11879 port.cc:153] …`, and its remark on the first of them. */
const LOG_LINE =
  /^(WARNING: All log messages before absl::InitializeLog|[IWEF]\d{4} |\d{4}-\d\d-\d\d .*: [IWEF] )/;

const shortened = (line: string): string => (line.length > 150 ? `${line.slice(0, 150)}…` : line);

/** The last lines of a log, for an error message. */
function lastLines(log: string): string[] {
  const lines = log.trim().split('\n');
  return lines[0] === '' ? [] : ['It wrote:', ...lines.slice(-2).map(shortened)];
}

/** Says why TensorFlow can't be loaded. */
function loadError(cause: unknown, log = ''): EngineError {
  const [reason] = (cause as Error).message.split('\n');
  return new EngineError(
    [`TensorFlow can't be loaded: ${shortened(reason)}`, ...lastLines(log)].join('\n'),
    'Run the set-up again: `npm run setup` in this project, `npx resnet-notebooks setup` in your own.',
    { cause },
  );
}

/**
 * Loads TensorFlow.js with the log lines of TensorFlow kept off stderr.
 *
 * It writes some of them from a static initializer, before it reads any setting, so only redirecting the file descriptor helps.
 *
 * @param isVerbose whether the user asked for the log
 */
function loadQuietly(isVerbose: boolean): void {
  let capture: StderrCapture;
  try {
    capture = require(path.join(addonFolder(), 'stderr_capture.node'));
  } catch (cause) {
    throw loadError(cause);
  }
  capture.start();
  try {
    require('@tensorflow/tfjs-node-gpu');
    const log = capture.stop();
    // Other threads may have written meanwhile.
    const lines = log.split(/(?<=\n)/).filter((line) => isVerbose || !LOG_LINE.test(line));
    const others = lines.join('');
    // A write of nothing is an empty output in a notebook.
    if (others !== '') process.stderr.write(others);
  } catch (cause) {
    throw loadError(cause, capture.stop());
  }
}

function load(): void {
  const isVerbose = ['0', '1'].includes(process.env.TF_CPP_MIN_LOG_LEVEL ?? '');
  // Errors come as exceptions; what TensorFlow logs as one is often a pass of its optimizer that it does without.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  // TensorFlow leaves oneDNN's convolutions off where the processor lacks AVX-512; they are twice as fast there too.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // Else TensorFlow takes all of a GPU's memory at once, and nobody beside it gets any.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Else CUDA counts the fastest card first, and nvidia-smi doesn't.
  process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
  // tfjs-node 4.22 calls it on every tensor it makes; Node 22 warns of it, and Node 23 took it away.
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = require('node:util');
  util.isNullOrUndefined = (value) => value === null || value === undefined;
  loadQuietly(isVerbose);
}

load();

/** TensorFlow.js on its native engine; its whole API, in one instance that all of the library shares. */
// An alias has the types too: `const a: tf.Tensor`. In this form, `= require`, no compiler moves it before `load()`.
import tf = require('@tensorflow/tfjs-node-gpu');

export type { TensorFlow };
export { tf };
