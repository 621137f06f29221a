/**
 * Workers that are lost while a network trains on them: killed, stopped, and cut off by a link that goes down.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  canMakeHosts,
  HOSTS,
  makeHosts,
  network,
  removeHosts,
  startHostWorkers,
} from '../../bench/hosts.mjs';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { startWorkers } from '../../lib/engine/runtime/localWorkers';
import { WorkerError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { resnet10 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import type { TrainOptions } from '../../lib/training/trainOptions';
import { numbers } from '../helpers/tensors';
import { Tally } from './tally';

const EPOCHS = 4;
/** Of an epoch. */
const BATCHES = 20;
const PORT = 7301;
/** Seconds that a call may take on the workers. */
const TIMEOUT = 4;
/** Milliseconds within which the error is to be there: the timeout, and asking each worker. */
const BOUND = 1000 * TIMEOUT + 11_000;

interface Doomed {
  /** How `devices` names it. */
  name: string;
  lose(): void;
  end(): void;
}

async function trained(images: Dataset, options: Partial<TrainOptions>) {
  const net = resnet10({ width: 4, seed: 1 });
  const loader = new DataLoader(images.subset(16 * BATCHES), {
    batchSize: 16,
    shuffle: true,
    seed: 3,
    augment: true,
  });
  const history = await train(net, loader, new DataLoader(images.subset(50)), {
    epochs: EPOCHS,
    optimizer: new SGD({ lr: 0.05, momentum: 0.9 }),
    criterion: crossEntropy(),
    saveEvery: 1,
    ...options,
  }).catch((error) => error as Error);
  return { net, history };
}

/** Trains on a worker that lasts and one that is lost at some batch after the first epoch; then goes on with the one that lasts. */
async function loseOne(images: Dataset, lasting: string, { name, lose, end }: Doomed): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lost-worker-'));
  const savePath = join(folder, 'net');
  try {
    const batches = Math.floor(Math.random() * 2 * BATCHES) + BATCHES + 1;
    let [seen, lostAt] = [0, 0];
    const { net, history } = await trained(images, {
      savePath,
      // The one that keeps the weights is lost as often as the other.
      devices: Math.random() < 0.5 ? [lasting, name] : [name, lasting],
      workerTimeout: TIMEOUT,
      onProgress: ({ kind }) => {
        if (kind !== 'batch' || ++seen !== batches) return;
        // In the middle of a step.
        setTimeout(20 * Math.random()).then(() => {
          lose();
          lostAt = performance.now();
        });
      },
    });
    const took = performance.now() - lostAt;
    assert.ok(history instanceof WorkerError, String(history));
    assert.equal(history.worker, name);
    assert.ok(took < BOUND, `told after ${took} ms`);
    // After the last batch of an epoch its test is under way: the network is as the epoch left it, newer than what is saved.
    if (seen % BATCHES !== 0) {
      const saved = await loadModel(savePath);
      assert.deepEqual(net.getWeights().map(numbers), saved.getWeights().map(numbers));
      saved.dispose();
    }
    net.dispose();
    const resumed = await trained(images, { savePath, resume: true, devices: [lasting] });
    assert.ok(!(resumed.history instanceof Error), String(resumed.history));
    assert.equal(resumed.history.epochs.length, EPOCHS);
    resumed.net.dispose();
  } finally {
    end();
    rmSync(folder, { recursive: true });
  }
}

/** A worker of this machine, to be lost by a signal. */
async function localWorker(signal: NodeJS.Signals): Promise<Doomed> {
  const worker = await startWorkers(1);
  return { name: worker.devices[0], lose: () => process.kill(worker.pids[0], signal), end: worker.stop };
}

/** Waits until a host answers: a link that was just made may not carry anything yet. */
async function reachable(address: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const signal = AbortSignal.timeout(500);
    if (await fetch(`http://${address}:${PORT}/status`, { signal }).catch(() => undefined)) return;
    await setTimeout(100);
  }
  throw new Error(`${address} doesn't answer.`);
}

/** Cuts the link to the second host. */
async function cutLink(images: Dataset): Promise<void> {
  makeHosts();
  const children = await startHostWorkers(PORT);
  for (const { address } of HOSTS) await reachable(address);
  const [lasting, lost] = HOSTS;
  await loseOne(images, `${lasting.address}:${PORT}`, {
    name: `${lost.address}:${PORT}`,
    lose: () => network(`ip link set ${lost.link} down`),
    end: () => {
      for (const child of children) child.kill('SIGTERM');
      removeHosts();
    },
  });
}

/** Loses so many workers by each of the ways. */
export async function loseWorkers(
  { killed, stopped, cut }: { killed: number; stopped: number; cut: number },
  log: (line: string) => void,
): Promise<Tally> {
  const tally = new Tally(log);
  const { train: images } = await loadCifar10({ sample: true });
  const lasting = await startWorkers(1);
  const times = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  try {
    for (const [signal, count] of [
      ['SIGKILL', killed],
      ['SIGSTOP', stopped],
    ] as const) {
      for (const i of times(count)) {
        await tally.try(`${signal} ${i}`, async () =>
          loseOne(images, lasting.devices[0], await localWorker(signal)),
        );
      }
    }
  } finally {
    lasting.stop();
  }
  if (canMakeHosts()) for (const i of times(cut)) await tally.try(`link cut ${i}`, () => cutLink(images));
  else tally.leaveOut('links that are cut', 'it needs Linux and root');
  return tally;
}
