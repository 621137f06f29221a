/** Reading and comparing tensors in tests. */
import assert from 'node:assert/strict';
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';

/** A tensor's values as plain numbers. */
export function numbers(tensor: TensorFlow.Tensor): number[] {
  return Array.from(tensor.dataSync());
}

/** Fails unless each number is within `tolerance` of the expected one, relative to it where it is larger than 1. */
export function assertAllClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => {
    const allowed = tolerance * Math.max(1, Math.abs(expected[i]));
    assert.ok(
      Math.abs(value - expected[i]) <= allowed,
      `[${i}]: ${value}, expected ${expected[i]} ± ${allowed}`,
    );
  });
}
