/**
 * What a network says of an image, and the lines that tell it.
 */
import { checkForm, type Form } from '../checks';
import type { Image } from '../image/image';
import { percent, showAs } from '../showAs';

/** What a network says of one image. */
export interface Prediction {
  /** Of each class, by the softmax of the logits; they sum to 1, unless the network ends in sigmoid. */
  readonly probabilities: readonly number[]; // [classes]
  /** The class with the highest output. */
  readonly classIndex: number;
  readonly className: string;
  /** That highest output, a logit or where the network ends in softmax a probability; the article prints it as `value`. */
  readonly value: number;
  /** The probability of that class. */
  readonly probability: number;
  readonly classNames: readonly string[]; // [classes]
  /** The image as it was given, before it was resized. */
  readonly image: Image;
}

/** Classes that a printed prediction names. */
const TOP = 5;

/** Has a prediction printed as its most probable classes. */
export function shownPrediction(prediction: Prediction): Prediction {
  return showAs(prediction, { full: predictionText });
}

function predictionText({ className, probability, probabilities, classNames }: Prediction): string {
  const top = probabilities
    .map((share, index) => ({ share, name: classNames[index] }))
    .sort((a, b) => b.share - a.share)
    .slice(0, TOP);
  const width = Math.max(...top.map(({ name }) => name.length));
  return [
    `Prediction: ${className}, ${percent(probability)}`,
    ...top.map(({ share, name }) => `  ${name.padEnd(width)}  ${percent(share).padStart(8)}`),
  ].join('\n');
}

/** A number as PyTorch prints it in a tensor: `9.9965e-01`. */
function scientific(value: number): string {
  return value.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
}

/**
 * A prediction as the article prints it (section 9): all probabilities, class index, value and class name.
 *
 * @returns several lines.
 */
export function formatPrediction(prediction: Prediction): string {
  const form: Form = {
    probabilities: ['number'],
    classIndex: 'number',
    value: 'number',
    className: 'string',
  };
  const fix = 'Give what `predictImage` returns.';
  const { probabilities, classIndex, value, className } = checkForm('prediction', prediction, form, fix);
  return [
    `Probabilities  [${probabilities.map(scientific).join(', ')}]`,
    `Class index    ${classIndex}`,
    `Value          ${value.toFixed(4)}`,
    `Class name     ${className}`,
  ].join('\n');
}
