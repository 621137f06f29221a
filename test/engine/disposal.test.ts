/** What a step takes of memory, tensors and files, and what is left when it was disposed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { numbers } from '../helpers/tensors';

const MEGABYTES = 2 ** 20;

const x = tf.tensor1d([1, 2, 3]);

/** A step over a variable that keeps the sum of its inputs. */
function summing() {
  const total = tf.variable(tf.tensor1d([0, 0, 0]));
  const step = compile((t: TensorFlow.Tensor1D) => {
    total.assign(total.add(t));
    return total.add(0);
  });
  return { total, step };
}

describe('disposing a step', () => {
  test('disposing a step frees its memory, variables included', async () => {
    const size = 20 * MEGABYTES;
    const one = tf.scalar(1);
    const useOne = async () => {
      const variable = tf.variable(tf.zeros([size / 4]));
      const step = compile((t: TensorFlow.Scalar) => {
        variable.assign(variable.add(t) as TensorFlow.Tensor1D);
        return [];
      });
      await step(one);
      step.dispose();
      variable.dispose();
    };
    // The first ones fill the allocators.
    for (let i = 0; i < 5; i++) await useOne();
    const before = process.memoryUsage.rss();
    const count = 30;
    for (let i = 0; i < count; i++) await useOne();
    // What the allocators hold for the next one comes and goes by several variables; a leak keeps every one.
    const grown = process.memoryUsage.rss() - before;
    assert.ok(grown < (count * size) / 3, `grown by ${(grown / MEGABYTES).toFixed(0)} MB`);
  });

  test('disposing a step is safe during a run that is under way, which ends as if nothing had happened', async () => {
    const total = tf.variable(tf.zeros([400, 400]));
    const square = tf.ones([400, 400]) as TensorFlow.Tensor2D;
    const step = compile((t: TensorFlow.Tensor2D) => {
      let product = t;
      for (let i = 0; i < 5; i++) product = tf.matMul(product, t).div(400);
      total.assign(total.add(product) as TensorFlow.Tensor2D);
      return product.sum();
    });
    tf.dispose(await step(square));
    const tensors = tf.memory().numTensors;
    const running = [step(square), step(square)];
    step.dispose();
    await assert.rejects(step(square), /was disposed/);
    const outputs = await Promise.all(running);
    assert.deepEqual(outputs.flatMap(numbers), [160000, 160000]);
    assert.equal(numbers(total)[0], 3);
    tf.dispose(outputs);
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('disposing a step is safe before the first call, twice, and after a call that failed', async () => {
    const unused = summing();
    unused.step.dispose();
    unused.step.dispose();
    await assert.rejects(unused.step(x), /was disposed/);
    await assert.rejects(unused.step.operationCosts(x), /was disposed/);

    const reading = compile((t: TensorFlow.Tensor1D) => t.mul(t.dataSync()[0]));
    await assert.rejects(reading(x), /reads the value/);
    reading.dispose();
    reading.dispose();

    const used = summing();
    await used.step(x);
    used.step.dispose();
    used.step.dispose();
    assert.deepEqual(numbers(used.total), [1, 2, 3]);
  });

  test('disposing a step leaves other steps over its variables as they are', async () => {
    const { total, step } = summing();
    const doubling = compile(() => {
      total.assign(total.mul(2));
      return [];
    });
    await step(x);
    await doubling();
    step.dispose();
    await doubling();
    assert.deepEqual(numbers(total), [4, 8, 12]);
    doubling.dispose();
    assert.deepEqual(numbers(total), [4, 8, 12]);
  });

  test('disposing a step lets its variables be disposed before it', async () => {
    const { total, step } = summing();
    await step(x);
    const kept = total.clone();
    total.dispose();
    step.dispose();
    assert.deepEqual(numbers(kept), [1, 2, 3]);
  });
});

describe('a step', () => {
  test('a step holds no more tensors after 300 calls, with inputs of two sizes, than after the first two', async () => {
    const weight = tf.variable(tf.ones([4, 4]));
    const start = tf.memory().numTensors;
    const step = compile((t: TensorFlow.Tensor2D) => {
      weight.assign(tf.matMul(weight, weight).div(4) as TensorFlow.Tensor2D);
      return { y: tf.matMul(t, weight), sum: tf.dropout(t, 0.5).sum() };
    });
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const input = tf.ones([i % 2 === 0 ? 8 : 3, 4]) as TensorFlow.Tensor2D;
      const outputs = await step(input);
      if (i % 50 === 0) weight.dataSync();
      tf.dispose([input, outputs]);
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      if (i > 0) seen.add([numTensors, numDataBuffers, numBytes].join());
    }
    assert.equal(seen.size, 1);
    step.dispose();
    assert.equal(tf.memory().numTensors, start);
  });

  test('a step makes no files, neither temporary ones nor in the folder that the program runs in', async () => {
    const { TMPDIR } = process.env;
    const folder = await mkdtemp(join(tmpdir(), 'disposal-'));
    const here = await readdir('.');
    process.env.TMPDIR = folder;
    try {
      assert.equal(tmpdir(), folder);
      const { total, step } = summing();
      for (let i = 0; i < 3; i++) await step(x);
      await step.operationCosts(x);
      assert.deepEqual(await readdir(folder), []);
      step.dispose();
      assert.deepEqual(numbers(total), [4, 8, 12]);
      assert.deepEqual(await readdir(folder), []);
      assert.deepEqual(await readdir('.'), here);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
      await rm(folder, { recursive: true });
    }
  });
});

test('a step whose variables tf.disposeVariables() has freed says so', async () => {
  const program = `
    const { compile, tf } = require('./lib/core');
    const weight = tf.variable(tf.ones([2]), true, 'weight');
    const step = compile((x) => tf.mul(x, weight));
    step(tf.ones([2]))
      .then(() => (tf.disposeVariables(), step(tf.ones([2]))))
      .catch((error) => console.log(error.name, error.problem));`;
  const options = { cwd: resolve(__dirname, '../..'), encoding: 'utf8' } as const;
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], options);
  assert.equal(stdout, 'EngineError The variable weight, which this step uses, was disposed.\n');
});
