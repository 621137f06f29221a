/** Runs that are resumed with other settings: the new ones are used and named, or refused with what differs. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { ConfigError, ModelError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { resnet10 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { CosineAnnealingLR } from '../../lib/training/schedule/cosineAnnealingLR';
import { MultiStepLR } from '../../lib/training/schedule/multiStepLR';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';
import { firstImages, type RunSettings, trainSmall } from '../helpers/trainSmall';

let folder: string;
let runs = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resume-'));
});
after(() => rm(folder, { recursive: true }));

/** Trains with some settings, and then goes on with others. */
async function resumed(first: RunSettings, then: RunSettings) {
  const savePath = join(folder, `run${runs++}`);
  const before = await trainSmall({ savePath, saveEvery: 1, epochs: 2, ...first });
  const resuming = await trainSmall({ savePath, resume: true, epochs: 3, ...then });
  return { before, ...resuming, changes: resuming.messages.find((text) => /^Goes on/.test(text)) ?? '' };
}

test('another learning rate, momentum or weight decay is used and named', async () => {
  const { rates, changes } = await resumed({}, { sgd: { lr: 0.01, momentum: 0.8, weightDecay: 0 } });
  assert.deepEqual(rates, [0.01, 0.01, 0.01]);
  assert.match(
    changes,
    /Changed since then: epochs 2 → 3, lr 0\.05 → 0\.01, momentum 0\.9 → 0\.8, weightDecay 0\.0005 → 0\.$/,
  );
});

test('the same settings are not named', async () => {
  const { changes } = await resumed({ epochs: 3, endAt: '3.1' }, {});
  assert.match(changes, /^Goes on after epoch 2 and 1 batches of the next, from .*batch_00001\.$/);
});

test('a cosine that is extended goes on at the rate of the longer one', async () => {
  const cosine = (tMax: number) => (optimizer: SGD) => new CosineAnnealingLR(optimizer, { tMax });
  const { rates, changes } = await resumed({ schedule: cosine(2) }, { schedule: cosine(6), epochs: 6 });
  // PyTorch's closed form: eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2
  const expected = [2, 3, 4, 5].map((t) => (0.05 * (1 + Math.cos((Math.PI * t) / 6))) / 2);
  assertAllClose(
    rates,
    expected.flatMap((rate) => [rate, rate, rate]),
    1e-9,
  );
  assert.match(changes, /tMax 2 → 6/);
});

test('other milestones count from the start of the run', async () => {
  const steps = (milestones: number[], gamma: number) => (optimizer: SGD) =>
    new MultiStepLR(optimizer, { milestones, gamma });
  const { rates } = await resumed({ schedule: steps([5], 0.1) }, { schedule: steps([1, 2], 0.5) });
  assertAllClose(rates, [0.0125, 0.0125, 0.0125], 1e-9);
});

test('one cycle over more epochs goes on at its place in the longer cycle', async () => {
  const cycle = (totalSteps: number) => (optimizer: SGD) =>
    new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps });
  const { rates } = await resumed({ schedule: cycle(6) }, { schedule: cycle(12), epochs: 4 });
  const whole = await trainSmall({ schedule: cycle(12), epochs: 4 });
  assertAllClose(rates, whole.rates.slice(6), 1e-9);
});

test('other batches, seeds and images are used after whole epochs, and named', async () => {
  const images = await firstImages(40);
  const { rates, changes } = await resumed({}, { loader: { batchSize: 10, seed: 9 }, images });
  assert.equal(rates.length, 4);
  assert.match(
    changes,
    /trainLoader\.images 50 → 40, trainLoader\.batchSize 20 → 10, trainLoader\.seed 3 → 9/,
  );
});

test('other images of the same number are named', async () => {
  const { images, labels } = await firstImages(50);
  const { changes } = await resumed(
    {},
    {
      images: new Dataset(
        images.map((pixel) => 255 - pixel),
        labels,
      ),
    },
  );
  assert.match(changes, /other images or labels in trainLoader/);
});

