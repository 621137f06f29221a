/**
 * From an image to what a network says of it (the article's section 9).
 */
import { checkForm } from '../checks';
import { type CompileOptions, compile, type Step } from '../engine/compile';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import type { Image } from '../image/image';
import type { Fit } from '../image/resizeImage';
import { classNamesOf, outputKind } from '../models/outputs';
import { checkViews, outputsOf, type TestTimeAugmentation } from '../models/testTimeAugmentation';
import { checkNotDisposed } from '../models/weights';
import { networkInput } from './networkInput';
import { type Prediction, shownPrediction } from './prediction';

/** How an image is made ready for a network, and how the network runs. */
export interface PredictOptions extends Pick<CompileOptions, 'compile'> {
  /** What to do with an image that isn't square. Default `fill`, as in the article. */
  fit?: Fit;
  /** Average what the network says of several views of the image; see `TestTimeAugmentation`. Default: of the image alone. */
  tta?: TestTimeAugmentation;
}

type Forward = Step<[TensorFlow.Tensor], { outputs: TensorFlow.Tensor; probabilities: TensorFlow.Tensor }>;

/** A network's forward pass is compiled once for each kind of views, at its first image. */
const forwards = new WeakMap<TensorFlow.LayersModel, Map<TestTimeAugmentation | undefined, Forward>>();

function compileForward(
  net: TensorFlow.LayersModel,
  tta: TestTimeAugmentation | undefined,
  options: CompileOptions,
): Forward {
  const isLogits = outputKind(net) === 'logits';
  return compile((images: TensorFlow.Tensor) => {
    const outputs = outputsOf(net, images as TensorFlow.Tensor4D, tta); // [1, classes]
    return { outputs, probabilities: isLogits ? tf.softmax(outputs) : tf.clone(outputs) };
  }, options);
}

function forwardOf(net: TensorFlow.LayersModel, { tta, ...options }: PredictOptions): Forward {
  // A step without a record has nothing worth keeping, and leaves the kept record to the images that ask for it.
  if (options.compile === false) return compileForward(net, tta, { compile: false });
  const own = forwards.get(net) ?? new Map<TestTimeAugmentation | undefined, Forward>();
  forwards.set(net, own);
  let forward = own.get(tta);
  if (forward === undefined) {
    forward = compileForward(net, tta, {});
    own.set(tta, forward);
  }
  return forward;
}

/**
 * Predicts what an image shows: resizes it to the network's input, normalizes it as the network's training did (as
 * `networkInfo` tells, else by CIFAR-10's statistics), and takes the softmax of the logits. A network that ends in softmax or sigmoid
 * gives the probabilities itself; those of sigmoid don't sum to 1.
 *
 * @param net input [n, height, width, 3], output logits or probabilities [n, classes].
 * @param image of any size; one of the network's own size, as CIFAR-10's are, is not resized.
 * @throws ModelError when the network was disposed, doesn't take images, doesn't fit its class names, or answers NaN; ImageError when
 *   the picture's data don't fit its size.
 */
export async function predictImage(
  net: TensorFlow.LayersModel,
  image: Image,
  options: PredictOptions = {},
): Promise<Prediction> {
  checkNotDisposed(net);
  checkForm('options', options, {}, "Give for example { fit: 'cover' }.");
  checkViews(options.tta);
  const classNames = classNamesOf(net);
  const images = networkInput(net, image, options.fit); // [1, height, width, 3]
  const found = await forwardOf(net, options)(images).finally(() => images.dispose());
  const [outputs, probabilities] = await Promise.all([found.outputs.data(), found.probabilities.data()]); // [classes] each
  tf.dispose(found);

  if (!outputs.every(Number.isFinite)) {
    throw new ModelError(
      `The network answers ${outputs.find((output) => !Number.isFinite(output))}: its weights are no numbers any more.`,
      'Train it again with a lower learning rate, or load an earlier epoch.',
    );
  }
  const classIndex = outputs.indexOf(Math.max(...outputs));
  return shownPrediction({
    probabilities: Array.from(probabilities),
    classIndex,
    className: classNames[classIndex],
    value: outputs[classIndex],
    probability: probabilities[classIndex],
    classNames,
    image,
  });
}
