/**
 * Whether a network's confidence can be believed: of the images that it is 80 % sure of, are 80 % right?
 */
import { checkForm, checkPositiveInteger } from '../checks';
import { DataError } from '../errors';
import { count, percent, showAs, tableLines } from '../showAs';

/** The images whose confidence lies within one range. */
export interface CalibrationBin {
  /** Confidences above `from`, 0..1, … */
  from: number;
  /** … up to `to`, itself included. */
  to: number;
  /** How many images. */
  count: number;
  /** Their mean confidence, 0..1; NaN where there is none. */
  confidence: number;
  /** The share of them that was right, 0..1; NaN where there is none. */
  accuracy: number;
}

/** What `calibration` found. */
export interface Calibration {
  /** Of equal width, from 0 to 1. */
  bins: CalibrationBin[];
  /** Mean confidence of all images, 0..1. */
  confidence: number;
  /** Share of all images that was right, 0..1. */
  accuracy: number;
  /** Mean distance of accuracy and confidence, each bin counted by its images, 0..1: 0 is perfect. */
  expectedCalibrationError: number;
}

/**
 * Compares how sure a network was with how often it was right.
 *
 * @param confidences the probability given to the predicted class of each image, 0..1. // [n]
 * @param correct whether that prediction was right. // [n]
 * @param bins how many ranges the confidences are sorted into
 * @throws ConfigError when bins isn't a positive integer
 * @throws DataError when there is no image, the lengths differ, or a confidence isn't from 0 to 1
 * @see Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2
 */
export function calibration(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  bins = 10,
): Calibration {
  checkPositiveInteger('bins', bins);
  check(confidences, correct);
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < confidences.length; i++) {
    const sum = sums[Math.max(0, Math.ceil(confidences[i] * bins) - 1)];
    sum.count++;
    sum.confidence += confidences[i];
    if (correct[i]) sum.right++;
  }
  const n = confidences.length;
  const total = (of: (sum: (typeof sums)[number]) => number) => sums.reduce((all, sum) => all + of(sum), 0);
  const result: Calibration = {
    bins: sums.map(({ count, confidence, right }, i) => ({
      from: i / bins,
      to: (i + 1) / bins,
      count,
      confidence: confidence / count,
      accuracy: right / count,
    })),
    confidence: total(({ confidence }) => confidence) / n,
    accuracy: total(({ right }) => right) / n,
    // count / n * |right / count - confidence / count|, shortened
    expectedCalibrationError: total(({ right, confidence }) => Math.abs(right - confidence)) / n,
  };
  return showAs(result, { full: calibrationText });
}

function calibrationText({ bins, confidence, accuracy, expectedCalibrationError }: Calibration): string {
  const rows = bins.map((bin) => [
    `${percent(bin.from)} to ${percent(bin.to)}`,
    count(bin.count),
    bin.count > 0 ? percent(bin.confidence) : '',
    bin.count > 0 ? percent(bin.accuracy) : '',
  ]);
  return [
    `Calibration: mean confidence ${percent(confidence)}, accuracy ${percent(accuracy)}, expected calibration error ${percent(expectedCalibrationError)}`,
    ...tableLines(['Confidence', 'Images', 'Mean', 'Accuracy'], rows),
    'reliabilityDiagram makes a figure of it, which show draws.',
  ].join('\n');
}

function check(confidences: ArrayLike<number>, correct: ArrayLike<boolean>): void {
  const fix = 'Give arrays: what `evaluate` returns as confidences and correct.';
  checkForm('confidences', confidences, 'numbers', fix, DataError);
  checkForm('correct', correct, ArrayBuffer.isView(correct) ? 'numbers' : ['boolean'], fix, DataError);
  if (confidences.length === 0 || confidences.length !== correct.length) {
    throw new DataError(
      `There are ${confidences.length} confidences, and ${correct.length} times right or wrong.`,
      'Give one of each for every image.',
    );
  }
  const wrong = Array.from(confidences).find((confidence) => !(confidence >= 0 && confidence <= 1));
  if (wrong !== undefined) {
    throw new DataError(
      `A confidence is ${wrong}.`,
      'Give probabilities from 0 to 1: the softmax of the logits.',
    );
  }
}
