import { checkChoice, checkForm, checkPositiveInteger, type Form, SIGNAL_FORM } from '../checks';
import type { DataLoader } from '../data/dataLoader';
import { type CompileOptions, checkJitCompile } from '../engine/compile';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../errors';
import { type Callback, checkCallbacks } from './callbacks/callback';
import type { SaveOptions } from './checkpoint/savedRun';
import type { TrainListener } from './events';
import { checkAlike, checkFit } from './fit';
import { type AveragingOptions, checkAveraging } from './optimizer/averaging';
import { type ClippingOptions, checkClipping } from './optimizer/clipping';
import { checkOptimizer, type Optimizer } from './optimizer/optimizer';
import type { Scheduler } from './schedule/scheduler';
import { type Criterion, criterionFor } from './step/crossEntropy';
import { parameters } from './step/gradients';

/** What `train` takes in addition to the network and the data. Its steps run as `compile`'s options say. */
export interface TrainOptions extends CompileOptions, SaveOptions, ClippingOptions, AveragingOptions {
  /** How often all training images are gone through. */
  epochs: number;
  /** Holds the learning rate and, from one call to the next, the momentum. Who made it disposes it. */
  optimizer: Optimizer;
  /** The loss: `crossEntropy()`. */
  criterion: Criterion;
  /** Writes the optimizer's learning rate as training goes on. Without it the rate stays. */
  scheduler?: Scheduler;
  /**
   * Devices to share each batch, as PyTorch's `nn.DataParallel`: `['gpu:0', 'gpu:1']`, or those of workers, `npx resnet-notebooks worker` on
   * this machine or others: `['worker1:7001', 'worker2:7001/gpu:0']`. Batch normalization is each part's own, unless `syncBatchNorm` is set. Loaders with `onDevice` have
   * workers make their batches themselves, of indices. Without it there is one.
   */
  devices?: readonly string[];
  /** Seconds that a call may take on workers, before one of them is taken for lost. Default 30. */
  workerTimeout?: number;
  /**
   * Sends gradients from one device to another rounded to bfloat16, as PyTorch's `bf16_compress_hook`: half the bytes on a slow network.
   * Default false.
   */
  compressGradients?: boolean;
  /**
   * Has batch normalization go by the whole batch, as PyTorch's `nn.SyncBatchNorm`: the numbers of a single device, whatever the
   * number of devices; each layer waits for all of them twice a step. Default false.
   */
  syncBatchNorm?: boolean;
  /**
   * What to do when a worker is lost: `stop`, or `goOn` from the newest checkpoint, which savePath has to hold, with the other workers and
   * batches of the same size. Default `stop`.
   */
  onWorkerLost?: 'stop' | 'goOn';
  /**
   * Batches a call of TensorFlow, as Keras's `steps_per_execution`: the same numbers, but fewer pauses where a step takes less time
   * than a call, on a fast GPU with a small network. Recording takes so many times longer. Default 1.
   */
  stepsPerExecution?: number;
  /**
   * Batches whose gradients are averaged for a step: as one batch of so many times the images, with the memory of one. Each still has its
   * own batch normalization. Schedules count steps. Default 1.
   */
  accumulate?: number;
  /**
   * What the run is tested on after each epoch, as lines, charts and history.json call it. What is chosen by looking at these images, the best
   * epoch or a learning rate, isn't to be reported on them: so keep the test set for the end, and give validation images, a part of the
   * training images that isn't trained on: `const [training, validation] = train.split(0.9, 0)`. Default `validation`.
   */
  testedOn?: 'validation' | 'test';
  /** A folder of this run's own for event files, which TensorBoard shows. Without it none are written. */
  logDir?: string;
  /**
   * What to do at a loss that isn't finite: `stop`, or `goBack` to the newest checkpoint, which `saveEvery` or `resume` has written,
   * with half the learning rate, ten times at the most. Default `stop`.
   */
  onDivergence?: 'stop' | 'goBack';
  /**
   * Ends the run once it is aborted and the step under way has ended. What was trained stays, and is saved where `savePath` says;
   * where checkpoints are kept, `resume` goes on at the very batch.
   */
  signal?: AbortSignal;
  /** Take part in the run: `[earlyStopping({ patience: 5 }), csvLog('log.csv')]`. They are called in this order. */
  callbacks?: readonly Callback[];
  /** Is told each batch, each epoch, and what else is worth a line. An error it throws ends the run. */
  onProgress?: TrainListener;
}