test('other batches in the middle of an epoch are refused with what differs', async () => {
  await assert.rejects(resumed({ endAt: '2.1' }, { loader: { batchSize: 10 } }), {
    name: 'ModelError',
    message: /can't go on with other settings: trainLoader\.batchSize 20 → 10; it is within an epoch/,
  });
});

test('other classes are refused before anything is read', async () => {
  const { images, labels } = await firstImages(50);
  const classNames = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  await assert.rejects(resumed({}, { images: new Dataset(images, labels, classNames) }), /class/);
});

test('a run that has no epochs left says so', async () => {
  const { messages, records } = await resumed({}, { epochs: 2 });
  assert.match(messages.join('\n'), /Nothing is left to train: epochs is 2, and 2 are done\./);
  assert.equal(records.length, 2);
});

test('a checkpoint of the version before goes on, in the middle of its epoch', async () => {
  const savePath = join(folder, 'fixture');
  await cp(join(__dirname, '../fixtures', 'checkpoint'), savePath, { recursive: true });
  const net = await loadModel(savePath);
  const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
  const scheduler = new MultiStepLR(optimizer, { milestones: [1] });
  const loader = new DataLoader(await firstImages(50), {
    batchSize: 20,
    shuffle: true,
    augment: true,
    seed: 3,
  });
  const messages: string[] = [];
  await train(net, loader, new DataLoader(await firstImages(10)), {
    epochs: 2,
    optimizer,
    scheduler,
    criterion: crossEntropy(),
    savePath,
    resume: true,
    onProgress: (event) => event.kind === 'message' && messages.push(event.text),
  });
  assert.match(messages.join('\n'), /Goes on after epoch 1 and 2 batches of the next/);
});

test('the folder best has the network after the epoch of the highest test accuracy', async () => {
  const savePath = join(folder, 'best');
  const options = { savePath, epochs: 4, sgd: { lr: 0.3 } };
  const { records } = await trainSmall(options);
  const accuracies = records.map(({ testAccuracy }) => testAccuracy);
  const best = accuracies.indexOf(Math.max(...accuracies)) + 1;
  const { weights } = await trainSmall({ epochs: best, sgd: { lr: 0.3 } });
  const loaded = await loadModel(join(savePath, 'best'));
  for (const [i, weight] of loaded.getWeights().entries()) assertAllClose(numbers(weight), weights[i], 1e-6);
});

test('one network, optimizer or savePath is not trained by two runs at once', async () => {
  const net = resnet10({ width: 4 });
  const loader = new DataLoader(await firstImages(20), { batchSize: 10 });
  const optimizer = new SGD({ lr: 0.01 });
  const options = { epochs: 1, criterion: crossEntropy(), savePath: join(folder, 'twice') };
  const first = train(net, loader, loader, { ...options, optimizer });
  await assert.rejects(train(net, loader, loader, { ...options, optimizer: new SGD({ lr: 0.01 }) }), {
    name: 'ConfigError',
    message: /^This network is used by another run of train/,
  });
  await assert.rejects(
    train(resnet10({ width: 4 }), loader, loader, { ...options, optimizer }),
    /This optimizer/,
  );
  const others = { ...options, savePath: `${folder}/./twice/`, optimizer: new SGD({ lr: 0.01 }) };
  await assert.rejects(train(resnet10({ width: 4 }), loader, loader, others), /The savePath .* is used/);
  await first;
  assert.equal((await train(net, loader, loader, { ...options, optimizer })).epochs.length, 1);
});

test('frozen options, a slash behind the path, and an aborted signal do what they say', async () => {
  const savePath = `${join(folder, 'with space ü')}/`;
  const { records } = await trainSmall(Object.freeze({ savePath, epochs: 1 }));
  assert.equal(records.length, 1);
  const net = await loadModel(savePath);
  assert.equal(net.countParams(), resnet10({ width: 4 }).countParams());
  const aborted = await trainSmall({ signal: AbortSignal.abort() });
  assert.deepEqual(aborted.rates, []);
  for (const path of ['', 3 as never]) {
    await assert.rejects(trainSmall({ savePath: path }), ConfigError);
  }
  await assert.rejects(trainSmall({ savePath: __filename }), ModelError);
});
