/** Checkpoints: a run that goes on ends as one that never stopped, and what is damaged or of another run is refused. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError, ModelError } from '../../lib/errors';
import { resnet18 } from '../../lib/models/resNet';
import type { SGD } from '../../lib/training/optimizer/sgd';
import { CosineAnnealingLR } from '../../lib/training/schedule/cosineAnnealingLR';
import { MultiStepLR } from '../../lib/training/schedule/multiStepLR';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/schedule/reduceLROnPlateau';
import type { Scheduler } from '../../lib/training/schedule/scheduler';
import { killTraining } from '../faults/killed';
import { takePlaces } from '../faults/places';
import { EPOCHS, PulledPlug, trainSmall } from '../helpers/trainSmall';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
after(() => rm(folder, { recursive: true }));

const SCHEDULES: Record<string, (optimizer: SGD) => Scheduler> = {
  'one cycle': (optimizer) => new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 3 * EPOCHS }),
  steps: (optimizer) => new MultiStepLR(optimizer, { milestones: [1, 3] }),
  cosine: (optimizer) => new CosineAnnealingLR(optimizer, { tMax: EPOCHS }),
  plateau: (optimizer) => new ReduceLROnPlateau(optimizer, { patience: 0, threshold: 0.5, factor: 0.3 }),
};

describe('a run that goes on', () => {
  for (const [name, schedule] of Object.entries(SCHEDULES)) {
    test(`a run that goes on ends as one that never stopped, to the bit, with the schedule ${name}`, async () => {
      const savePath = join(folder, name);
      const whole = await trainSmall({ schedule });
      await assert.rejects(trainSmall({ schedule, savePath, resume: true, stopIn: 3 }), PulledPlug);
      const { messages, ...resumed } = await trainSmall({ schedule, savePath, resume: true });
      assert.deepEqual(resumed.records, whole.records);
      assert.deepEqual(resumed.weights, whole.weights);
      assert.match(messages.join('\n'), /Goes on after epoch 2, from .*epoch_0002/);
      const again = await trainSmall({ schedule, savePath, resume: true });
      assert.deepEqual(again.records, whole.records, 'there is nothing left to do');
    });
  }

  for (const endAt of ['1.1', '2.2', '3.3']) {
    test(`a run that goes on goes on at the very batch where it was asked to end, ${endAt}`, async () => {
      const savePath = join(folder, `asked${endAt}`);
      const settings = { schedule: SCHEDULES['one cycle'], savePath, resume: true };
      const whole = await trainSmall({ schedule: SCHEDULES['one cycle'] });
      const [epoch, batch] = endAt.split('.').map(Number);
      const ended = await trainSmall({ ...settings, endAt });
      assert.deepEqual(ended.records, whole.records.slice(0, epoch - 1));
      assert.match(ended.messages.join(), new RegExp(`Stopped in epoch ${epoch}, after batch ${batch} of 3`));
      const { messages, ...resumed } = await trainSmall(settings);
      assert.match(messages.join(), new RegExp(`after epoch ${epoch - 1} and ${batch} batches of the next`));
      assert.deepEqual(resumed.records, whole.records);
      assert.deepEqual(resumed.weights, whole.weights);
    });
  }

  test('a run that goes on may be asked to end before it begins', async () => {
    const { records } = await trainSmall({ signal: AbortSignal.abort() });
    assert.deepEqual(records, []);
  });

  test('a run that goes on ends so in float16 too, whose scale goes on', async () => {
    const [savePath, precision] = [join(folder, 'float16'), 'float16'] as const;
    const whole = await trainSmall({ precision });
    await assert.rejects(trainSmall({ precision, savePath, resume: true, stopIn: 3 }), PulledPlug);
    const resumed = await trainSmall({ precision, savePath, resume: true });
    assert.deepEqual(resumed.records, whole.records);
    assert.deepEqual(resumed.weights, whole.weights);
  });

  test('a run that goes on keeps the newest checkpoints and the best', async () => {
    const savePath = join(folder, 'kept');
    const { records } = await trainSmall({ savePath, saveEvery: 1, keep: 1, epochs: 6 });
    const accuracies = records.map(({ testAccuracy }) => testAccuracy);
    // Of several that are equally good, the newest.
    const best = accuracies.lastIndexOf(Math.max(...accuracies)) + 1;
    const expected = [...new Set([best, 6])].sort().map((epoch) => `epoch_000${epoch}`);
    assert.deepEqual((await readdir(join(savePath, 'checkpoints'))).sort(), expected);
  });

  test('a run that goes on saves each so many epochs, and the last', async () => {
    const savePath = join(folder, 'every');
    await trainSmall({ savePath, saveEvery: 3, epochs: 4 });
    assert.deepEqual((await readdir(join(savePath, 'checkpoints'))).sort(), ['epoch_0003', 'epoch_0004']);
  });

  test('a run that goes on starts from the beginning where there is nothing to go on from', async () => {
    const { records } = await trainSmall({ savePath: join(folder, 'new'), resume: true, epochs: 1 });
    assert.equal(records.length, 1);
  });
});

describe('a checkpoint', () => {
  test('a checkpoint that was altered is refused by its name, and the newest good one is named', async () => {
    const savePath = join(folder, 'altered');
    await trainSmall({ savePath, saveEvery: 1 });
    const [third, fourth] = [3, 4].map((epoch) => join(savePath, 'checkpoints', `epoch_000${epoch}`));
    for (const name of ['weights.bin', 'optimizer.velocity.bin', 'checkpoint.json', 'checksums.json']) {
      const file = join(fourth, name);
      const content = await readFile(file);
      const altered = Buffer.from(content);
      altered[altered.length >> 1] ^= 1;
      await writeFile(file, altered);
      await assert.rejects(trainSmall({ savePath, resume: true }), (error: Error) => {
        assert.ok(error instanceof ModelError);
        assert.ok(error.message.includes(fourth) && error.message.includes(third), error.message);
        return true;
      });
      await rm(file);
      await assert.rejects(trainSmall({ savePath, resume: true }), ModelError, `without ${name}`);
      await writeFile(file, content);
    }
    await rm(fourth, { recursive: true });
    assert.match((await trainSmall({ savePath, resume: true })).messages.join(), /after epoch 3/);
  });

  test('a checkpoint of another network, schedule or format is refused', async () => {
    const savePath = join(folder, 'other');
    await trainSmall({ savePath, saveEvery: 1, epochs: 1 });
    await assert.rejects(
      trainSmall({ savePath, resume: true, make: resnet18 }),
      /has ResNet-10.*this run ResNet-18/,
    );
    await assert.rejects(
      trainSmall({ savePath, resume: true, schedule: SCHEDULES.cosine }),
      /no scheduler.*CosineAnnealingLR/,
    );
  });

  test('a checkpoint that was being written when the process was killed is not one', async () => {
    const savePath = join(folder, 'partial');
    await trainSmall({ savePath, saveEvery: 1, epochs: 1 });
    const checkpoints = join(savePath, 'checkpoints');
    await mkdir(join(checkpoints, 'epoch_0002.123.part'));
    assert.match((await trainSmall({ savePath, resume: true })).messages.join(), /after epoch 1/);
    assert.ok((await readdir(checkpoints)).every((name) => !name.endsWith('.part')));
  });

  test('a checkpoint of an earlier run is neither overwritten nor mixed with those of a new one', async () => {
    const savePath = join(folder, 'earlier');
    await trainSmall({ savePath, saveEvery: 1, epochs: 2 });
    await assert.rejects(
      trainSmall({ savePath, saveEvery: 1 }),
      /An earlier run left checkpoints, .*epoch_0002/,
    );
    assert.equal((await readdir(join(savePath, 'checkpoints'))).length, 2);
  });

  test('a checkpoint that can’t be written is an error, and needs a folder', async () => {
    const savePath = join(folder, 'blocked');
    await mkdir(savePath);
    await writeFile(join(savePath, 'checkpoints'), '');
    await assert.rejects(trainSmall({ savePath, saveEvery: 1 }), /A checkpoint can't be saved/);
    await assert.rejects(trainSmall({ saveEvery: 1 }), ConfigError);
    await assert.rejects(trainSmall({ savePath, saveEvery: 0.5 }), ConfigError);
  });
});

for (const ending of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`a run that ${ending} ends goes on, and comes to what one does that is left alone`, async () => {
    const { killed, ended, lost } = await killTraining(1, ending);
    assert.ok(killed >= 1 && ended >= 1);
    assert.equal(lost, 0);
  });
}

test('a run whose place is taken away says so, and goes on from what is there once it is back', async () => {
  const lines: string[] = [];
  const { tried, lost } = await takePlaces((line) => lines.push(line));
  assert.ok(tried >= 2);
  assert.equal(lost, 0, lines.join('\n'));
});
