/**
 * How good a network is on a data set: loss, accuracy, and which class it takes for which.
 */
import { checkForm, type Form, SIGNAL_FORM } from '../checks';
import type { Batch, BatchDraws } from '../data/batch';
import type { DataLoader } from '../data/dataLoader';
import { type CompileOptions, checkJitCompile, compile, type Step } from '../engine/compile';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { checkWorkers } from '../engine/runtime/workers';
import { checkViews, outputsOf, type TestTimeAugmentation } from '../models/testTimeAugmentation';
import { count, percent, showAs, tableLines } from '../showAs';
import { checkFit } from './fit';
import { type Criterion, classesOf, criterionFor, crossEntropy, targetsOf } from './step/crossEntropy';
import { onEach, sessionOf } from './step/dataParallel';
import { lengthOf } from './step/gradients';

/** How one class fared. */
export interface ClassAccuracy {
  className: string;
  correct: number;
  total: number;
  /** correct / total, 0..1; NaN where the data set has no image of the class. */
  accuracy: number;
}

/** What `evaluate` found. */
export interface Evaluation {
  /** Mean over all images. */
  loss: number;
  /** Share of the images classified right, 0..1. */
  accuracy: number;
  classNames: readonly string[];
  /** In the order of `classNames`. */
  perClass: ClassAccuracy[];
  /** How many images of a class (row) were taken for a class (column). // [classes, classes] */
  confusion: number[][];
  /** The class index found for each image, in the order of the loader. // [n] */
  predictions: Int32Array;
}

/** What `evaluate` takes in addition to the network and the data. Its step runs as `compile`'s options say. */
export interface EvaluateOptions extends CompileOptions {
  /** The loss. Default `crossEntropy()`. */
  criterion?: Criterion;
  /** Devices to share each batch, as `train`'s. Without it there is one. */
  devices?: readonly string[];
  /** Seconds that a call may take on workers. Default 30. */
  workerTimeout?: number;
  /** Average what the network says of several views of each image; see `TestTimeAugmentation`. Default: of the image alone. */
  tta?: TestTimeAugmentation;
  /** Told after each batch how many images are done. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the evaluation after the batch under way, by throwing its reason. */
  signal?: AbortSignal;
}

const OPTIONS: Form = {
  'criterion?': 'function',
  'devices?': ['string'],
  'onProgress?': 'function',
  'signal?': SIGNAL_FORM,
};

/**
 * Runs a network over all batches of a loader, in inference mode: batch normalization uses its moving statistics.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @throws ModelError where the network's input or classes don't fit the data set, or it ends in sigmoid and the criterion is `crossEntropy`
 * @throws DataError where the loader's class names or normalization aren't those that `networkInfo` knows
 * @throws the signal's reason once it is aborted
 */
export async function evaluate(
  net: TensorFlow.LayersModel,
  loader: DataLoader,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkForm('options', options, OPTIONS, 'Give for example { criterion: crossEntropy() }.');
  const { criterion = crossEntropy(), tta, onProgress, signal, ...compileOptions } = options;
  checkViews(tta);
  checkFit(net, loader);
  await checkWorkers(options.devices ?? []);
  const step = compileEvaluation(net, loader, criterion, { ...compileOptions, tta });
  try {
    return await evaluateWith(step, loader, signal, onProgress);
  } finally {
    step.dispose();
    loader.dispose();
  }
}

/** Takes what a loader's `inputs` gave. */
export type EvaluationStep = Step<
  [tensors: Batch | BatchDraws],
  { loss: TensorFlow.Scalar; predictions: TensorFlow.Tensor1D; labels: TensorFlow.Tensor1D }
>;

/** Compiles the step of an evaluation, for who evaluates more than once; who calls disposes it. It takes a loader's inputs. */
export function compileEvaluation(
  net: TensorFlow.LayersModel,
  loader: DataLoader,
  criterion: Criterion,
  {
    tta,
    devices = [],
    workerTimeout,
    ...options
  }: CompileOptions & Pick<EvaluateOptions, 'tta' | 'devices' | 'workerTimeout'>,
): EvaluationStep {
  checkJitCompile(options, devices);
  const lossOf = criterionFor(net, criterion);
  const evaluated = (batch: Batch) => {
    const logits = outputsOf(net, batch.images, tta);
    return {
      loss: lossOf(logits, targetsOf(batch)),
      predictions: tf.argMax(logits, 1) as TensorFlow.Tensor1D,
      labels: classesOf(batch),
    };
  };
  const makeBatch = (tensors: Batch | BatchDraws) => loader.batch(tensors);
  if (devices.length === 0)
    return compile((tensors: Batch | BatchDraws) => evaluated(makeBatch(tensors)), options);
  const sharing = { devices, makeBatch, areDivisible: !loader.mixes };
  return compile(
    (tensors: Batch | BatchDraws) => {
      const parts = onEach(tensors, sharing, (part) => ({
        ...evaluated(part),
        share: lengthOf(part) / lengthOf(tensors),
      }));
      return {
        loss: tf.addN(parts.map(({ loss, share }) => tf.mul(loss, share))) as TensorFlow.Scalar,
        predictions: tf.concat(parts.map(({ predictions }) => predictions)),
        labels: tf.concat(parts.map(({ labels }) => labels)),
      };
    },
    options,
    sessionOf(devices, workerTimeout),
  );
}

/**
 * Evaluates with a step of `compileEvaluation`.
 *
 * @throws the signal's reason once it is aborted and the call under way has ended
 */
export async function evaluateWith(
  step: EvaluationStep,
  loader: DataLoader,
  signal?: AbortSignal,
  onProgress?: EvaluateOptions['onProgress'],
): Promise<Evaluation> {
  const { classNames, length: total } = loader.dataset;
  const confusion = classNames.map(() => classNames.map(() => 0));
  const predictions: number[] = [];
  let loss = 0;
  for (const { tensors, length } of loader.inputs()) {
    const outputs = await step(tensors);
    tf.dispose(tensors);
    const truth = outputs.labels.dataSync();
    const found = outputs.predictions.dataSync();
    loss += outputs.loss.dataSync()[0] * length;
    tf.dispose(outputs);
    truth.forEach((label, i) => {
      confusion[label][found[i]]++;
    });
    predictions.push(...found);
    onProgress?.(predictions.length, total);
    signal?.throwIfAborted();
  }
  const perClass = classNames.map((className, label) => {
    const correct = confusion[label][label];
    const images = confusion[label].reduce((sum, count) => sum + count, 0);
    return { className, correct, total: images, accuracy: correct / images };
  });
  const evaluation: Evaluation = {
    loss: loss / predictions.length,
    accuracy: perClass.reduce((sum, { correct }) => sum + correct, 0) / predictions.length,
    classNames,
    perClass,
    confusion,
    predictions: Int32Array.from(predictions),
  };
  return showAs(evaluation, { full: evaluationText });
}

function evaluationText({ loss, accuracy, perClass, predictions }: Evaluation): string {
  const rows = perClass.map((entry) => [
    entry.className,
    count(entry.correct),
    count(entry.total),
    entry.total > 0 ? percent(entry.accuracy) : '',
  ]);
  return [
    `Evaluation of ${count(predictions.length)} images: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)}`,
    ...tableLines(['Class', 'Correct', 'Images', 'Accuracy'], rows),
    'perClassChart and confusionChart make a figure of it, which show draws.',
  ].join('\n');
}
