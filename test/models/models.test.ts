/** Networks and blocks against the article: its shapes, its table, its numbers of parameters. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../lib/errors';
import { basicBlock, bottleneck } from '../../lib/models/block';
import { networkInfo, setNetworkInfo } from '../../lib/models/networkInfo';
import {
  resNet,
  resnet10,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
} from '../../lib/models/resNet';
import { summary } from '../../lib/models/summary';
import { tree } from '../../lib/models/tree';
import { numbers } from '../helpers/tensors';

function shapeOf(net: TensorFlow.LayersModel, input: number[]): number[] {
  return tf.tidy(() => (net.predict(tf.zeros(input)) as TensorFlow.Tensor).shape);
}

/** The article's table has [-1, channels, height, width]; ours has the channels last. */
function articleTable(): string[] {
  const text = readFileSync(path.join(__dirname, '../fixtures', 'articleSummary.txt'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\[-1, (\d+), (\d+), (\d+)\]/, '[-1, $2, $3, $1]'));
}

describe('blocks', () => {
  test('blocks have the shapes of the article', () => {
    assert.deepEqual(shapeOf(basicBlock(64, 128), [2, 32, 32, 64]), [2, 32, 32, 128]);
    assert.deepEqual(shapeOf(bottleneck(256, 128), [2, 32, 32, 256]), [2, 32, 32, 512]);
    assert.deepEqual(shapeOf(basicBlock(8, 16, { stride: 2 }), [2, 32, 32, 8]), [2, 16, 16, 16]);
    assert.deepEqual(shapeOf(bottleneck(8, 4, { stride: 2 }), [2, 7, 7, 8]), [2, 4, 4, 16]);
  });

  test('blocks pass their input on where the shortcut is the identity and the branch gives 0', () => {
    const block = basicBlock(4, 4);
    block.getLayer('BasicBlock.bn2').setWeights([tf.zeros([4]), tf.zeros([4]), tf.zeros([4]), tf.ones([4])]);
    const x = tf.range(0, 32).reshape([1, 2, 4, 4]);
    assert.deepEqual(numbers(block.predict(x) as TensorFlow.Tensor), numbers(x));
  });

  test('blocks refuse channels that are none', () => {
    assert.throws(() => basicBlock(0, 8), ConfigError);
    assert.throws(() => bottleneck(8, 2.5), /channels is 2\.5/);
    assert.throws(() => basicBlock(8, 8, { stride: Number.NaN }), /stride is NaN/);
  });
});

describe('networks', () => {
  const counts = [
    [resnet10, 4_903_242],
    [resnet18, 11_173_962],
    [resnet34, 21_282_122],
    [resnet50, 23_520_842],
    [resnet101, 42_512_970],
    [resnet152, 58_156_618],
  ] as const;
  for (const [make, count] of counts) {
    test(`networks have the article's number of parameters: ${count}`, () => {
      const net = make();
      const parameters = net.trainableWeights.map((weight) =>
        tf.util.sizeFromShape(weight.shape as number[]),
      );
      assert.equal(
        parameters.reduce((a, b) => a + b),
        count,
      );
      net.dispose();
    });
  }

  test('networks give logits of the classes asked for', () => {
    assert.deepEqual(shapeOf(resnet18({ width: 4 }), [2, 32, 32, 3]), [2, 10]);
    assert.deepEqual(shapeOf(resnet50({ width: 4, numClasses: 7 }), [3, 32, 32, 3]), [3, 7]);
  });

  test('networks print five shapes when asked', (context) => {
    const log = context.mock.method(console, 'log', () => {});
    shapeOf(resnet18({ verbose: true }), [2, 32, 32, 3]);
    assert.deepEqual(
      log.mock.calls.map((call) => call.arguments[0]),
      ['32, 32, 64', '32, 32, 64', '16, 16, 128', '8, 8, 256', '4, 4, 512'].map(
        (shape, i) => `block ${i + 1} output: [2, ${shape}]`,
      ),
    );
  });

  test('networks start from the same weights with the same seed, and from He’s deviation', () => {
    const weights = (seed: number) =>
      numbers(resnet18({ width: 16, seed }).getLayer('layer1.0').getWeights()[0]);
    assert.deepEqual(weights(3), weights(3));
    assert.notDeepEqual(weights(3), weights(4));
    // A normal distribution cut at two deviations keeps 0.774 of its variance.
    const variance = weights(3).reduce((sum, w) => sum + w * w, 0) / weights(3).length;
    assert.ok(Math.abs(variance / ((0.774 * 2) / (9 * 16)) - 1) < 0.1, `${variance}`);
  });

  test('networks carry facts of their own', () => {
    const net = resnet34({ width: 4 });
    setNetworkInfo(net, { classNames: ['a', 'b'] });
    assert.deepEqual(networkInfo(net), { architecture: 'ResNet-34, width 4', classNames: ['a', 'b'] });
  });

  test('networks refuse what makes no network', () => {
    assert.throws(() => resNet(basicBlock, []), /numBlocks is empty/);
    assert.throws(() => resNet(basicBlock, [2, 2, 0, 2]), /numBlocks\[2\] is 0/);
    assert.throws(() => resnet18({ width: 0 }), ConfigError);
    assert.throws(() => resnet18({ numClasses: -1 }), ConfigError);
  });
});

