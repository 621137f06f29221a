/** Calibration, against numbers of torchmetrics and numbers by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, DataError } from '../../lib/errors';
import { calibration } from '../../lib/training/calibration';
import { assertAllClose } from '../helpers/tensors';

test('the expected calibration error is that of torchmetrics', () => {
  // The example in its documentation of MulticlassCalibrationError, with n_bins=3 and norm='l1': the highest of each image's three
  // probabilities, and whether it was the target's.
  const { expectedCalibrationError } = calibration([0.55, 0.55, 0.6, 0.9], [false, false, true, true], 3);
  assertAllClose([expectedCalibrationError], [0.2], 1e-12);
});

test('each bin has its count, its mean confidence and its accuracy', () => {
  const { bins, confidence, accuracy } = calibration([0.1, 0.3, 0.9, 0.8], [false, true, true, true], 2);
  assertAllClose([confidence, accuracy], [0.525, 0.75], 1e-12);
  assert.deepEqual(
    bins.map(({ from, to, count }) => [from, to, count]),
    [
      [0, 0.5, 2],
      [0.5, 1, 2],
    ],
  );
  assertAllClose(
    bins.flatMap((bin) => [bin.confidence, bin.accuracy]),
    [0.2, 0.5, 0.85, 1],
    1e-12,
  );
});

test('a bin holds its upper end, as in the paper, and the first one 0 as well', () => {
  const { bins } = calibration([0, 0.25, 0.5, 0.75, 1], [true, true, true, true, true], 4);
  assert.deepEqual(
    bins.map(({ count }) => count),
    [2, 1, 1, 1],
  );
});

test('who is right as often as he says is calibrated; bins without images count for nothing', () => {
  const confidences = new Array(10).fill(0.7);
  const { bins, expectedCalibrationError } = calibration(
    confidences,
    confidences.map((_, i) => i < 7),
  );
  assertAllClose([expectedCalibrationError], [0], 1e-12);
  assert.equal(bins.length, 10);
  assert.ok(Number.isNaN(bins[0].accuracy) && Number.isNaN(bins[0].confidence));
});

test('what can’t be sorted into bins is refused', () => {
  assert.throws(() => calibration([0.5], [true], 0), ConfigError);
  assert.throws(() => calibration([], []), DataError);
  assert.throws(() => calibration([0.5, 0.6], [true]), /2 confidences, and 1 times/);
  for (const wrong of [1.01, -0.1, Number.NaN]) assert.throws(() => calibration([wrong], [true]), DataError);
});
