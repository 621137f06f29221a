/** Checkpoints: a run that goes on ends as one that never stopped, and what is damaged or of another run is refused. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadCifar10 } from '../lib/data/cifar10';
import { DataLoader } from '../lib/data/dataLoader';
import type { Dataset } from '../lib/data/dataset';
import { ConfigError, ModelError } from '../lib/errors';
import { resnet10, resnet18 } from '../lib/models/resNet';
import { CosineAnnealingLR } from '../lib/training/cosineAnnealingLR';
import { crossEntropy } from '../lib/training/crossEntropy';
import { MultiStepLR } from '../lib/training/multiStepLR';
import { OneCycleLR } from '../lib/training/oneCycleLR';
import { ReduceLROnPlateau } from '../lib/training/reduceLROnPlateau';
import type { Scheduler } from '../lib/training/scheduler';
import { SGD } from '../lib/training/sgd';
import { type TrainOptions, train } from '../lib/training/train';
import { killTraining } from './faults/killed';
import { takePlaces } from './faults/places';
import { numbers } from './helpers/tensors';

const EPOCHS = 4;

let images: Dataset;
let folder: string;

before(async () => {
  images = (await loadCifar10({ sample: true })).train.subset(50);
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
after(() => rm(folder, { recursive: true }));

class PulledPlug extends Error {}

interface Settings extends Partial<TrainOptions> {
  schedule?(optimizer: SGD): Scheduler;
  make?: typeof resnet18;
  /** Pulls the plug in the middle of this epoch. */
  stopIn?: number;
  /** Asks the run to end at this event: `batch 2.1`, the first batch of the second epoch. */
  endAt?: string;
}

/** Trains a network made anew; gives its weights and records, and what was said. */
async function run({ schedule, make = resnet10, stopIn, endAt, ...options }: Settings) {
  const net = make({ width: 4 });
  const optimizer = new SGD({ lr: 0.05, momentum: 0.9, weightDecay: 5e-4 });
  const loader = new DataLoader(images, { batchSize: 20, shuffle: true, augment: true, seed: 3 });
  const said: string[] = [];
  const ending = new AbortController();
  try {
    const { epochs } = await train(net, loader, new DataLoader(images.subset(10)), {
      epochs: EPOCHS,
      optimizer,
      criterion: crossEntropy(),
      scheduler: schedule?.(optimizer),
      onProgress: (event) => {
        if (event.kind === 'message') said.push(event.text);
        if (event.kind === 'batch' && event.epoch === stopIn && event.batch === 2) throw new PulledPlug();
        if (event.kind === 'batch' && `${event.epoch}.${event.batch}` === endAt) ending.abort();
      },
      signal: ending.signal,
      ...options,
    });
    return {
      weights: net.getWeights().map(numbers),
      records: epochs.map(({ seconds, ...record }) => record),
      said,
    };
  } finally {
    optimizer.dispose();
    net.dispose();
  }
}

const SCHEDULES: Record<string, (optimizer: SGD) => Scheduler> = {
  'one cycle': (optimizer) => new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 3 * EPOCHS }),
  steps: (optimizer) => new MultiStepLR(optimizer, { milestones: [1, 3] }),
  cosine: (optimizer) => new CosineAnnealingLR(optimizer, { tMax: EPOCHS }),
  plateau: (optimizer) => new ReduceLROnPlateau(optimizer, { patience: 0, threshold: 0.5, factor: 0.3 }),
};

describe('a run that goes on', () => {
  for (const [name, schedule] of Object.entries(SCHEDULES)) {
    it(`ends as one that never stopped, to the bit, with the schedule ${name}`, async () => {
      const savePath = join(folder, name);
      const whole = await run({ schedule });
      await assert.rejects(run({ schedule, savePath, resume: true, stopIn: 3 }), PulledPlug);
      const { said, ...resumed } = await run({ schedule, savePath, resume: true });
      assert.deepEqual(resumed.records, whole.records);
      assert.deepEqual(resumed.weights, whole.weights);
      assert.match(said.join('\n'), /Goes on after epoch 2, from .*epoch_0002/);
      const again = await run({ schedule, savePath, resume: true });
      assert.deepEqual(again.records, whole.records, 'there is nothing left to do');
    });
  }

  for (const endAt of ['1.1', '2.2', '3.3']) {
    it(`goes on at the very batch where it was asked to end, ${endAt}`, async () => {
      const savePath = join(folder, `asked${endAt}`);
      const settings = { schedule: SCHEDULES['one cycle'], savePath, resume: true };
      const whole = await run({ schedule: SCHEDULES['one cycle'] });
      const [epoch, batch] = endAt.split('.').map(Number);
      const ended = await run({ ...settings, endAt });
      assert.deepEqual(ended.records, whole.records.slice(0, epoch - 1));
      assert.match(ended.said.join(), new RegExp(`Stopped in epoch ${epoch}, after batch ${batch} of 3`));
      const { said, ...resumed } = await run(settings);
      assert.match(said.join(), new RegExp(`after epoch ${epoch - 1} and ${batch} batches of the next`));
      assert.deepEqual(resumed.records, whole.records);
      assert.deepEqual(resumed.weights, whole.weights);
    });
  }

  it('may be asked to end before it begins', async () => {
    const { records } = await run({ signal: AbortSignal.abort() });
    assert.deepEqual(records, []);
  });

  it('ends so in float16 too, whose scale goes on', async () => {
    const [savePath, precision] = [join(folder, 'float16'), 'float16'] as const;
    const whole = await run({ precision });
    await assert.rejects(run({ precision, savePath, resume: true, stopIn: 3 }), PulledPlug);
    const resumed = await run({ precision, savePath, resume: true });
    assert.deepEqual(resumed.records, whole.records);
    assert.deepEqual(resumed.weights, whole.weights);
  });

  it('keeps the newest checkpoints and the best', async () => {
    const savePath = join(folder, 'kept');
    const { records } = await run({ savePath, saveEvery: 1, keep: 1, epochs: 6 });
    const accuracies = records.map(({ testAccuracy }) => testAccuracy);
    // Of several that are equally good, the newest.
    const best = accuracies.lastIndexOf(Math.max(...accuracies)) + 1;
    const expected = [...new Set([best, 6])].sort().map((epoch) => `epoch_000${epoch}`);
    assert.deepEqual((await readdir(join(savePath, 'checkpoints'))).sort(), expected);
  });

  it('saves each so many epochs, and the last', async () => {
    const savePath = join(folder, 'every');
    await run({ savePath, saveEvery: 3, epochs: 4 });
    assert.deepEqual((await readdir(join(savePath, 'checkpoints'))).sort(), ['epoch_0003', 'epoch_0004']);
  });

  it('begins anew where there is nothing to go on from', async () => {
    const { records } = await run({ savePath: join(folder, 'new'), resume: true, epochs: 1 });
    assert.equal(records.length, 1);
  });
});

