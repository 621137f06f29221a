/** A compiled step against the same function run eagerly, and everything that can't be recorded. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { EngineError } from '../../lib/errors';
import { assertAllClose, numbers } from '../helpers/tensors';

/** A small network of TensorFlow.js's own layers. */
function smallCnn(dropout = 0): TensorFlow.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
      tf.layers.batchNormalization(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.dropout({ rate: dropout }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 5, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
}

function batch(n: number, seed: number): [TensorFlow.Tensor4D, TensorFlow.Tensor1D] {
  const labels = Int32Array.from({ length: n }, (_, i) => (i * 7 + seed) % 5);
  return [tf.randomNormal([n, 8, 8, 3], 0, 1, 'float32', seed), tf.tensor1d(labels, 'int32')];
}

/** Losses of a training run with one of TensorFlow.js's optimizers, over full and partial batches. */
async function train(optimizer: TensorFlow.Optimizer, options: { compile: boolean }): Promise<number[]> {
  const net = smallCnn();
  const step = compile((x: TensorFlow.Tensor4D, y: TensorFlow.Tensor1D) => {
    const loss = () => {
      const logits = net.apply(x, { training: true }) as TensorFlow.Tensor2D;
      return tf.losses.softmaxCrossEntropy(tf.oneHot(y, 5), logits) as TensorFlow.Scalar;
    };
    return {
      loss: optimizer.minimize(
        loss,
        true,
        net.trainableWeights.map((w) => w.read() as TensorFlow.Variable),
      )!,
    };
  }, options);
  const losses: number[] = [];
  for (const size of [8, 8, 3, 8, 3, 8]) {
    const [x, y] = batch(size, size);
    const { loss } = await step(x, y);
    losses.push(...numbers(loss));
    tf.dispose([x, y, loss]);
  }
  step.dispose();
  losses.push(...net.getWeights().flatMap((weight) => numbers(weight.abs().sum())));
  net.dispose();
  return losses;
}

describe('a compiled step', () => {
  const optimizers = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9, true),
    adam: () => tf.train.adam(0.01),
    rmsprop: () => tf.train.rmsprop(0.01),
  };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    test(`a compiled step trains as the eager step does, with tf.train.${name} and batches of two sizes`, async () => {
      assertAllClose(
        await train(optimizer(), { compile: true }),
        await train(optimizer(), { compile: false }),
        1e-5,
      );
    });
  }

  test('a compiled step draws other random numbers at each run, and dropout keeps its share', async () => {
    const net = smallCnn(0.5);
    const drop = compile((x: TensorFlow.Tensor) => tf.dropout(x, 0.25));
    const forward = compile(
      (x: TensorFlow.Tensor4D) => net.apply(x, { training: true }) as TensorFlow.Tensor,
    );
    const [x] = batch(4, 1);
    assert.notDeepEqual(numbers(await forward(x)), numbers(await forward(x)));
    const ones = tf.ones([10000]);
    const [first, second] = [numbers(await drop(ones)), numbers(await drop(ones))];
    assert.notDeepEqual(first, second);
    assert.deepEqual([...new Set(first)].sort(), [0, Math.fround(1 / 0.75)]);
    const kept = first.filter((value) => value > 0).length / first.length;
    assert.ok(Math.abs(kept - 0.75) < 0.02, `kept ${kept}`);
  });

  test('a compiled step shares variables with other steps, with plain TensorFlow.js and with assignments from outside', async () => {
    const count = tf.variable(tf.scalar(0));
    const add = compile((x: TensorFlow.Scalar) => {
      count.assign(count.add(x));
      return count.add(0);
    });
    const double = compile(() => {
      count.assign(count.mul(2));
      return [];
    });
    const two = tf.scalar(2);
    await add(two);
    await double();
    assert.deepEqual(numbers(await add(two)), [6]);
    assert.deepEqual(numbers(count), [6]);
    count.assign(tf.scalar(10));
    await double();
    assert.deepEqual(numbers(count.add(1)), [21]);
    await add(two);
    add.dispose();
    double.dispose();
    assert.deepEqual(numbers(count), [22]);
  });

  test('a compiled step runs calls that nobody waits for in their order', async () => {
    const total = tf.variable(tf.scalar(0));
    const append = compile((digit: TensorFlow.Scalar) => {
      total.assign(total.mul(10).add(digit));
      return total.add(0);
    });
    await Promise.all([1, 2, 3, 4].map((digit) => append(tf.scalar(digit))));
    assert.deepEqual(numbers(total), [1234]);
  });

  test('a compiled step reads a variable after the run that is under way', async () => {
    const total = tf.variable(tf.zeros([100, 100]));
    const append = compile((x: TensorFlow.Tensor2D) => {
      total.assign(total.add(tf.matMul(x, x)) as TensorFlow.Tensor2D);
      return [];
    });
    const running = append(tf.ones([100, 100]));
    assert.equal(numbers(total)[0], 100);
    await running;
  });

  test('a compiled step keeps variables that the function makes, with first values computed from its input', async () => {
    let seen: TensorFlow.Variable | undefined;
    const step = compile((x: TensorFlow.Tensor1D) => {
      seen ??= tf.variable(tf.mul(x, 2));
      seen.assign(seen.add(x));
      return seen.add(0);
    });
    const x = tf.tensor1d([1, 2]);
    assert.deepEqual(numbers(await step(x)), [3, 6]);
    assert.deepEqual(numbers(await step(x)), [4, 8]);
    assert.deepEqual(numbers(seen!), [4, 8]);
  });

  test('a compiled step gives back its input, a variable, a constant, and nested structures', async () => {
    const one = tf.variable(tf.scalar(1));
    const step = compile((x: TensorFlow.Scalar) => ({ x, pair: [one, { constant: tf.scalar(3) }] }));
    const { x, pair } = await step(tf.scalar(5));
    const [variable, { constant }] = pair as [TensorFlow.Tensor, { constant: TensorFlow.Tensor }];
    assert.deepEqual([x, variable, constant].flatMap(numbers), [5, 1, 3]);
  });

  test('a compiled step leaves no tensor behind, and none after disposal', async () => {
    const weight = tf.variable(tf.ones([4, 4]));
    const x = tf.ones([4, 4]);
    const before = tf.memory().numTensors;
    const step = compile((input: TensorFlow.Tensor) => {
      weight.assign(tf.matMul(weight, input).relu() as TensorFlow.Tensor);
      return weight.sum();
    });
    for (let i = 0; i < 50; i++) tf.dispose(await step(x));
    assert.equal(tf.memory().numTensors, before);
    step.dispose();
    assert.equal(tf.memory().numTensors, before);
    await assert.rejects(step(x), /was disposed/);
  });

  test('a compiled step lets the event loop go on while it runs', async () => {
    const x = tf.randomNormal([1200, 1200]);
    const step = compile((a: TensorFlow.Tensor) => {
      let y = a;
      for (let i = 0; i < 8; i++) y = tf.matMul(y, a);
      return y.sum();
    });
    await step(x);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await step(x);
    clearInterval(timer);
    assert.ok(ticks > 3, `${ticks} ticks`);
  });
});

