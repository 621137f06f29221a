/** Transfer learning: a network frozen up to a module, with a new head. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { installKernels } from '../../lib/engine/kernels/install';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { saveModel } from '../../lib/models/files/saveModel';
import { networkInfo, setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet18 } from '../../lib/models/resNet';
import { summary } from '../../lib/models/summary';
import { outputsOf } from '../../lib/models/testTimeAugmentation';
import { freeze, replaceHead } from '../../lib/models/transfer';
import { predictImage } from '../../lib/prediction/predictImage';
import { evaluate } from '../../lib/training/evaluate';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

const weightsOf = (net: ReturnType<typeof resnet18>) =>
  new Map(net.weights.map((weight) => [weight.originalName, numbers(weight.read())]));

test('a frozen network with a new head learns other classes, and changes in nothing else', async () => {
  const { images, labels } = (await loadCifar10({ sample: true })).train.subset(60);
  const animals = new Dataset(
    images,
    labels.map((label) => Number([2, 3, 4, 5, 6, 7].includes(label))),
    ['machine', 'animal'],
  );
  const trained = resnet18({ width: 4 });
  setNetworkInfo(trained, { architecture: 'ResNet-18, width 4' });
  const net = replaceHead(trained, animals.classNames, { seed: 1 });
  assert.deepEqual(net.outputs[0].shape, [null, 2]);
  assert.deepEqual(networkInfo(net), {
    architecture: 'ResNet-18, width 4',
    classNames: ['machine', 'animal'],
  });
  const frozen = freeze(net, 'layer4');
  assert.ok(
    frozen.includes('features.conv') && frozen.includes('layer4.1') && !frozen.includes('classifier'),
  );
  const { parameters, trainableParameters } = summary(net);
  assert.deepEqual([parameters - summary(trained).parameters, trainableParameters], [-8 * 33, 2 * 33]);
  const frozenCount = (parameters - 66).toLocaleString('en-US');
  assert.match(
    String(summary(net)),
    new RegExp(`Trainable params: 66\nNon-trainable params: ${frozenCount}\n`),
  );
  const before = weightsOf(net);
  const loader = new DataLoader(animals, { batchSize: 20, shuffle: true });
  const { epochs } = await train(net, loader, loader, {
    epochs: 4,
    optimizer: new SGD({ lr: 0.05, momentum: 0.9 }),
    criterion: crossEntropy(),
  });
  assert.ok(epochs[3].trainLoss < epochs[0].trainLoss, `${epochs.map(({ trainLoss }) => trainLoss)}`);
  for (const [name, values] of weightsOf(net)) {
    // Moving statistics of frozen batch normalization among them.
    if (name.startsWith('classifier')) assert.notDeepEqual(values, before.get(name));
    else assert.deepEqual(values, before.get(name), name);
  }
  // The network it was made of has its own head, and the same other weights.
  assert.deepEqual(trained.outputs[0].shape, [null, 10]);

  const folder = await mkdtemp(join(tmpdir(), 'transfer-'));
  await saveModel(net, folder);
  const loaded = await loadModel(folder);
  assert.deepEqual([...weightsOf(loaded).values()], [...weightsOf(net).values()]);
  await rm(folder, { recursive: true });
});

test('freezing names what there is, and refuses what there is not', () => {
  const net = resnet18({ width: 4 });
  freeze(net, 'features.bn');
  assert.equal(net.getLayer('features.conv').trainable, false);
  assert.equal(net.getLayer('layer1.0').trainable, true);
  assert.throws(() => freeze(net, 'layer9'), {
    name: 'ModelError',
    message: /no module 'layer9' in the network\.\nName one of: features.conv, features.bn/,
  });
  net.trainable = true;
  assert.equal(net.getLayer('features.conv').trainable, true);
});

test('a network without a fully connected end has no head to replace', () => {
  const net = tf.sequential({
    layers: [tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 2, kernelSize: 1 })],
  });
  assert.throws(() => replaceHead(net, 3), ModelError);
  assert.throws(() => replaceHead(resnet18({ width: 4 }), 0), /classes is 0/);
});

test('the mean of several views is the mean of what the network says of each', async () => {
  const net = resnet18({ width: 4, seed: 3 });
  const [batch] = new DataLoader((await loadCifar10({ sample: true })).test.subset(6), { batchSize: 6 });
  const forward = (x: unknown) => net.apply(x as never, { training: false }) as never;
  const mean = (...tensors: never[]) => tf.div(tf.addN(tensors), tensors.length);
  const flipped = tf.reverse(batch.images, 2);
  const flip = mean(forward(batch.images), forward(flipped));
  assertAllClose(numbers(outputsOf(net, batch.images, 'flip')), numbers(flip), 1e-5);

  // Moved by one pixel, the row and column that come in mirrored at the edge.
  const rows = (by: number) =>
    Array.from({ length: 32 }, (_, i) => (i + by < 0 ? 1 : i + by > 31 ? 30 : i + by));
  const moved = (by: number) =>
    tf.gather(tf.gather(batch.images, rows(by), 1), rows(by), 2) as typeof batch.images;
  const shifted = [-1, 1].flatMap((by) => [forward(moved(by)), forward(tf.reverse(moved(by), 2))]);
  const expected = tf.add(tf.mul(flip, 0.5), tf.mul(mean(...shifted), 0.5));
  assertAllClose(numbers(outputsOf(net, batch.images, 'shiftedFlips')), numbers(expected), 1e-5);
});

test('evaluate and predict average over views where they are asked to', async () => {
  const net = resnet18({ width: 4, seed: 3 });
  const { test: images } = await loadCifar10({ sample: true });
  const loader = new DataLoader(images.subset(40), { batchSize: 16 });
  const [batch] = new DataLoader(images.subset(40), { batchSize: 40 });
  const losses = [];
  for (const tta of [undefined, 'flip', 'shiftedFlips'] as const) {
    const { loss } = await evaluate(net, loader, { tta });
    const expected = crossEntropy()(outputsOf(net, batch.images, tta), batch.labels);
    assertAllClose([loss], numbers(expected), 1e-5);
    losses.push(loss);
  }
  assert.equal(new Set(losses).size, 3);
  const image = { width: 32, height: 32, data: images.image(0) };
  const values = [];
  for (const tta of [undefined, 'flip'] as const)
    values.push((await predictImage(net, image, { tta })).value);
  assert.notEqual(values[0], values[1]);
  await assert.rejects(evaluate(net, loader, { tta: 'rotate' as never }), /tta is 'rotate'/);
  await assert.rejects(predictImage(net, image, { tta: 'rotate' as never }), /tta is 'rotate'/);
});