describe('summary and tree', () => {
  test('summary and tree give the article’s table, line by line', () => {
    const lines = `${summary(resnet18())}`.split('\n').slice(1, -1);
    assert.deepEqual(lines, articleTable());
  });

  test('summary and tree tell a block by its name, inside and alone', () => {
    assert.deepEqual(
      summary(resnet50({ width: 4 })).rows.filter(({ name }) => name.startsWith('Bottleneck')).length,
      16,
    );
    assert.match(tree(basicBlock(64, 128)), /^BasicBlock\(\n {2}\(conv1\): Conv2d\(64, 128, /);
  });

  test('summary and tree count the multiplications of each layer', () => {
    const { rows, multiplyAdds } = summary(resnet18());
    const of = (name: string) => rows.find((row) => row.name === name)!.multiplyAdds;
    // Kernels times places: 3×3×3×64 × 32×32, 3×3×64×64 × 32×32, 1×1×64×128 × 16×16, 512 × 10.
    assert.deepEqual(
      ['Conv2d-1', 'BatchNorm2d-2', 'Conv2d-4', 'BasicBlock-9', 'Conv2d-21', 'Linear-59'].map(of),
      [1_769_472, 0, 37_748_736, 0, 2_097_152, 5120],
    );
    // The first of each later stage has half of its 3×3 convolutions' channels to take: 13 whole ones and 3 halves.
    assert.equal(multiplyAdds, 1_769_472 + 14.5 * 37_748_736 + 3 * 2_097_152 + 5120);
  });

  test('summary and tree ask for a shape where the network takes any, and refuse one that doesn’t fit', () => {
    assert.throws(() => summary(basicBlock(64, 128)), ModelError);
    assert.equal(summary(basicBlock(64, 128), [32, 32, 64]).rows.length, 7);
    assert.throws(() => summary(resnet18({ width: 4 }), [64, 64, 3]), /takes inputs of \[32,32,3\]/);
  });

  test('summary and tree take a network of tf.sequential, with as many parameters as TensorFlow.js counts', () => {
    const layers = [
      tf.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, inputShape: [8, 8, 3] }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ name: 'linear', units: 2 }),
    ];
    const net = tf.sequential({ name: 'mine', layers });
    assert.deepEqual(
      summary(net).rows.map(({ name, outputShape }) => [name, outputShape]),
      [
        ['Conv2d-1', [-1, 6, 6, 4]],
        ['Linear-2', [-1, 2]],
      ],
    );
    assert.equal(summary(net).parameters, net.countParams());
    assert.match(
      tree(net),
      /^mine\(\n {2}\(conv\): Conv2d\(3, 4, .*\)\n {2}\(linear\): Linear\(144, 2, bias=true\)\n\)$/,
    );
  });

  test('summary and tree refuse a network without layers, and one of several inputs', () => {
    const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
    const two = tf.model({
      inputs: [a, b],
      outputs: tf.layers.add().apply([a, b]) as TensorFlow.SymbolicTensor,
    });
    for (const look of [summary, tree]) {
      assert.throws(() => look(tf.sequential()), ModelError);
      assert.throws(() => look(two), /has 2 inputs\.\nGive a network with one input\./);
    }
  });

  test('summary and tree nest as PyTorch prints', () => {
    const lines = tree(resnet18()).split('\n');
    assert.deepEqual(lines.slice(0, 9), [
      'ResNet(',
      '  (features): Sequential(',
      '    (conv): Conv2d(3, 64, kernelSize=3×3, stride=1×1, padding=1, bias=false)',
      '    (bn): BatchNorm2d(64, epsilon=0.00001, momentum=0.9)',
      '    (relu): ReLU()',
      '  )',
      '  (layer1): Sequential(',
      '    (0): BasicBlock(',
      '      (conv1): Conv2d(64, 64, kernelSize=3×3, stride=1×1, padding=1, bias=false)',
    ]);
    assert.deepEqual(lines.slice(-3), [
      '  (avgPool): AvgPool2d(kernelSize=4×4)',
      '  (classifier): Linear(512, 10, bias=true)',
      ')',
    ]);
    assert.equal(lines.filter((line) => line.includes('(shortcut): Identity()')).length, 5);
    assert.equal(lines.filter((line) => line.includes('(shortcut): Sequential(')).length, 3);
  });
});
