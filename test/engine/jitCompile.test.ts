/** Steps that XLA compiles: with its compiler for the processor, which TensorFlow leaves off unless it is asked for. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';
import type * as library from '../../lib/index';
import { asOnGpu } from '../helpers/asOnGpu';
import { numbers } from '../helpers/tensors';

let lib: typeof library;

before(async () => {
  // Read when TensorFlow is loaded.
  process.env.TF_XLA_FLAGS = '--tf_xla_cpu_global_jit';
  lib = await import('../../lib/index.js');
});

describe('a step with jitCompile', () => {
  test('a step with jitCompile is compiled but for inputs smaller than before, and computes the same for all', () =>
    asOnGpu(async () => {
      const { compile, tf } = lib;
      const mean = (x: TensorFlow.Tensor) => tf.mean(tf.tanh(tf.add(tf.mul(tf.exp(x), 2), 1)));
      const [plain, compiled] = [compile(mean), compile(mean, { jitCompile: true })];
      // As where a run goes on at the last batch of an epoch: 20, 100, and 10.
      const [early, first, other] = [20, 100, 10].map((length) => tf.linspace(-1, 1, length));
      for (const x of [early, first, other]) {
        const [expected] = numbers(await plain(x));
        assert.ok(Math.abs(numbers(await compiled(x))[0] - expected) < 1e-6);
      }
      const operations = async (step: typeof plain, x: TensorFlow.Tensor) =>
        (await step.operationCosts(x)).map(({ operation }) => operation);
      assert.ok((await operations(compiled, early)).includes('_XlaRun'));
      assert.ok((await operations(compiled, first)).includes('_XlaRun'));
      assert.ok(!(await operations(compiled, other)).includes('_XlaRun'));
      assert.ok(!(await operations(plain, first)).includes('_XlaRun'));
      plain.dispose();
      compiled.dispose();
    }));

  test('a step with jitCompile is refused on a CPU, without a record, and on several devices', async () => {
    const { compile, ConfigError, crossEntropy, DataLoader, Dataset, resnet10, SGD, train } = lib;
    const identity = (x: TensorFlow.Tensor) => x.clone();
    const jitCompile = true;
    assert.throws(() => compile(identity, { jitCompile }), ConfigError);
    assert.throws(() => compile(identity, { jitCompile: 'yes' as unknown as boolean }), /jitCompile/);
    await asOnGpu(async () => {
      assert.throws(() => compile(identity, { jitCompile, compile: false }), ConfigError);
      const loader = new DataLoader(new Dataset(new Uint8Array(3072), new Uint8Array(1)));
      const options = { epochs: 1, optimizer: new SGD({ lr: 0.1 }), criterion: crossEntropy(), jitCompile };
      await assert.rejects(
        train(resnet10({ width: 4 }), loader, loader, { ...options, devices: ['cpu:0', 'cpu:1'] }),
        /jitCompile is for a step of one device/,
      );
    });
  });

  test('a training step as for a GPU, compiled by XLA but for the last batch, trains as on the CPU', async () => {
    const { DataLoader, loadCifar10, resnet10, SGD, crossEntropy, train } = lib;
    const sample = await loadCifar10({ sample: true });
    const losses = async (options: { jitCompile?: boolean }) => {
      const net = resnet10({ width: 4, seed: 1 });
      const optimizer = new SGD({ lr: 0.02, momentum: 0.9, weightDecay: 5e-4 });
      // 16, 16 and 8 images: the last batch isn't compiled.
      const trainLoader = new DataLoader(sample.train.subset(40), {
        batchSize: 16,
        onDevice: true,
        shuffle: true,
      });
      const history = await train(
        net,
        trainLoader,
        new DataLoader(sample.test.subset(20), { onDevice: true }),
        {
          epochs: 2,
          optimizer,
          criterion: crossEntropy(),
          ...options,
        },
      );
      return history.epochs.flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss]);
    };
    const expected = await losses({});
    await asOnGpu(async () => {
      const actual = await losses({ jitCompile: true });
      actual.forEach((loss, i) => {
        assert.ok(Math.abs(loss - expected[i]) < 1e-3 * expected[i], `${actual} instead of ${expected}`);
      });
    });
  });
});
