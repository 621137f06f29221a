/** Learning-rate schedules against PyTorch's (test/fixtures/pytorch/make_schedulers.py). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError } from '../../lib/errors';
import { SGD } from '../../lib/training/optimizer/sgd';
import { CosineAnnealingLR } from '../../lib/training/schedule/cosineAnnealingLR';
import {
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  StepLR,
} from '../../lib/training/schedule/factorSchedules';
import { MultiStepLR } from '../../lib/training/schedule/multiStepLR';
import { OneCycleLR } from '../../lib/training/schedule/oneCycleLR';
import { ReduceLROnPlateau } from '../../lib/training/schedule/reduceLROnPlateau';
import type { Scheduler } from '../../lib/training/schedule/scheduler';
import { SequentialLR } from '../../lib/training/schedule/sequentialLR';
import { fixture } from '../fixtures/pytorch/fixture';

const runs =
  fixture<
    {
      scheduler: string;
      lr: number;
      options: object;
      metrics: number[] | null;
      lrs: number[];
      momenta: number[];
    }[]
  >('schedulers');
const schedulers = {
  ReduceLROnPlateau,
  MultiStepLR,
  CosineAnnealingLR,
  OneCycleLR,
  StepLR,
  ExponentialLR,
  LinearLR,
  CosineAnnealingWarmRestarts,
};

/** A schedule as a fixture describes it. */
function made(name: string, optimizer: SGD, options: object): Scheduler {
  if (name === 'SequentialLR') {
    const { schedulers: inner, milestones } = options as {
      schedulers: [string, object][];
      milestones: number[];
    };
    return new SequentialLR(optimizer, {
      schedulers: inner.map(([innerName, own]) => made(innerName, optimizer, own)),
      milestones,
    });
  }
  if (name === 'LambdaLR') return new LambdaLR(optimizer, { lrLambda: (epochs) => 1 / (1 + epochs) });
  const make = schedulers[name as keyof typeof schedulers] as new (
    optimizer: SGD,
    options: object,
  ) => Scheduler;
  return new make(optimizer, options);
}

function sgd(lr = 0.1): SGD {
  return new SGD({ lr, momentum: 0.9 });
}

describe('schedules equal PyTorch', () => {
  for (const run of runs) {
    test(`schedules equal PyTorch: ${run.scheduler} ${JSON.stringify(run.options)}`, () => {
      const optimizer = sgd(run.lr);
      const scheduler = made(run.scheduler, optimizer, run.options);
      run.lrs.forEach((lr, step) => {
        const close = (actual: number, expected: number, what: string) =>
          assert.ok(
            Math.abs(actual - expected) <= 1e-9 * expected + 1e-15,
            `${what} before step ${step} is ${actual}, PyTorch's is ${expected}`,
          );
        close(optimizer.lr, lr, 'lr');
        close(optimizer.momentum, run.momenta[step], 'momentum');
        scheduler.step(run.metrics?.[step] ?? Number.NaN);
      });
    });
  }
});

test('a schedule goes on from what stateDict gave, at the rates of one that never stopped', () => {
  for (const run of runs) {
    const half = Math.floor(run.lrs.length / 2);
    const optimizers = [sgd(run.lr), sgd(run.lr)];
    const [first, second] = optimizers.map((optimizer) => made(run.scheduler, optimizer, run.options));
    const metric = (step: number) => run.metrics?.[step] ?? Number.NaN;
    for (let step = 0; step < half; step++) first.step(metric(step));
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
    // What a checkpoint restores before the schedule.
    if (run.scheduler === 'ReduceLROnPlateau') optimizers[1].lr = optimizers[0].lr;
    for (let step = half; step < run.lrs.length; step++) {
      assert.ok(Math.abs(optimizers[1].lr / run.lrs[step] - 1) < 1e-9, `${run.scheduler} at step ${step}`);
      second.step(metric(step));
    }
  }
});

test('a metric of NaN is no improvement', () => {
  const optimizer = sgd();
  const scheduler = new ReduceLROnPlateau(optimizer, { patience: 1 });
  for (const metric of [1, Number.NaN, Number.NaN]) scheduler.step(metric);
  assert.ok(Math.abs(optimizer.lr - 0.01) < 1e-12);
});

