/** Training runs as data: what is made of a recipe, and what is refused. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { ConfigError, DataError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { networkInfo } from '../../lib/models/networkInfo';
import { profile } from '../../lib/notebook/profile';
import { trainRun } from '../../lib/notebook/trainRun';
import { Muon } from '../../lib/training/optimizer/muon';
import { SGD } from '../../lib/training/optimizer/sgd';
import { prepareRun, type Recipe } from '../../lib/training/recipe';

describe('a recipe', () => {
  const smoke: Recipe = profile('smoke');

  test('a recipe becomes a network, loaders, an optimizer and a schedule', async () => {
    const data = await loadCifar10({ sample: true });
    const { net, trainLoader, heldOutLoader, testedOn, testLoader, optimizer, scheduler } = prepareRun(
      smoke,
      data,
    );
    assert.equal(networkInfo(net).architecture, 'ResNet-8, width 4');
    assert.deepEqual(
      [trainLoader.dataset.length, heldOutLoader.dataset.length, testLoader.dataset.length, testedOn],
      [360, 40, 200, 'validation'],
    );
    assert.ok(optimizer instanceof Muon);
    assert.equal(scheduler.optimizer, optimizer);
    net.dispose();
    optimizer.dispose();
  });

  test('a recipe of the article tests on the test set, by SGD', async () => {
    const data = await loadCifar10({ sample: true });
    const { net, heldOutLoader, testedOn, optimizer } = prepareRun({ ...profile('article'), width: 4 }, data);
    assert.deepEqual([heldOutLoader.dataset.length, testedOn], [200, 'test']);
    assert.ok(optimizer instanceof SGD);
    net.dispose();
    optimizer.dispose();
  });

  test('a recipe gives resnet8 the channels that it names', async () => {
    const data = await loadCifar10({ sample: true });
    const { net, optimizer } = prepareRun({ ...smoke, channels: [4, 16, 16] }, data);
    assert.deepEqual(net.getLayer('classifier').getWeights()[0].shape, [16, 10]);
    net.dispose();
    optimizer.dispose();
  });

  const wrong: [what: string, changes: object, words: RegExp][] = [
    ['another network', { network: 'vgg16' }, /network is 'vgg16'/],
    ['no whole number of epochs', { epochs: 1.5 }, /epochs is 1\.5/],
    ['an optimizer without its numbers', { optimizer: { kind: 'sgd', lr: 0.1 } }, /optimizer\.momentum/],
    ['an unknown schedule', { schedule: { kind: 'cosine' } }, /schedule\.kind is 'cosine'/],
    ['the optimizer of another network', { network: 'resnet18' }, /airbenchMuon is for resnet8/],
    ['two numbers of channels', { channels: [4, 16] }, /2 channels/],
    [
      'flips of another kind',
      { augmentation: { ...smoke.augmentation, flip: 'never' } },
      /augmentation\.flip/,
    ],
  ];
  for (const [what, changes, words] of wrong) {
    test(`a recipe is refused with ${what}`, async () => {
      const data = await loadCifar10({ sample: true });
      assert.throws(
        () => prepareRun({ ...smoke, ...changes } as Recipe, data),
        (error: Error) => error instanceof ConfigError && words.test(error.message),
      );
    });
  }

  test('a run takes each setting of a recipe, and names one that there is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'run-'));
    const { savePath } = await trainRun(
      { profile: 'smoke', channels: [4, 16, 16], savePath: folder },
      () => {},
    );
    const net = await loadModel(savePath);
    assert.deepEqual(net.getLayer('classifier').getWeights()[0].shape, [16, 10]);
    net.dispose();
    rmSync(folder, { recursive: true });
    await assert.rejects(trainRun({ chanels: [4, 16, 16] } as never), /There is no setting 'chanels'/);
  });

  test('a recipe is refused without data', () => {
    assert.throws(() => prepareRun(smoke, {} as never), DataError);
  });
});
