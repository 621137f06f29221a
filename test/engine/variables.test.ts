/** Variables and the session's copies of them: whoever reads one sees its newest values, and nobody else's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { applyMomentum } from '../../lib/engine/operations/momentum';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { EngineError } from '../../lib/errors';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { parameters } from '../../lib/training/step/gradients';
import { assertAllClose, numbers } from '../helpers/tensors';

/** Results of the same calls with a record and without. */
async function both<T>(run: (options: { compile: boolean }) => Promise<T>): Promise<[recorded: T, eager: T]> {
  return [await run({ compile: true }), await run({ compile: false })];
}

describe('what shares a variable’s values keeps them while steps assign the variable', () => {
  const x = tf.tensor1d([10, 20]);

  test('what shares a variable’s values keeps them while steps assign the variable the tensor that it was made of, and clones from before and between steps', async () => {
    const first = tf.tensor1d([1, 2]);
    const variable = tf.variable(first);
    const clones = [variable.clone()];
    const step = compile((t: TensorFlow.Tensor1D) => {
      variable.assign(variable.add(t));
      return [];
    });
    for (let i = 0; i < 3; i++) {
      await step(x);
      clones.push(variable.clone());
    }
    assert.deepEqual(clones.map(numbers), [
      [1, 2],
      [11, 22],
      [21, 42],
      [31, 62],
    ]);
    assert.deepEqual(numbers(first), [1, 2]);
    step.dispose();
    assert.deepEqual(clones.flatMap(numbers), [1, 2, 11, 22, 21, 42, 31, 62]);
  });

  test('what shares a variable’s values keeps them while steps assign the variable a clone of a variable that is assigned from outside or disposed thereafter', async () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const step = compile((t: TensorFlow.Tensor1D) => {
      variable.assign(variable.add(t));
      return variable.sum();
    });
    await step(x);
    const clones = [variable.clone()];
    variable.assign(tf.tensor1d([0, 0]));
    clones.push(variable.clone());
    assert.deepEqual(numbers(await step(x)), [30]);
    clones.push(variable.clone());
    variable.dispose();
    step.dispose();
    assert.deepEqual(clones.flatMap(numbers), [11, 22, 0, 0, 10, 20]);
  });

  test('what shares a variable’s values keeps them while steps assign the variable another variable that was made of the same tensor, or assigned this one', async () => {
    const results = await both(async (options) => {
      const zero = tf.scalar(0);
      const [a, b, c] = [tf.variable(zero), tf.variable(zero), tf.variable(zero)];
      const step = compile(() => {
        a.assign(a.add(1));
        b.assign(b.add(10));
        return [a, b, c, zero];
      }, options);
      const seen: number[] = [];
      for (let i = 0; i < 4; i++) {
        seen.push(...(await step()).flatMap(numbers));
        if (i === 1) b.assign(a as TensorFlow.Scalar);
        if (i === 2) c.assign(b as TensorFlow.Scalar);
      }
      step.dispose();
      return [...seen, ...[a, b, c, zero].flatMap(numbers)];
    });
    assert.deepEqual(results[0], results[1]);
    assert.deepEqual(results[0].slice(-4), [4, 22, 12, 0]);
  });

  test('what shares a variable’s values keeps them while steps assign the variable clones taken inside of a step, before it assigns the variable or updates it in place', async () => {
    const results = await both(async (options) => {
      const [param, velocity] = [tf.variable(tf.ones([2])), tf.variable(tf.zeros([2]))];
      const settings = { lr: tf.scalar(0.5), momentum: tf.scalar(0.5), nesterov: false };
      const step = compile((t: TensorFlow.Tensor1D) => {
        const clones = [param.clone(), velocity.clone()];
        applyMomentum(param, velocity, t, settings);
        clones.push(param.clone(), velocity.clone());
        applyMomentum(param, velocity, t, settings);
        param.assign(param.mul(2));
        clones.push(param.clone());
        applyMomentum(param, velocity, t, settings);
        return [...clones, param, velocity, param.sub(clones[0])];
      }, options);
      const seen: number[] = [];
      for (let i = 0; i < 3; i++) seen.push(...(await step(x)).flatMap(numbers));
      return [...seen, ...numbers(param), ...numbers(velocity)];
    });
    assertAllClose(results[0], results[1], 1e-6);
  });
});

