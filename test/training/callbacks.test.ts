/** Callbacks and averages of weights in whole runs, and runs with them and any optimizer that are killed and go on. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import type { Callback } from '../../lib/training/callbacks/callback';
import { csvLog } from '../../lib/training/callbacks/csvLog';
import { earlyStopping } from '../../lib/training/callbacks/earlyStopping';
import { saveBest } from '../../lib/training/callbacks/saveBest';
import { readHistory } from '../../lib/training/historyFile';
import { Adam, AdamW } from '../../lib/training/optimizer/adam';
import { Lookahead } from '../../lib/training/optimizer/lookahead';
import { Muon } from '../../lib/training/optimizer/muon';
import { SGD } from '../../lib/training/optimizer/sgd';
import { numbers } from '../helpers/tensors';
import { PulledPlug, type RunSettings, trainSmall } from '../helpers/trainSmall';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callbacks-'));
});
after(() => rm(folder, { recursive: true }));

const sgd = () => new SGD({ lr: 0.05, momentum: 0.9 });

describe('a run that is killed goes on to the bit', () => {
  const runs: [string, () => RunSettings][] = [
    ['Adam', () => ({ optimizer: () => new Adam() })],
    [
      'AdamW with groups',
      () => ({ optimizer: () => new AdamW({ groups: [{ params: () => true, lrScale: 2 }] }) }),
    ],
    ['Muon', () => ({ optimizer: () => new Muon({ lr: 0.02, rest: new AdamW() }) })],
    ['Lookahead', () => ({ optimizer: () => new Lookahead(sgd(), { k: 4 }) })],
    ['clipping and accumulation', () => ({ clipNorm: 1, clipValue: 0.1, accumulate: 2 })],
    ['an exponential average', () => ({ ema: 0.9 })],
    ['a stochastic average', () => ({ swaStart: 2 })],
    ['early stopping', () => ({ callbacks: [earlyStopping({ patience: 2, restoreBest: true })] })],
  ];
  for (const [what, settings] of runs) {
    test(`a run that is killed goes on to the bit: ${what}`, async () => {
      const whole = await trainSmall(settings());
      for (const stop of [{ stopIn: 3 }, { endAt: '3.2' }]) {
        const savePath = join(folder, `${what} ${Object.keys(stop)}`);
        const interrupted = trainSmall({ ...settings(), ...stop, savePath, resume: true });
        if ('stopIn' in stop) await assert.rejects(interrupted, PulledPlug);
        else await interrupted;
        const resumed = await trainSmall({ ...settings(), savePath, resume: true });
        assert.deepEqual(resumed.records, whole.records);
        assert.deepEqual(resumed.weights, whole.weights);
      }
    });
  }

  test('a run that is killed goes on to the bit: not with another optimizer', async () => {
    const savePath = join(folder, 'another');
    await trainSmall({ epochs: 1, savePath, resume: true });
    await assert.rejects(trainSmall({ optimizer: () => new Adam(), savePath, resume: true }), {
      name: 'ModelError',
      message: /it has the optimizer SGD, this run Adam/,
    });
  });
});

test('early stopping ends a run that no longer gets better, and gives it the weights of its best epoch', async () => {
  const savePath = join(folder, 'stopped');
  // At a rate of 0 nothing gets better.
  const still = { optimizer: () => new SGD({ lr: 0 }), epochs: 9 };
  const options = { monitor: 'trainLoss', patience: 2, minDelta: 10, restoreBest: true } as const;
  const { records, messages } = await trainSmall({
    ...still,
    savePath,
    saveEvery: 1,
    callbacks: [earlyStopping(options)],
  });
  assert.equal(records.length, 3);
  assert.match(
    messages.join(),
    /Ended after 3 whole epochs: trainLoss hasn't got better for 2 epochs, since epoch 1\./,
  );
  const again = await trainSmall({ ...still, savePath, resume: true, callbacks: [earlyStopping(options)] });
  assert.equal(again.records.length, 3);

  const learning = { epochs: 6, optimizer: () => new SGD({ lr: 0.2 }) };
  const path = join(folder, 'best');
  const callbacks = [
    earlyStopping({ monitor: 'testLoss', patience: 6, restoreBest: true }),
    saveBest(path, { monitor: 'testLoss' }),
  ];
  const restored = await trainSmall({ ...learning, callbacks });
  const losses = restored.records.map(({ testLoss }) => testLoss);
  assert.ok(losses.indexOf(Math.min(...losses)) < 5, `${losses}`);
  assert.deepEqual((await loadModel(path)).getWeights().map(numbers), restored.weights);
  const plain = await trainSmall(learning);
  assert.notDeepEqual(restored.weights, plain.weights);
  assert.deepEqual(restored.records, plain.records);
});

test('the CSV log has a row for each epoch, also of a run that goes on', async () => {
  const [savePath, log] = [join(folder, 'logged'), join(folder, 'new', 'log.csv')];
  await trainSmall({ epochs: 2, savePath, resume: true, callbacks: [csvLog(log)] });
  const { records } = await trainSmall({ epochs: 3, savePath, resume: true, callbacks: [csvLog(log)] });
  const [head, ...rows] = (await readFile(log, 'utf8')).trim().split('\n');
  assert.equal(head, 'epoch,trainLoss,trainAccuracy,testLoss,testAccuracy,learningRate,seconds');
  assert.deepEqual(
    rows.map((row) => Number(row.split(',')[1])),
    records.map(({ trainLoss }) => trainLoss),
  );
});

test('callbacks are called in their order, with the run as it is', async () => {
  const calls: string[] = [];
  const spy = (name: string): Callback => ({
    name,
    begin: ({ epochs }) => void calls.push(`${name} begin ${epochs}`),
    batch: ({ batch }) => void (batch === 1 && calls.push(`${name} batch`)),
    epoch: ({ epoch }, { records }) => void calls.push(`${name} epoch ${epoch} of ${records.length}`),
    end: ({ records }) => void calls.push(`${name} end ${records.length}`),
  });
  await trainSmall({ epochs: 1, callbacks: [spy('a'), spy('b')] });
  assert.deepEqual(calls, [
    ...['a begin 1', 'b begin 1', 'a batch', 'b batch'],
    ...['a epoch 1 of 1', 'b epoch 1 of 1', 'a end 1', 'b end 1'],
  ]);
});

test('the network that is tested, saved and left at the end has the averages', async () => {
  for (const averaging of [{ ema: 0.8 }, { swaStart: 2 }]) {
    const savePath = join(folder, `average ${Object.keys(averaging)}`);
    const averaged = await trainSmall({ ...averaging, epochs: 3, savePath });
    const plain = await trainSmall({ epochs: 3 });
    const losses = (records: { trainLoss: number }[]) => records.map(({ trainLoss }) => trainLoss);
    // Training goes its way without them.
    assert.deepEqual(losses(averaged.records), losses(plain.records));
    assert.notEqual(averaged.records[2].testLoss, plain.records[2].testLoss);
    assert.deepEqual((await loadModel(savePath)).getWeights().map(numbers), averaged.weights);
    assert.equal((await readHistory(savePath)).epochs, 3);
  }
});

describe('a run with bad settings is refused before its first step', () => {
  const cases: [string, () => RunSettings, RegExp][] = [
    [
      'a monitor that there is not',
      () => ({ callbacks: [earlyStopping({ monitor: 'valLoss' as never })] }),
      /no 'valLoss' to monitor/,
    ],
    ['a patience of 0', () => ({ callbacks: [earlyStopping({ patience: 0 })] }), /patience is 0/],
    [
      'two callbacks of one name',
      () => ({ callbacks: [earlyStopping(), earlyStopping()] }),
      /Two callbacks are named 'earlyStopping'/,
    ],
    ['a callback that is none', () => ({ callbacks: [{} as never] }), /callbacks\[0\]\.name is undefined/],
    ['an average above 1', () => ({ ema: 1.5 }), /ema is 1.5/],
    ['two averages', () => ({ ema: 0.9, swaStart: 1 }), /one average/],
    ['a norm of 0', () => ({ clipNorm: 0 }), /clipNorm is 0/],
    ['no batches a step', () => ({ accumulate: 0 }), /accumulate is 0/],
    [
      'several steps a call of several batches each',
      () => ({ accumulate: 2, stepsPerExecution: 2 }),
      /not both/,
    ],
    [
      'a group for no parameter',
      () => ({ sgd: { groups: [{ params: () => false, lrScale: 2 }] } }),
      /groups\[0\] is for none of/,
    ],
  ];
  for (const [what, settings, message] of cases) {
    test(`a run with bad settings is refused before its first step: ${what}`, async () => {
      let events = 0;
      const run = async () => trainSmall({ ...settings(), onProgress: () => void events++ });
      await assert.rejects(
        run,
        (error: Error) => error instanceof ConfigError && message.test(error.message),
      );
      assert.equal(events, 0);
    });
  }
});