describe('a checkpoint', () => {
  it('that was altered is refused by its name, and the newest good one is named', async () => {
    const savePath = join(folder, 'altered');
    await run({ savePath, saveEvery: 1 });
    const [third, fourth] = [3, 4].map((epoch) => join(savePath, 'checkpoints', `epoch_000${epoch}`));
    for (const name of ['weights.bin', 'velocities.bin', 'checkpoint.json', 'checksums.json']) {
      const file = join(fourth, name);
      const content = await readFile(file);
      const altered = Buffer.from(content);
      altered[altered.length >> 1] ^= 1;
      await writeFile(file, altered);
      await assert.rejects(run({ savePath, resume: true }), (error: Error) => {
        assert.ok(error instanceof ModelError);
        assert.ok(error.message.includes(fourth) && error.message.includes(third), error.message);
        return true;
      });
      await rm(file);
      await assert.rejects(run({ savePath, resume: true }), ModelError, `without ${name}`);
      await writeFile(file, content);
    }
    await rm(fourth, { recursive: true });
    assert.match((await run({ savePath, resume: true })).said.join(), /after epoch 3/);
  });

  it('of another network, schedule or format is refused', async () => {
    const savePath = join(folder, 'other');
    await run({ savePath, saveEvery: 1, epochs: 1 });
    await assert.rejects(
      run({ savePath, resume: true, make: resnet18 }),
      /has ResNet-10.*this run ResNet-18/,
    );
    await assert.rejects(
      run({ savePath, resume: true, schedule: SCHEDULES.cosine }),
      /no scheduler.*CosineAnnealingLR/,
    );
  });

  it('that was being written when the process was killed is not one', async () => {
    const savePath = join(folder, 'partial');
    await run({ savePath, saveEvery: 1, epochs: 1 });
    const checkpoints = join(savePath, 'checkpoints');
    await mkdir(join(checkpoints, 'epoch_0002.123.part'));
    assert.match((await run({ savePath, resume: true })).said.join(), /after epoch 1/);
    assert.ok((await readdir(checkpoints)).every((name) => !name.endsWith('.part')));
  });

  it('of an earlier run is neither overwritten nor mixed with those of a new one', async () => {
    const savePath = join(folder, 'earlier');
    await run({ savePath, saveEvery: 1, epochs: 2 });
    await assert.rejects(run({ savePath, saveEvery: 1 }), /An earlier run left checkpoints, .*epoch_0002/);
    assert.equal((await readdir(join(savePath, 'checkpoints'))).length, 2);
  });

  it('that can’t be written is an error, and needs a folder', async () => {
    const savePath = join(folder, 'blocked');
    await mkdir(savePath);
    await writeFile(join(savePath, 'checkpoints'), '');
    await assert.rejects(run({ savePath, saveEvery: 1 }), /A checkpoint can't be saved/);
    await assert.rejects(run({ saveEvery: 1 }), ConfigError);
    await assert.rejects(run({ savePath, saveEvery: 0.5 }), ConfigError);
  });
});

for (const ending of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  it(`a run that ${ending} ends goes on, and comes to what one does that is left alone`, async () => {
    const { killed, ended, lost } = await killTraining(1, ending);
    assert.ok(killed >= 1 && ended >= 1);
    assert.equal(lost, 0);
  });
}

it('a run whose place is taken away says so, and goes on from what is there once it is back', async () => {
  const lines: string[] = [];
  const { tried, lost } = await takePlaces((line) => lines.push(line));
  assert.ok(tried >= 2);
  assert.equal(lost, 0, lines.join('\n'));
});
