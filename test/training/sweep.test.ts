/** Sweeps over settings, and runs compared. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { comparisonChart } from '../../lib/charts/historyCharts';
import { ConfigError } from '../../lib/errors';
import { compareRuns } from '../../lib/training/compareRuns';
import { type EpochRecord, type History, historyOf } from '../../lib/training/history';
import { SGD } from '../../lib/training/optimizer/sgd';
import { grid, randomSearch, sweep } from '../../lib/training/sweep';
import { trainSmall } from '../helpers/trainSmall';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-'));
});
after(() => rm(folder, { recursive: true }));

const record = (epoch: number, testLoss: number): EpochRecord => ({
  epoch,
  trainLoss: testLoss / 2,
  trainAccuracy: 0.5,
  testLoss,
  testAccuracy: 1 / (1 + testLoss),
  learningRate: 0.1,
  seconds: 60,
});

test('a sweep trains once with each setting, and goes on where it was', async () => {
  const path = join(folder, 'resumed');
  const settings = grid({ lr: [0.001, 0.05], momentum: [0, 0.9] });
  const trained: object[] = [];
  const options = (plugIn: number) => ({
    settings,
    folder: path,
    run: async (own: (typeof settings)[number], savePath: string): Promise<History> => {
      if (trained.length === plugIn) throw new Error('plug');
      trained.push(own);
      const { records } = await trainSmall({
        epochs: 2,
        optimizer: () => new SGD(own),
        savePath,
        resume: true,
      });
      return historyOf(records.map((one) => ({ ...one, seconds: 1 })));
    },
  });
  await assert.rejects(sweep(options(3)), { message: 'plug' });
  const { runs, best } = await sweep(options(9));
  assert.deepEqual(trained, settings);
  assert.deepEqual(
    runs.map((run) => run.settings),
    settings,
  );
  const losses = runs.map(({ records }) => records[1].testLoss);
  assert.equal(best, runs[losses.indexOf(Math.min(...losses))]);
  assert.match(
    inspect(await sweep(options(9))),
    /Sweep of 4 runs, each after its last epoch\nlr +momentum +Train loss/,
  );
  assert.equal(trained.length, 4);

  const [file] = (await readdir(path)).filter((name) => name.endsWith('.json'));
  await writeFile(join(path, file), '{"records": [{"epoch": "one"}]}');
  await assert.rejects(sweep(options(9)), { name: 'ModelError', message: /records\[0\]\.epoch is a string/ });
});

describe('a sweep that makes no sense is refused', () => {
  const run = async () => historyOf([record(1, 1)]);
  const cases: [string, () => unknown][] = [
    ['without settings', () => sweep({ settings: [], folder, run })],
    [
      'with the same settings twice',
      () =>
        sweep({
          settings: [
            { a: 1, b: 2 },
            { b: 2, a: 1 },
          ],
          folder,
          run,
        }),
    ],
    ['with an empty range', () => randomSearch({ lr: { from: 1, to: 0 } }, 3, 0)],
    ['with the logarithm of 0', () => randomSearch({ lr: { from: 0, to: 1, log: true } }, 3, 0)],
    ['with no runs', () => randomSearch({ lr: [1] }, 0, 0)],
    [
      'of runs without an epoch',
      () => sweep({ settings: [{ a: 1 }], folder, run: async () => historyOf([]) }),
    ],
  ];
  for (const [what, make] of cases) {
    test(`a sweep that makes no sense is refused: ${what}`, async () => {
      await assert.rejects(async () => make(), ConfigError);
    });
  }
});

test('a random search draws the same for a seed, within its ranges', () => {
  const space = {
    lr: { from: 0.001, to: 1, log: true },
    width: [8, 16],
    decay: { from: 0, to: 0.1 },
  } as const;
  const drawn = randomSearch(space, 200, 5);
  assert.deepEqual(randomSearch(space, 200, 5), drawn);
  assert.notDeepEqual(randomSearch(space, 200, 6), drawn);
  assert.ok(
    drawn.every(({ lr, width, decay }) => lr >= 0.001 && lr <= 1 && [8, 16].includes(width) && decay < 0.1),
  );
  // By the logarithm, a third of the draws lies in each decade.
  const small = drawn.filter(({ lr }) => lr < 0.01).length;
  assert.ok(small > 45 && small < 90, `${small}`);
});

test('compared runs are a table and a chart', () => {
  const runs = {
    slow: historyOf([record(1, 2), record(2, 1.5)]),
    fast: { records: [record(1, 1)] },
  };
  const comparison = compareRuns(runs);
  assert.match(
    inspect(comparison),
    /2 runs, each after its last epoch\nRun +Epochs.*\nslow +2 +0\.7500.*02:00\nfast +1/,
  );
  for (const given of [runs, comparison]) {
    const { data } = comparisonChart(given, 'testLoss') as unknown as {
      data: { name: string; y: number[] }[];
    };
    assert.deepEqual(
      data.map(({ name, y }) => [name, y]),
      [
        ['slow', [2, 1.5]],
        ['fast', [1]],
      ],
    );
  }
  assert.throws(() => compareRuns({}), ConfigError);
  assert.throws(() => compareRuns({ none: historyOf([]) }), /'none' has no epoch/);
  assert.throws(() => compareRuns({ none: {} as never }), /runs\['none'\]\.epochs is undefined/);
  assert.throws(() => comparisonChart(runs, 'loss' as never), /value is 'loss'/);
});
