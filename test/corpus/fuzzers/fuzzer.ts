/** A kind of inputs that are made at random, and how one is judged. */
import assert from 'node:assert/strict';
import type * as fc from 'fast-check';
import { assertTyped } from '../judge';

/** A property, in a folder of its own. */
export interface Fuzzer {
  readonly name: string;
  /** How many inputs are tried where there is little time. */
  readonly runs: number;
  property(folder: string): Promise<fc.IAsyncProperty<unknown>> | fc.IAsyncProperty<unknown>;
}

/** Fails unless an attempt ends well, or in a typed error. */
export async function comesThrough<Value>(
  attempt: () => Promise<Value>,
  check: (value: Value) => unknown = () => {},
): Promise<void> {
  let value: Value;
  try {
    value = await attempt();
  } catch (error) {
    return assertTyped(error);
  }
  check(value);
}

/** Fails unless an attempt ends in a typed error. */
export const isRefused = (attempt: () => Promise<unknown>): Promise<void> =>
  comesThrough(attempt, () => assert.fail('it was taken for good'));