test('OneCycleLR says how many steps are left, and refuses one more', () => {
  const scheduler = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 3 });
  for (const left of [3, 2, 1]) {
    assert.equal(scheduler.stepsLeft, left);
    scheduler.step();
  }
  assert.throws(() => scheduler.step(), { name: 'ConfigError', message: /3 steps/ });
});

test('OneCycleLR runs where a phase has no length, which PyTorch divides by', () => {
  const optimizer = sgd();
  const scheduler = new OneCycleLR(optimizer, {
    maxLr: 1,
    totalSteps: 2,
    pctStart: 0.5,
    annealStrategy: 'linear',
  });
  assert.equal(optimizer.lr, 1);
  scheduler.step();
  assert.ok(Math.abs(optimizer.lr - 1 / 25 / 1e4) < 1e-15);
  scheduler.step();
  assert.ok(optimizer.lr > 0, 'no step is left, and the learning rate stays where it ended');
});

describe('settings out of range are told', () => {
  const bad: [string, () => unknown][] = [
    ['factor 1', () => new ReduceLROnPlateau(sgd(), { factor: 1 })],
    ['factor NaN', () => new ReduceLROnPlateau(sgd(), { factor: Number.NaN })],
    ['patience -1', () => new ReduceLROnPlateau(sgd(), { patience: -1 })],
    ['mode', () => new ReduceLROnPlateau(sgd(), { mode: 'best' as 'min' })],
    ['thresholdMode', () => new ReduceLROnPlateau(sgd(), { thresholdMode: 'relative' as 'rel' })],
    ['minLr', () => new ReduceLROnPlateau(sgd(), { minLr: -1 })],
    ['milestones that fall', () => new MultiStepLR(sgd(), { milestones: [150, 75] })],
    ['a milestone twice', () => new MultiStepLR(sgd(), { milestones: [5, 5] })],
    ['milestone 0', () => new MultiStepLR(sgd(), { milestones: [0, 5] })],
    ['gamma NaN', () => new MultiStepLR(sgd(), { milestones: [5], gamma: Number.NaN })],
    ['tMax 0', () => new CosineAnnealingLR(sgd(), { tMax: 0 })],
    ['etaMin', () => new CosineAnnealingLR(sgd(), { tMax: 5, etaMin: -1 })],
    ['maxLr NaN', () => new OneCycleLR(sgd(), { maxLr: Number.NaN, totalSteps: 10 })],
    ['totalSteps 0', () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 0 })],
    ['totalSteps 2.5', () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 2.5 })],
    ['pctStart 30', () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 10, pctStart: 30 })],
    [
      'annealStrategy',
      () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 10, annealStrategy: 'sin' as 'cos' }),
    ],
    ['divFactor 0', () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 10, divFactor: 0 })],
    ['stepSize 0', () => new StepLR(sgd(), { stepSize: 0 })],
    ['gamma -1', () => new ExponentialLR(sgd(), { gamma: -1 })],
    ['startFactor 2', () => new LinearLR(sgd(), { startFactor: 2 })],
    ['totalIters 0', () => new LinearLR(sgd(), { totalIters: 0 })],
    ['no lrLambda', () => new LambdaLR(sgd(), {} as never)],
    ['t0 0', () => new CosineAnnealingWarmRestarts(sgd(), { t0: 0 })],
    ['no schedulers', () => new SequentialLR(sgd(), { schedulers: [], milestones: [] })],
    [
      'schedulers of another optimizer',
      () => new SequentialLR(sgd(), { schedulers: [new LinearLR(sgd())], milestones: [] }),
    ],
    [
      'milestones that are too few',
      () => {
        const optimizer = sgd();
        const schedulers = [new LinearLR(optimizer), new StepLR(optimizer, { stepSize: 3 })];
        return new SequentialLR(optimizer, { schedulers, milestones: [] });
      },
    ],
    ['momentum', () => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 10, baseMomentum: -1 })],
  ];
  for (const [name, make] of bad)
    test(`settings out of range are told: ${name}`, () => assert.throws(make, ConfigError));
});
