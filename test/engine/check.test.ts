/** `compile` with `check`: what it finds in a step that its record has outlived, and what it lets pass. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { applyMomentum } from '../../lib/engine/operations/momentum';
import { Graph } from '../../lib/engine/recording/graph';
import type { GraphSession } from '../../lib/engine/runtime/session';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { EngineError } from '../../lib/errors';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { parameters } from '../../lib/training/step/gradients';
import { numbers } from '../helpers/tensors';

const x = tf.tensor1d([1, 2, 3]);

type Fn = (...inputs: TensorFlow.Tensor[]) => TensorFlow.Tensor | TensorFlow.Tensor[];

/** Runs a step twice, with a change in between that a record doesn't follow, and expects it to be told. */
async function found(fn: Fn, change: () => void, message: RegExp): Promise<void> {
  const step = compile(fn, { check: true });
  await step(x);
  await step(x);
  change();
  const before = tf.memory();
  await assert.rejects(step(x), (error: Error) => {
    assert.ok(error instanceof EngineError, error.stack);
    assert.match(error.message, message);
    return true;
  });
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  assert.deepEqual(
    [numTensors, numDataBuffers, numBytes],
    [before.numTensors, before.numDataBuffers, before.numBytes],
  );
  step.dispose();
}

describe('a checked step is refused when', () => {
  test('a checked step is refused when a number of JavaScript has changed', () => {
    let lr = 0.1;
    return found(
      (t) => t.mul(lr),
      () => {
        lr = 0.2;
      },
      /: Mul takes 0\.2 instead of 0\.1 \(at check\.test\.ts:\d+:\d+\)\.\nPass what changes as an input/,
    );
  });

  test('a checked step is refused when one of two numbers that were the same has changed, or two have become the same', async () => {
    let factor = 2;
    const change = () => {
      factor = factor === 2 ? 3 : 2;
    };
    await found((t) => t.mul(factor).add(2), change, /: Mul takes 3 instead of 2 \([^;]*\)\.\n/);
    await found((t) => t.mul(factor).add(2), change, /: Mul takes 2 instead of 3 \([^;]*\)\.\n/);
  });

  test('a checked step is refused when several numbers have changed: each line is told once', () => {
    let lr = 0.1;
    return found(
      (t) => {
        const scaled = [1, 2, 3].map(() => t.mul(lr));
        return tf.addN(scaled).sub(lr);
      },
      () => {
        lr = 0.2;
      },
      /: Mul takes 0\.2 instead of 0\.1 \([^;]*\); Sub takes 0\.2 instead of 0\.1 \([^;]*\)\.\n/,
    );
  });

  test('a checked step is refused when a tensor of a closure was replaced', () => {
    let mask = tf.tensor1d([1, 0, 1]);
    return found(
      (t) => t.mul(mask),
      () => {
        mask.dispose();
        mask = tf.tensor1d([0, 0, 1]);
      },
      /Mul takes \[0, 0, 1\] instead of \[1, 0, 1\]/,
    );
  });

  test('a checked step is refused when the array under a tensor of a closure was written to', () => {
    const values = Float32Array.of(1, 0, 1);
    const mask = tf.tensor1d(values);
    return found(
      (t) => t.mul(mask),
      () => {
        values[1] = 5;
      },
      /Mul takes \[1, 5, 1\] instead of \[1, 0, 1\]/,
    );
  });

  test('a checked step is refused when a large tensor was replaced by one of its shape, or of another', async () => {
    let mask = tf.zeros([3, 3]);
    const replace = (by: TensorFlow.Tensor2D) => () => {
      mask.dispose();
      mask = by;
    };
    await found((t) => t.mul(mask), replace(tf.ones([3, 3])), /Mul takes other values \(at/);
    await found(
      (t) => t.mul(mask),
      replace(tf.ones([4, 3])),
      /Mul takes a tensor of \[4,3\] instead of a tensor of \[3,3\]/,
    );
  });

  test('a checked step is refused when an axis, the begin of a slice, or an attribute has changed', async () => {
    let choice = 0;
    const other = (from: number, to: number) => {
      choice = from;
      return () => {
        choice = to;
      };
    };
    await found(
      (t) => t.reshape([1, 3, 1]).sum(choice),
      other(0, 2),
      /Sum takes \[2\] instead of \[0\] \(at/,
    );
    await found((t) => t.slice(choice, 1), other(0, 1), /Slice takes \[1\] instead of \[0\] \(at/);
    await found(
      (t) => tf.maxPool(t.reshape([1, 3, 1, 1]) as TensorFlow.Tensor4D, [2, 2], choice, 'same'),
      other(1, 3),
      /strides of MaxPool is 1,3,3,1 instead of 1,1,1,1 \(at/,
    );
  });

  test('a checked step is refused when JavaScript took another branch', async () => {
    let training = true;
    const change = () => {
      training = !training;
    };
    await found(
      (t) => (training ? t.relu() : t.neg()),
      change,
      /: Neg \(at .*test\.ts:\d+:\d+\) stands in the place of Relu \(at .*test\.ts:\d+:\d+\)\./,
    );
    await found((t) => (training ? t.relu() : t), change, /: Relu is new \(at .*test\.ts/);
    await found((t) => (training ? t.relu() : t), change, /: Relu is gone \(at .*test\.ts/);
    await found((t) => (training ? [t, t.add(1)] : [t.add(1), t]), change, /the output takes/);
    await found((t) => (training ? [t, t] : [t]), change, /structure of the output is \["tensor"\] instead/);
  });

  test('a checked step is refused when it uses another variable, or assigns another, or something else', async () => {
    const [a, b] = ['check.a', 'check.b'].map((name) => tf.variable(tf.zeros([3]), true, name));
    let [read, written, value] = [a, a, 1];
    const step: Fn = (t) => {
      written.assign(tf.fill([3], value));
      return t.add(read);
    };
    const change = (to: () => void) => () => {
      to();
    };
    await found(
      step,
      change(() => {
        read = b;
      }),
      /Add takes the variable check\.b instead of a computed tensor \(at/,
    );
    await found(
      step,
      change(() => {
        written = b;
      }),
      /the assignment to the variable check\.b stands in the place of the assignment to the variable check\.a/,
    );
    await found(
      step,
      change(() => {
        value = 2;
      }),
      /takes 2 instead of 1 \(at/,
    );
    tf.dispose([a, b]);
  });

  test('a checked step is refused when a constant that is assigned or returned has changed', async () => {
    const variable = tf.variable(tf.scalar(0), true, 'check.count');
    let calls = 0;
    await found(
      () => {
        variable.assign(tf.scalar(calls));
        return [];
      },
      () => calls++,
      /the assignment to the variable check\.count takes 1 instead of 0\./,
    );
    await found(
      () => tf.scalar(calls),
      () => calls++,
      /the output takes 2 instead of 1\./,
    );
    variable.dispose();
  });

  test('a checked step is refused when it assigns a variable no more', async () => {
    const variable = tf.variable(tf.zeros([3]), true, 'check.sum');
    let counting = true;
    await found(
      (t) => {
        if (counting) variable.assign(t);
        return t.relu();
      },
      () => {
        counting = false;
      },
      /: the assignment to the variable check\.sum is gone\./,
    );
    variable.dispose();
  });

  test('a checked step is refused when a rate of dropout, or the seed of a random number, has changed', async () => {
    let rate = 0.5;
    await found(
      (t) => tf.dropout(t, rate),
      () => {
        rate = 0.25;
      },
      /takes 0\.75 instead of 0\.5 \(at/,
    );
    let seed = 1;
    await found(
      (t) => t.add(tf.randomUniform([3], 0, 1, 'float32', seed)),
      () => seed++,
      /seed of RandomUniform is \d+ instead of \d+ \(at/,
    );
  });

  test('a checked step is refused when it makes a variable at each call', async () => {
    const step = compile((t: TensorFlow.Tensor1D) => tf.variable(t).add(1), { check: true });
    await step(x);
    const variables = Object.keys(tf.engine().state.registeredVariables).length;
    await assert.rejects(step(x), /makes a variable at a call after its first \(at check\.test\.ts/);
    assert.equal(Object.keys(tf.engine().state.registeredVariables).length, variables);
    step.dispose();
  });

  test('a checked step is refused when the change happened before a batch of another size came', async () => {
    let lr = 0.1;
    const step = compile((t: TensorFlow.Tensor1D) => t.mul(lr), { check: true });
    const short = tf.tensor1d([1]);
    await step(x);
    lr = 0.2;
    assert.deepEqual(numbers(await step(short)), [Math.fround(0.2)]);
    await step(short);
    await assert.rejects(step(x), /0\.2 instead of 0\.1/);
    lr = 0.1;
    await step(x);
    step.dispose();
  });
});

describe('a checked step passes', () => {
  /** A network with everything that changes from step to step: moving statistics, random numbers, batches of two sizes. */
  function smallNet(): TensorFlow.Sequential {
    return tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3 }),
        tf.layers.batchNormalization({ name: 'bn', epsilon: 1e-5, momentum: 0.9 }),
        tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.dropout({ rate: 0.25 }),
        tf.layers.gaussianNoise({ stddev: 0.1 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 5 }),
      ],
    });
  }

  /** Trains for some steps, checked; the update is what `update` makes of a loss. */
  async function trains(
    net: TensorFlow.Sequential,
    update: (loss: () => TensorFlow.Scalar, params: TensorFlow.Variable[]) => TensorFlow.Scalar,
  ): Promise<void> {
    const criterion = crossEntropy({ labelSmoothing: 0.1 });
    const params = parameters(net);
    const step = compile(
      (images: TensorFlow.Tensor4D, labels: TensorFlow.Tensor1D) =>
        update(() => criterion(net.apply(images, { training: true }) as TensorFlow.Tensor2D, labels), params),
      { check: true },
    );
    const losses: number[] = [];
    let tensors = 0;
    for (const n of [8, 3, 8, 3, 8]) {
      const images = tf.randomNormal([n, 8, 8, 3]);
      const labels = tf.tensor1d(
        Int32Array.from({ length: n }, (_, i) => i % 5),
        'int32',
      );
      const loss = await step(images as TensorFlow.Tensor4D, labels);
      losses.push(...numbers(loss));
      tf.dispose([images, labels, loss]);
      if (losses.length === 2) tensors = tf.memory().numTensors;
    }
    assert.equal(tf.memory().numTensors, tensors);
    assert.equal(new Set(losses).size, losses.length);
    step.dispose();
    net.dispose();
  }

  const optimizers = {
    sgd: () => tf.train.sgd(0.01),
    momentum: () => tf.train.momentum(0.01, 0.9, true),
    adagrad: () => tf.train.adagrad(0.01),
    adadelta: () => tf.train.adadelta(0.01),
    adam: () => tf.train.adam(0.01),
    adamax: () => tf.train.adamax(0.01),
    rmsprop: () => tf.train.rmsprop(0.01),
  };
  for (const [name, make] of Object.entries(optimizers)) {
    test(`a checked step passes where tf.train.${name} trains`, async () => {
      const optimizer = make();
      await trains(smallNet(), (loss, params) => optimizer.minimize(loss, true, params)!);
    });
  }

  test('a checked step passes where SGD trains, with rate and momentum in variables that change', async () => {
    const optimizer = new SGD({ lr: 0.01, momentum: 0.9, weightDecay: 5e-4, nesterov: true });
    const lr = tf.variable(tf.scalar(0.01));
    const momentum = tf.variable(tf.scalar(0.9));
    await trains(smallNet(), (loss, params) => {
      const { value, grads } = tf.variableGrads(loss, params);
      optimizer.apply(grads, params, {
        lr: lr as TensorFlow.Scalar,
        momentum: momentum as TensorFlow.Scalar,
      });
      lr.assign(lr.mul(0.9) as TensorFlow.Scalar);
      return value;
    });
    optimizer.dispose();
  });

  test('a checked step passes with the values that it has without a check, while others assign its variables', async () => {
    const results: number[][] = [];
    for (const check of [false, true]) {
      const total = tf.variable(tf.zeros([3]));
      let seen: TensorFlow.Variable | undefined;
      const step = compile(
        (t: TensorFlow.Tensor1D) => {
          seen ??= tf.variable(t.mul(2));
          seen.assign(seen.add(t));
          total.assign(total.add(seen) as TensorFlow.Tensor1D);
          return [total, tf.fill([1], Number.NaN)];
        },
        { check },
      );
      const outputs: number[] = [];
      for (let i = 0; i < 4; i++) {
        const [sum] = await step(x);
        outputs.push(...numbers(sum));
        if (i === 1) total.assign(tf.tensor1d([10, 20, 30]));
      }
      const kept = total.clone();
      await step(x);
      outputs.push(...numbers(kept), ...numbers(total), ...numbers(seen!));
      step.dispose();
      results.push([...outputs, ...numbers(total)]);
    }
    assert.deepEqual(results[1], results[0]);
  });

  test('a checked step passes where branches change that nothing depends on', async () => {
    let calls = 0;
    const step = compile(
      (t: TensorFlow.Tensor1D) => {
        for (let i = 0; i < calls; i++) t.mul(i).exp();
        calls++;
        return t.add(1);
      },
      { check: true },
    );
    for (let i = 0; i < 3; i++) await step(x);
    assert.equal(calls, 3);
    step.dispose();
  });

  test('a checked step passes where a variable is updated in place and read before and after', async () => {
    const [param, velocity] = [tf.variable(tf.ones([3])), tf.variable(tf.zeros([3]))];
    const step = compile(
      (t: TensorFlow.Tensor1D) => {
        const before = param.clone();
        const settings = { lr: tf.scalar(0.5), momentum: tf.scalar(0.9), nesterov: true };
        applyMomentum(param, velocity, t, settings);
        applyMomentum(param, velocity, t, settings);
        return param.sub(before);
      },
      { check: true },
    );
    for (let i = 0; i < 3; i++) await step(x);
    step.dispose();
  });

  test('a checked step passes a warning about a large constant once', async () => {
    const large = tf.zeros([1024, 300]);
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on('warning', listener);
    const step = compile((t: TensorFlow.Tensor1D) => t.sum().add(large.sum()), { check: true });
    for (let i = 0; i < 3; i++) await step(x);
    await new Promise(setImmediate);
    process.off('warning', listener);
    assert.equal(warnings.length, 1);
    step.dispose();
  });

  test('a checked step passes and says that a variable was disposed, as an unchecked one does', async () => {
    const variable = tf.variable(tf.scalar(7));
    const step = compile((t: TensorFlow.Tensor1D) => t.add(variable), { check: true });
    await step(x);
    variable.dispose();
    await assert.rejects(step(x), /which this step uses, was disposed/);
    step.dispose();
  });

  test('a checked step passes and closes each graph that it recorded for the comparison, also where it finds a change', async (t) => {
    const sessions = new Set<GraphSession>();
    const { add } = Graph.prototype;
    t.mock.method(Graph.prototype, 'add', function (this: Graph, ...args: Parameters<Graph['add']>) {
      sessions.add(this.session);
      return add.apply(this, args);
    });
    let factor = 2;
    const step = compile((t: TensorFlow.Tensor1D) => t.mul(factor), { check: true });
    for (let i = 0; i < 3; i++) await step(x);
    factor = 3;
    await assert.rejects(step(x), EngineError);
    step.dispose();
    assert.equal(sessions.size, 4);
    for (const session of sessions) assert.throws(() => session.opDef('Mul'), /the session is closed/);
  });
});