describe('a step', () => {
  test('a step exchanges variables', async () => {
    const names = ['a', 'b', 'c'];
    const variables = names.map((_, i) => tf.variable(tf.fill([1000], i)));
    const rotate = compile(() => {
      const [a, b, c] = variables.map((variable) => variable.clone());
      variables[0].assign(b);
      variables[1].assign(c);
      variables[2].assign(a);
      return [];
    });
    for (let i = 1; i <= 10; i++) {
      await rotate();
      assert.deepEqual(
        variables.map((variable) => numbers(variable.mean())[0]),
        names.map((_, at) => (at + i) % 3),
      );
    }
  });

  test('a step makes variables of others', async () => {
    const results = await both(async (options) => {
      const source = tf.variable(tf.scalar(3));
      const zero = tf.scalar(0);
      let made: TensorFlow.Variable[] | undefined;
      const step = compile((t: TensorFlow.Scalar) => {
        made ??= [
          tf.variable(source),
          tf.variable(source.clone()),
          tf.variable(source.mul(2)),
          tf.variable(zero),
        ];
        source.assign(source.add(t));
        made[1].assign(made[1].add(100));
        made[3].assign(made[3].add(1));
        return [source, ...made, zero];
      }, options);
      const one = tf.scalar(1);
      return [...(await step(one)), ...(await step(one))].flatMap(numbers);
    });
    assert.deepEqual(results[0], results[1]);
    assert.deepEqual(results[0], [4, 3, 103, 6, 1, 0, 5, 3, 203, 6, 2, 0]);
  });

  test('a step may not make a variable of what it has updated in place, and leaves none behind', async () => {
    const [param, velocity] = [tf.variable(tf.ones([2])), tf.variable(tf.zeros([2]))];
    const settings = { lr: tf.scalar(0.5), momentum: tf.scalar(0), nesterov: false };
    let average: TensorFlow.Variable | undefined;
    const step = compile((t: TensorFlow.Tensor1D) => {
      applyMomentum(param, velocity, t, settings);
      average ??= tf.variable(param.mul(0.1));
      return average.add(0);
    });
    const x = tf.ones([2]) as TensorFlow.Tensor1D;
    const before = tf.memory().numTensors;
    await assert.rejects(step(x), (error: Error) => {
      assert.ok(error instanceof EngineError);
      assert.match(error.message, /makes a variable of values that it has updated.*variables\.test\.ts/);
      return true;
    });
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([...numbers(param), ...numbers(velocity)], [1, 1, 0, 0]);
  });

  test('a step is recorded once for each shape, rank and type, and goes on from the same variables', async () => {
    const count = tf.variable(tf.scalar(0));
    let recorded = 0;
    const inputs = [
      tf.tensor1d([1, 2, 3]),
      tf.tensor1d([4]),
      tf.tensor2d([[5, 6, 7]]),
      tf.tensor1d([8, 9, 10], 'int32'),
      tf.scalar(11),
      tf.tensor1d([]),
    ];
    const step = compile((t: TensorFlow.Tensor) => {
      recorded++;
      count.assign(count.add(1));
      return { twice: t.add(t), count: count.add(0) };
    });
    for (let round = 0; round < 3; round++) {
      for (const [i, input] of inputs.entries()) {
        const { twice, count: counted } = await step(input);
        assert.deepEqual([twice.shape, twice.dtype], [input.shape, input.dtype]);
        assert.deepEqual(
          numbers(twice),
          numbers(input).map((value) => value * 2),
        );
        assert.deepEqual(numbers(counted), [round * inputs.length + i + 1]);
      }
    }
    assert.equal(recorded, inputs.length);
    step.dispose();
    assert.deepEqual(numbers(count), [3 * inputs.length]);
  });
});

describe('a training step and an evaluation step over one network', () => {
  function smallNet(): TensorFlow.Sequential {
    return tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [8, 8, 3],
          filters: 4,
          kernelSize: 3,
          kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
        }),
        tf.layers.batchNormalization({ name: 'fused', epsilon: 1e-5, momentum: 0.9 }),
        tf.layers.reLU(),
        tf.layers.conv2d({
          filters: 4,
          kernelSize: 3,
          kernelInitializer: tf.initializers.heNormal({ seed: 2 }),
        }),
        tf.layers.batchNormalization({ name: 'standard' }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 5, kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) }),
      ],
    });
  }

  function batch(n: number, seed: number): [TensorFlow.Tensor4D, TensorFlow.Tensor1D] {
    const labels = Int32Array.from({ length: n }, (_, i) => (i * 7 + seed) % 5);
    return [tf.randomNormal([n, 8, 8, 3], 0, 1, 'float32', seed), tf.tensor1d(labels, 'int32')];
  }

  test('a training step and an evaluation step over one network see each other’s values, moving statistics included, as do plain calls and assignments', async () => {
    const results = await both(async (options) => {
      const net = smallNet();
      const params = parameters(net);
      const criterion = crossEntropy();
      const optimizer = new SGD({ lr: 0.05, momentum: 0.9, weightDecay: 1e-3 });
      const training = compile((images: TensorFlow.Tensor4D, labels: TensorFlow.Tensor1D) => {
        const { value, grads } = tf.variableGrads(
          () => criterion(net.apply(images, { training: true }) as TensorFlow.Tensor2D, labels),
          params,
        );
        const rates = { lr: tf.scalar(optimizer.lr), momentum: tf.scalar(optimizer.momentum) };
        optimizer.apply(grads, params, rates);
        return value;
      }, options);
      const testing = compile(
        (images: TensorFlow.Tensor4D, labels: TensorFlow.Tensor1D) =>
          criterion(net.apply(images, { training: false }) as TensorFlow.Tensor2D, labels),
        options,
      );
      const seen: number[] = [];
      let kept: TensorFlow.Tensor[] = [];
      for (const [i, n] of [8, 3, 8, 3, 8, 8, 3].entries()) {
        const [images, labels] = batch(n, i + 1);
        // Both are asked for before either has run.
        const [trained, tested] = await Promise.all([training(images, labels), testing(images, labels)]);
        seen.push(...numbers(trained), ...numbers(tested));
        if (i === 2) seen.push(...numbers(criterion(net.predict(images) as TensorFlow.Tensor2D, labels)));
        if (i === 3) kept = net.getWeights().map((weight) => weight.clone());
        if (i === 5) net.setWeights(kept);
        tf.dispose([images, labels, trained, tested]);
      }
      training.dispose();
      const [images, labels] = batch(4, 9);
      seen.push(...numbers(await testing(images, labels)));
      testing.dispose();
      seen.push(...net.getWeights().flatMap((weight) => numbers(weight.mean())));
      optimizer.dispose();
      return seen;
    });
    assertAllClose(results[0], results[1], 1e-5);
  });
});
