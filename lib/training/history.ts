/**
 * The record of a training run: what each epoch reached, and the line that says it.
 */

/** What one epoch reached. Accuracies lie in 0..1; losses are means over all images of the set. */
export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
  /** Of the epoch's first step. */
  learningRate: number;
  /** Wall-clock time of training and test together. */
  seconds: number;
}

/** A training run, epoch by epoch; plain data, so it can be written as JSON and read again. */
export interface History {
  epochs: EpochRecord[];
}

/**
 * The line that reports one epoch, as the article prints it (section 6); a tab stands before `Time`.
 *
 * @param epochs how many epochs the run has in all.
 */
export function formatEpoch(record: EpochRecord, epochs: number): string {
  const percent = (accuracy: number) => `${(accuracy * 100).toFixed(2)}%`;
  return (
    `Epoch [${String(record.epoch).padStart(3)}/${String(epochs).padStart(3)}]  ` +
    `Train Loss:${record.trainLoss.toFixed(6)}  Train Acc:${percent(record.trainAccuracy)} ` +
    `Test Loss:${record.testLoss.toFixed(6)}  Test Acc:${percent(record.testAccuracy)}  ` +
    `Learning Rate:${record.learningRate.toFixed(6)}\tTime ${clock(record.seconds)}`
  );
}

/** `mm:ss`, or `h:mm:ss` from an hour on. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const pad = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