const OPTIONS: Form = {
  criterion: 'function',
  'scheduler?': { step: 'function' },
  'devices?': ['string'],
  'compressGradients?': 'boolean',
  'syncBatchNorm?': 'boolean',
  'jitCompile?': 'boolean',
  'logDir?': 'string',
  'signal?': SIGNAL_FORM,
  'onProgress?': 'function',
};

/** @throws ConfigError, ModelError or DataError for settings that can't work, before anything is done */
export function checkOptions(
  net: TensorFlow.LayersModel,
  trainLoader: DataLoader,
  testLoader: DataLoader,
  options: TrainOptions,
): void {
  checkForm('options', options, OPTIONS, 'Give at least { epochs, optimizer, criterion }.');
  const {
    epochs,
    optimizer,
    criterion,
    scheduler,
    savePath,
    stepsPerExecution = 1,
    accumulate = 1,
  } = options;
  checkOptimizer(optimizer);
  if (savePath !== undefined && (typeof savePath !== 'string' || savePath === '')) {
    throw new ConfigError(
      `savePath is ${JSON.stringify(savePath) ?? typeof savePath}.`,
      'Give the path of a folder, or leave savePath out.',
    );
  }
  checkPositiveInteger('epochs', epochs);
  checkPositiveInteger('stepsPerExecution', stepsPerExecution);
  checkPositiveInteger('accumulate', accumulate);
  if (accumulate > 1 && stepsPerExecution > 1) {
    throw new ConfigError(
      'A call takes several steps, or a step several batches, not both.',
      'Leave out stepsPerExecution, or accumulate.',
    );
  }
  checkJitCompile(options, options.devices);
  if (options.syncBatchNorm && (options.devices ?? []).length === 0) {
    throw new ConfigError(
      'syncBatchNorm is for a batch that several devices share.',
      'Leave it out, or name devices.',
    );
  }
  checkClipping(options);
  checkAveraging(options);
  if (options.onWorkerLost !== undefined) checkChoice('onWorkerLost', options.onWorkerLost, ['stop', 'goOn']);
  if (options.testedOn !== undefined) checkChoice('testedOn', options.testedOn, ['validation', 'test']);
  if (options.callbacks !== undefined) checkCallbacks(options.callbacks);
  checkFit(net, trainLoader, 'trainLoader');
  checkFit(net, testLoader, 'testLoader');
  checkAlike(trainLoader, testLoader);
  criterionFor(net, criterion);
  if (net.trainableWeights.length === 0) {
    throw new ModelError(
      'The network has no weights to train.',
      'Set trainable of the network or its layers.',
    );
  }
  optimizer.checkGroups(parameters(net));
  if (scheduler !== undefined && scheduler.optimizer !== optimizer) {
    throw new ConfigError(
      'The scheduler was made for another optimizer.',
      'Make it with the optimizer that train is given.',
    );
  }
}

/** How many steps so many batches make. */
export function stepsIn(batches: number, { accumulate = 1 }: TrainOptions): number {
  return Math.ceil(batches / accumulate);
}

/** @throws ConfigError for a schedule that ends before the run does */
export function checkSchedule({ scheduler }: TrainOptions, steps: number): void {
  if (scheduler?.stepsLeft !== undefined && scheduler.stepsLeft < steps) {
    throw new ConfigError(
      `The scheduler has ${scheduler.stepsLeft} steps left, the epochs to come take ${steps}.`,
      'Make it with totalSteps: epochs * trainLoader.length.',
    );
  }
}
