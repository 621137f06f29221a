/** The random number generator against its authors' C code, and what is built on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../lib/data/random';
import { ConfigError } from '../../lib/errors';

test('draws the numbers of the reference implementation of xoshiro128** 1.1', () => {
  const random = Random.fromState([1, 2, 3, 4]);
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ];
  assert.deepEqual(
    expected.map(() => random.uint32()),
    expected,
  );
});

test('goes on from a state that went through JSON', () => {
  const random = Random.fromSeed(7);
  random.permutation(100);
  const restored = Random.fromState(JSON.parse(JSON.stringify(random.state)));
  assert.deepEqual(restored.permutation(100), random.permutation(100));
});

test('gives the same numbers for the same seed and stream, others for others', () => {
  const draw = (seed: number, stream: number) => [...Random.fromSeed(seed, stream).permutation(50)].join();
  assert.equal(draw(0, 0), draw(0, 0));
  const streams = [draw(0, 0), draw(0, 1), draw(1, 0), draw(1, 1), draw(2 ** 32 - 1, 0)];
  assert.equal(new Set(streams).size, streams.length);
});

test('draws below a bound evenly', () => {
  const random = Random.fromSeed(1);
  const counts = new Array<number>(9).fill(0);
  for (let i = 0; i < 90_000; i++) counts[random.below(9)]++;
  // Chi-squared with 8 degrees of freedom exceeds 26.1 once in 1,000 seeds.
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquared < 26.1, `chi-squared is ${chiSquared}`);
});

test('permutes: each integer once, each place equally likely', () => {
  assert.deepEqual(
    [...Random.fromSeed(3).permutation(1000)].sort((a, b) => a - b),
    [...Array(1000).keys()],
  );
  const orders = new Map<string, number>();
  const random = Random.fromSeed(4);
  for (let i = 0; i < 6000; i++) {
    const order = random.permutation(3).join();
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const count of orders.values()) assert.ok(Math.abs(count - 1000) < 120, `${[...orders]}`);
});

test('refuses a seed that is no integer of 32 bits', () => {
  for (const seed of [-1, 1.5, Number.NaN, 2 ** 32]) {
    assert.throws(() => Random.fromSeed(seed), ConfigError);
  }
});