describe('a step without a record', () => {
  test('a step without a record gives what the caller may dispose: never an input, a variable or a tensor of the function', async () => {
    const one = tf.variable(tf.scalar(1));
    const two = tf.scalar(2);
    const x = tf.scalar(3);
    const before = tf.memory().numTensors;
    const step = compile((input: TensorFlow.Scalar) => [input, one, two, input.add(1)], { compile: false });
    const output = await step(x);
    assert.deepEqual(output.flatMap(numbers), [3, 1, 2, 4]);
    tf.dispose(output);
    assert.deepEqual([x, one, two].flatMap(numbers), [3, 1, 2]);
    assert.equal(tf.memory().numTensors, before);
  });

  test('a step without a record runs calls that nobody waits for in their order, and lets the event loop turn after each', async () => {
    const total = tf.variable(tf.scalar(0));
    const append = compile(
      (digit: TensorFlow.Scalar) => {
        total.assign(total.mul(10).add(digit));
        return total.add(0);
      },
      { compile: false },
    );
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    const totals = await Promise.all([1, 2, 3].map((digit) => append(tf.scalar(digit))));
    assert.deepEqual(totals.flatMap(numbers), [1, 12, 123]);
    assert.ok(turned);
  });
});

describe('a profile', () => {
  const double = (x: TensorFlow.Tensor2D) => tf.matMul(tf.relu(tf.matMul(x, x)), x);

  test('a profile counts and times the operations of a step that it takes', async () => {
    const taken = tf.variable(tf.scalar(0));
    const step = compile((x: TensorFlow.Tensor2D) => {
      taken.assign(taken.add(1));
      return double(x);
    });
    const x: TensorFlow.Tensor2D = tf.randomNormal([500, 500]);
    await step(x);
    const costs = await step.operationCosts(x);
    assert.deepEqual(numbers(taken), [2]);
    const product = costs.find(({ operation }) => /MatMul/.test(operation))!;
    assert.equal(product.count, 2);
    assert.ok(product.ms > 0.5 && product.ms < 60_000, `${product.ms} ms`); // 0.5 GFLOP
    assert.deepEqual(
      costs,
      [...costs].sort((a, b) => b.ms - a.ms),
    );
    assert.ok(costs.some(({ operation, count }) => /Relu/.test(operation) && count === 1));
    step.dispose();
  });

  test('a profile needs a record', async () => {
    const step = compile(double, { compile: false });
    await assert.rejects(step.operationCosts(tf.ones([2, 2])), /Only a recorded step/);
  });
});

