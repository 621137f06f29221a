/** Checkpoints that were altered, and those that somebody made by hand: their checksums are right. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { ModelError } from '../../lib/errors';
import { resnet10 } from '../../lib/models/resNet';
import { type Resumed, resumeFrom } from '../../lib/training/checkpoint/checkpoint';
import { type Files, writeFolder } from '../../lib/training/checkpoint/files';
import type { RunParts } from '../../lib/training/checkpoint/runDescription';
import { runFiles } from '../../lib/training/checkpoint/runState';
import type { EpochRecord } from '../../lib/training/history';
import { SGD } from '../../lib/training/optimizer/sgd';
import { parameters } from '../../lib/training/step/gradients';
import { flipped } from './cifar';
import { type Case, refused } from './judge';

const bad = (message: RegExp) => refused(ModelError, message);

const RECORD: EpochRecord = {
  epoch: 1,
  trainLoss: 2,
  trainAccuracy: 0.2,
  testLoss: 2,
  testAccuracy: 0.25,
  learningRate: 0.1,
  seconds: 1,
};

let parts: Promise<RunParts> | undefined;

/** A small run, made once. */
function run(): Promise<RunParts> {
  parts ??= loadCifar10({ sample: true }).then(({ train, test }) => {
    const net = resnet10({ width: 1 });
    const optimizer = new SGD({ lr: 0.1, momentum: 0.9 });
    const params = parameters(net);
    optimizer.writeState(params, { velocity: params.map(({ size }) => new Float32Array(size)) });
    return { net, optimizer, trainLoader: new DataLoader(train), testLoader: new DataLoader(test) };
  });
  return parts;
}

/**
 * Puts a checkpoint into a folder.
 *
 * @param edit changes what is written, before its checksums are taken
 * @returns its place, and what goes on from it
 */
export async function checkpointIn(
  folder: string,
  edit: (files: Files) => void = () => {},
): Promise<{ path: string; resume: () => Promise<unknown> }> {
  const now = await run();
  const files = runFiles(now, { records: [RECORD], rateFactor: 1 });
  edit(files);
  const path = join(folder, 'checkpoints', 'epoch_0001');
  await writeFolder(path, files);
  return { path, resume: () => resumeFrom(folder, now) };
}

/** One that is spoilt after it was saved. */
function spoilt(name: string, spoil: (path: string) => unknown, message: RegExp): Case {
  return {
    name,
    expect: bad(message),
    async prepare(folder) {
      const { path, resume } = await checkpointIn(folder);
      await spoil(path);
      return { read: resume };
    },
  };
}

/** One that is made otherwise than this library makes them. */
function made(name: string, edit: (files: Files) => void, message: RegExp): Case {
  return {
    name,
    expect: bad(message),
    prepare: async (folder) => ({ read: (await checkpointIn(folder, edit)).resume }),
  };
}

/** What a checkpoint says of the run's optimizer, with something else. */
const optimizers = (says: object) => ({
  optimizers: [{ name: '', kind: 'SGD', state: { lr: 0.1, momentum: 0.9, steps: 1 }, kept: [], ...says }],
});

/** One that says something else. */
const said = (name: string, says: Record<string, unknown>, message: RegExp) =>
  made(
    name,
    (files) => {
      const description = JSON.parse(files['checkpoint.json'] as string);
      files['checkpoint.json'] = JSON.stringify({ ...description, ...says });
    },
    message,
  );

async function turnBit(path: string, bit: number): Promise<void> {
  await writeFile(path, flipped(await readFile(path), bit));
}

const FILES = ['weights.bin', 'optimizer.velocity.bin', 'checkpoint.json'].flatMap((file) => [
  spoilt(`${file} with a bit turned`, (path) => turnBit(join(path, file), 800), /was altered since/),
  spoilt(`${file} cut off`, (path) => truncate(join(path, file), 7), /was altered since/),
  spoilt(`${file} missing`, (path) => rm(join(path, file)), /can't be read/),
  made(`${file} never written`, (files) => delete files[file], /is damaged/),
  made(`${file} empty`, (files) => (files[file] = ''), /is damaged/),
]);

const sums = (name: string, text: string, message: RegExp) =>
  spoilt(`checksums.json, ${name}`, (path) => writeFile(join(path, 'checksums.json'), text), message);

const CHECKSUMS: Case[] = [
  sums('empty', '', /isn't JSON/),
  sums('null', 'null', /is damaged/),
  sums('a number', '5', /is damaged/),
  sums('a text', '"weights.bin"', /can't be read/),
  sums('no names', '{}', /is damaged/),
  sums('a file outside', '{"../../../../etc/passwd": ""}', /checksums\.json names \.\./),
  sums('the folder itself', '{"..": ""}', /can't be read/),
  sums('a sum that is none', '{"weights.bin": null}', /was altered/),
  spoilt('an empty folder', async (path) => mkdir(await emptied(path)), /it has no checksums\.json/),
  spoilt('a device', (path) => instead(path, (file) => symlink('/dev/zero', file)), /can't be read/),
  spoilt('a pipe', (path) => instead(path, (file) => execFileSync('mkfifo', [file])), /can't be read/),
];

const SAID: Case[] = [
  made('no JSON', (files) => (files['checkpoint.json'] = '{'), /checkpoint\.json isn't JSON/),
  made('null', (files) => (files['checkpoint.json'] = 'null'), /is of format none/),
  said('another format', { format: 1 }, /is of format 1/),
  said('no weights', { weights: undefined }, /of another run/),
  said('other weights', { weights: [{ shape: [5], trainable: true }] }, /of another run/),
  said('no optimizer', { optimizers: null }, /it has the optimizer none/),
  said(
    'a learning rate that is a text',
    optimizers({ state: { lr: 'fast', momentum: 0, steps: 0 } }),
    /its optimizer/,
  ),
  said('an optimizer that keeps a text', optimizers({ kept: 'velocity' }), /its optimizer/),
  said(
    'an optimizer that keeps what is not there',
    optimizers({ kept: ['m'] }),
    /optimizer\.m\.bin has 0 bytes/,
  ),
  said('no epochs of the loaders', { loaderEpochs: undefined }, /its loaderEpochs/),
  said('no learning rate', { rateFactor: null }, /its progress/),
  said('progress that is none', { progress: { batch: 'two' } }, /its progress/),
  said('no records', { records: undefined }, /its records/),
  said('records that are none', { records: ['good'] }, /its records/),
  said('more records than epochs', { records: [RECORD, { ...RECORD, epoch: 2 }] }, /of 1 epochs/),
  made(
    'weights that are too long',
    (files) => (files['weights.bin'] = Buffer.alloc(1e6)),
    /has 1000000 bytes/,
  ),
];

/** Without it, all others would be refused for nothing. */
const WHOLE: Case = {
  name: 'a whole one',
  expect: ({ position }: Resumed) => assert.deepEqual(position.records, [RECORD]),
  prepare: async (folder) => ({ read: (await checkpointIn(folder)).resume }),
};

export const CHECKPOINTS: readonly Case[] = [WHOLE, ...FILES, ...CHECKSUMS, ...SAID];

async function emptied(path: string): Promise<string> {
  await rm(path, { recursive: true });
  return path;
}

/** Has something else in the place of the weights. */
async function instead(path: string, make: (file: string) => unknown): Promise<void> {
  await rm(join(path, 'weights.bin'));
  await make(join(path, 'weights.bin'));
}
