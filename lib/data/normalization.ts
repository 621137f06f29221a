/**
 * From pixels of 0 to 255 to the numbers a network is fed: scaled to 0..1, less the mean, over the deviation.
 */
import { checkForm, type Form } from '../checks';
import { ConfigError, DataError } from '../errors';
import type { Dataset } from './dataset';

/** Mean and standard deviation of each channel, red, green and blue or gray alone, of pixels scaled to 0..1. */
export interface Normalization {
  readonly mean: readonly number[]; // [channels]
  readonly std: readonly number[]; // [channels]
}

/** The article's normalization (section 9): pixels come to lie in -1..1. */
export const ARTICLE_NORMALIZATION: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** The channel statistics of CIFAR-10's 50,000 training images; `channelStatistics` computes them. */
export const CIFAR10_NORMALIZATION: Normalization = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

/** The channel statistics of CIFAR-100's 50,000 training images. */
export const CIFAR100_NORMALIZATION: Normalization = {
  mean: [0.5071, 0.4865, 0.4409],
  std: [0.2673, 0.2564, 0.2762],
};

/**
 * Measures the mean and the (population) standard deviation of each channel over all pixels of a data set.
 *
 * @returns both in units of pixels scaled to 0..1.
 */
export function channelStatistics(dataset: Dataset): Normalization {
  checkForm('dataset', dataset, { images: 'numbers', imageShape: 'numbers' }, 'Give a Dataset.', DataError);
  const { images, imageShape } = dataset; // [n, height, width, channels]
  const channels = imageShape[2];
  const counts = new Uint32Array(channels * 256); // [channels, 256]
  for (let i = 0; i < images.length; i += channels) {
    for (let c = 0; c < channels; c++) counts[c * 256 + images[i + c]]++;
  }
  const pixels = images.length / channels;
  const average = (channel: number, of: (scaled: number) => number) =>
    counts
      .subarray(channel * 256, (channel + 1) * 256)
      .reduce((sum, count, value) => sum + (count / pixels) * of(value / 255), 0);
  const mean = (channel: number) => average(channel, (scaled) => scaled);
  const std = (channel: number) => Math.sqrt(average(channel, (scaled) => (scaled - mean(channel)) ** 2));
  const all = Array.from({ length: channels }, (_, channel) => channel);
  return { mean: all.map(mean), std: all.map(std) };
}

/**
 * Tabulates a normalization: there are only 256 pixel values a channel, and looking one up is cheaper than
 * computing it.
 *
 * @returns the normalized value of each channel and pixel value. // [channels, 256]
 * @throws ConfigError when a number isn't finite, a deviation isn't above 0, or there are more means than deviations.
 */
export function normalizationTable(normalization: Normalization): Float32Array {
  const form: Form = { mean: 'numbers', std: 'numbers' };
  const fix = 'Use CIFAR10_NORMALIZATION, ARTICLE_NORMALIZATION, or what channelStatistics(dataset) returns.';
  const { mean, std } = checkForm('normalization', normalization, form, fix);
  const channels = mean.length;
  const areSound =
    mean.every(Number.isFinite) && std.every((deviation) => deviation > 0 && deviation < Infinity);
  if (channels === 0 || std.length !== channels || !areSound) {
    throw new ConfigError(
      `A normalization needs a finite mean and a deviation above 0 for each channel; got mean [${mean}], std [${std}].`,
      fix,
    );
  }
  const table = new Float32Array(channels * 256); // [channels, 256]
  for (let channel = 0; channel < channels; channel++) {
    for (let value = 0; value < 256; value++) {
      table[channel * 256 + value] = (value / 255 - mean[channel]) / std[channel];
    }
  }
  return table;
}

/**
 * Normalizes pixels, without augmentation.
 *
 * @param pixels channels last. // [..., channels]
 * @returns a new array of the same length and order.
 * @throws ConfigError as `normalizationTable`.
 */
export function normalizePixels(pixels: Uint8Array, normalization: Normalization): Float32Array {
  checkForm('pixels', pixels, 'numbers', 'Give a Uint8Array of the channels of each pixel.', DataError);
  const table = normalizationTable(normalization);
  const normalized = new Float32Array(pixels.length); // [..., channels]
  normalizeInto(pixels, table, normalized, 0);
  return normalized;
}

/** Writes pixels, normalized by a table of `normalizationTable`, into `target` from index `at` on. */
export function normalizeInto(
  pixels: Uint8Array,
  table: Float32Array,
  target: Float32Array,
  at: number,
): void {
  const channels = table.length / 256;
  for (let i = 0; i < pixels.length; i += channels) {
    for (let c = 0; c < channels; c++) target[at + i + c] = table[c * 256 + pixels[i + c]];
  }
}

/** The same of numbers of 0 to 255 that needn't be whole. // [height, width, channels] */
export function normalizeNumbersInto(
  pixels: Float32Array,
  table: Float32Array,
  { mean, std }: Normalization,
  target: Float32Array,
  at: number,
): void {
  const channels = mean.length;
  for (let i = 0; i < pixels.length; i += channels) {
    for (let c = 0; c < channels; c++) {
      const value = pixels[i + c];
      const whole = value | 0;
      target[at + i + c] = whole === value ? table[c * 256 + whole] : (value / 255 - mean[c]) / std[c];
    }
  }
}
