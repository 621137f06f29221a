/**
 * What a training run leaves behind: one record an epoch, and the line that tells it.
 */

import { checkForm, type Form } from '../checks';
import { count, percent, showAs, tableLines } from '../showAs';

/** What one epoch reached. Losses are means over images, accuracies fractions from 0 to 1. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's batches, each as it was before its own update. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** On the images that the run is tested on after each epoch: validation images, or the test set. */
  readonly testLoss: number;
  readonly testAccuracy: number;
  /** Which they are; without it the test set. */
  readonly testedOn?: 'validation' | 'test';
  /** The learning rate the epoch began with. */
  readonly learningRate: number;
  /** Wall clock of the epoch, testing included. */
  readonly seconds: number;
}

/** What a record was tested on, in the words of lines, tables and charts. */
export function testedOn(record: EpochRecord | undefined): { short: string; set: string } {
  return record?.testedOn === 'validation'
    ? { short: 'Val', set: 'validation set' }
    : { short: 'Test', set: 'test set' };
}

/** The course of a training run, oldest epoch first. */
export interface History {
  readonly epochs: readonly EpochRecord[];
}

/** A history that is printed as a table. */
export function historyOf(epochs: readonly EpochRecord[]): History {
  return showAs({ epochs }, { full: historyText });
}

function historyText({ epochs }: History): string {
  if (epochs.length === 0) return 'History of no epoch';
  const best = epochs.reduce((a, b) => (b.testAccuracy > a.testAccuracy ? b : a));
  const { short } = testedOn(best);
  const rows = epochs.map((record) => [
    String(record.epoch),
    record.trainLoss.toFixed(4),
    percent(record.trainAccuracy),
    record.testLoss.toFixed(4),
    percent(record.testAccuracy),
    String(Number(record.learningRate.toPrecision(4))),
    formatDuration(record.seconds),
  ]);
  return [
    `History of ${count(epochs.length)} ${epochs.length === 1 ? 'epoch' : 'epochs'}, best ${short.toLowerCase()} accuracy ${percent(best.testAccuracy)} after epoch ${best.epoch}`,
    ...tableLines(
      ['Epoch', 'Train loss', 'Train acc', `${short} loss`, `${short} acc`, 'Learning rate', 'Time'],
      rows,
    ),
    'plotHistory(history) draws the curves.',
  ].join('\n');
}

/** What the charts draw of an epoch. */
export const CURVES = {
  epoch: 'number',
  trainLoss: 'number',
  trainAccuracy: 'number',
  testLoss: 'number',
  testAccuracy: 'number',
  learningRate: 'number',
} satisfies Form;

const RECORD: Form = { ...CURVES, seconds: 'number' };

/**
 * The line that tells an epoch, in the words and columns of the article's section 6; `Val` in the place of `Test` where the epoch was tested on
 * validation images.
 *
 * @param epochs how many epochs the run has in all.
 */
export function formatEpoch(record: EpochRecord, epochs: number): string {
  checkForm('record', record, RECORD, 'Give an epoch of what `train` returns.');
  checkForm('epochs', epochs, 'number', 'Give how many epochs the run has.');
  const { short } = testedOn(record);
  const column = (n: number) => String(n).padStart(3);
  const percent = (fraction: number) => `${(100 * fraction).toFixed(2)}%`;
  return (
    `Epoch [${column(record.epoch)}/${column(epochs)}]  ` +
    `Train Loss:${record.trainLoss.toFixed(6)}  Train Acc:${percent(record.trainAccuracy)} ` +
    `${short} Loss:${record.testLoss.toFixed(6)}  ${short} Acc:${percent(record.testAccuracy)}  ` +
    `Learning Rate:${record.learningRate.toFixed(6)}\tTime ${formatDuration(record.seconds)}`
  );
}

/** A duration as `mm:ss`, from an hour on as `h:mm:ss`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutesAndSeconds = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${minutesAndSeconds}` : minutesAndSeconds;
}
