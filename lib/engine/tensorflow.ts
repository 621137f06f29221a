/**
 * The one door to TensorFlow: everything in this library that needs `tf` imports it from here.
 *
 * Opening it takes six precautions that have to come before the module loads: TensorFlow's log lines are kept off
 * stderr, its fast convolutions are switched on, a GPU's memory is taken as it is needed, GPUs are counted as their driver
 * counts them, a function that Node 23 removed is put back, and an engine that isn't built is said in words.
 */
import type * as TensorFlow from '@tensorflow/tfjs-node-gpu';
import { EngineError } from '../errors';

function open(): typeof TensorFlow {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // TensorFlow leaves oneDNN's convolutions off where the processor lacks AVX-512; they are twice as fast there too.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  // Else TensorFlow takes all of a GPU's memory at once, and nobody beside it gets any.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Else CUDA counts the fastest card first, and nvidia-smi doesn't.
  process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
  // tfjs-node 4.22 calls it on every tensor it makes; Node 23 took it away.
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    return require('@tensorflow/tfjs-node-gpu');
  } catch (cause) {
    throw new EngineError(
      `TensorFlow can't be loaded: ${(cause as Error).message.split('\n')[0]}`,
      'Run the set-up again: `npm run setup` in this project, `npx resnet-notebooks setup` in your own.',
      { cause },
    );
  }
}

/** TensorFlow.js on its native engine; its whole API, in one instance that all of the library shares. */
export const tf: typeof TensorFlow = open();
export type { TensorFlow };