describe('what a step may not do', () => {
  const x = tf.tensor1d([1, 2, 3]);

  async function refused(fn: (x: TensorFlow.Tensor1D) => TensorFlow.Tensor, message: RegExp): Promise<void> {
    const step = compile(fn);
    await assert.rejects(step(x), (error: Error) => {
      assert.ok(error instanceof EngineError, error.stack);
      assert.match(error.message, message);
      return true;
    });
    step.dispose();
  }

  test('what a step may not do read a value', () =>
    refused(
      (t) => t.mul(t.dataSync()[0]),
      /reads the value of a tensor \(at compile\.test\.ts:\d+:\d+\)[\s\S]*tf\.where/,
    ));
  test('what a step may not do print a tensor', () =>
    refused((t) => {
      t.print();
      return t;
    }, /reads the value/));
  test('what a step may not do read a variable', () => {
    const variable = tf.variable(tf.scalar(2));
    return refused((t) => t.mul(variable.dataSync()[0]), /reads the value/);
  });
  test('what a step may not do draw in JavaScript', () =>
    refused((t) => t.mul(Math.random()), /random numbers in JavaScript[\s\S]*randomUniform/));
  test('what a step may not do hold strings', () =>
    refused((t) => tf.tensor(['a']).concat(t as never), /type string|dtype/));
  test('what a step may not do have a shape that depends on values', () =>
    refused((t) => tf.unique(t).values, /depends on values/));
  test('what a step may not do use a tensor of another recording', async () => {
    let leaked: TensorFlow.Tensor1D | undefined;
    await compile((t: TensorFlow.Tensor1D) => (leaked = tf.keep(t.add(1) as TensorFlow.Tensor1D)))(x);
    await refused((t) => t.add(leaked!), /another step was recorded/);
  });
  test('what a step may not do fail without putting variables back', async () => {
    const variable = tf.variable(tf.scalar(7));
    await refused((t) => {
      variable.assign(t.sum() as TensorFlow.Scalar);
      throw new EngineError('no', 'no');
    }, /no/);
    assert.deepEqual(numbers(variable), [7]);
    assert.notEqual(Math.random(), Math.random());
  });
  test('what a step may not do use a variable that was disposed', async () => {
    const variable = tf.variable(tf.scalar(7));
    const step = compile((t: TensorFlow.Tensor1D) => t.add(variable));
    await step(x);
    variable.dispose();
    await assert.rejects(step(x), /was disposed/);
  });
  test('what a step may not do record a large constant silently', async () => {
    const large = tf.zeros([1024, 300]);
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const step = compile((t: TensorFlow.Tensor1D) => t.sum().add(large.sum()));
    await step(x);
    assert.match((await warned).message, /A constant of 1\.2 MB, \[1024,300\].*at compile\.test/);
  });
});
