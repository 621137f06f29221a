/** Event files of a training run, read by the real TensorBoard package, in a Python environment of this test's own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { ModelError } from '../../lib/errors';
import { resnet10 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import { assertAllClose } from '../helpers/tensors';

const ENVIRONMENT = join(__dirname, '../..', '.resnet-notebooks', 'tensorboard');
const PYTHON = join(ENVIRONMENT, 'bin', 'python');

/** Prints all curves in a folder: by tag, pairs of step and value. */
const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]).Reload()
curve = lambda tag: [[event.step, event.value] for event in events.Scalars(tag)]
print(json.dumps({tag: curve(tag) for tag in events.Tags()["scalars"]}))
`;

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tensorboard-'));
  if (existsSync(join(ENVIRONMENT, 'whole'))) return;
  execFileSync(process.env.PYTHON ?? 'python3', ['-m', 'venv', ENVIRONMENT]);
  // Its command line asks for setuptools, which newer Pythons no longer bring.
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', 'tensorboard==2.20.0', 'setuptools<81']);
  execFileSync('touch', [join(ENVIRONMENT, 'whole')]);
});
after(() => rm(folder, { recursive: true }));

test('TensorBoard reads what a run has written', async () => {
  const loader = new DataLoader((await loadCifar10({ sample: true })).train.subset(60), { batchSize: 20 });
  const logDir = join(folder, 'run');
  const losses: number[] = [];
  const { epochs } = await train(resnet10({ width: 4 }), loader, loader, {
    epochs: 2,
    optimizer: new SGD({ lr: 0.05 }),
    criterion: crossEntropy(),
    logDir,
    onProgress: (event) => {
      if (event.kind === 'batch') losses.push(event.loss);
    },
  });
  const curves = JSON.parse(execFileSync(PYTHON, ['-c', READ, logDir], { encoding: 'utf8' }));
  const values = (tag: string) => curves[tag].map(([, value]: [number, number]) => value);
  const steps = (tag: string) => curves[tag].map(([step]: [number, number]) => step);
  assert.deepEqual(steps('batch/loss'), [1, 2, 3, 4, 5, 6]);
  assertAllClose(values('batch/loss'), losses, 1e-6);
  assert.deepEqual(steps('loss/test'), [1, 2]);
  for (const [tag, key] of [
    ['loss/train', 'trainLoss'],
    ['loss/test', 'testLoss'],
    ['accuracy/train', 'trainAccuracy'],
    ['accuracy/test', 'testAccuracy'],
  ] as const) {
    assertAllClose(
      values(tag),
      epochs.map((record) => record[key]),
      1e-6,
    );
  }
  assert.deepEqual(values('batch/learning_rate').length, 6);
});

test('a folder that can’t be is refused', async () => {
  const loader = new DataLoader((await loadCifar10({ sample: true })).train.subset(20), { batchSize: 20 });
  const options = { epochs: 1, optimizer: new SGD({ lr: 0.05 }), criterion: crossEntropy() };
  await assert.rejects(
    train(resnet10({ width: 4 }), loader, loader, { ...options, logDir: '/dev/null/run' }),
    ModelError,
  );
});
