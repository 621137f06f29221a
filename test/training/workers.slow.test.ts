/** Training on workers: real processes on this machine, each with a TensorFlow server. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader, type DataLoaderOptions } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { mixup } from '../../lib/data/transforms/mixing';
import { type LocalWorkers, startWorkers } from '../../lib/engine/runtime/localWorkers';
import { ConfigError, WorkerError } from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { resnet18 } from '../../lib/models/resNet';
import { evaluate } from '../../lib/training/evaluate';
import type { BatchEvent } from '../../lib/training/events';
import type { History } from '../../lib/training/history';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';
import type { TrainOptions } from '../../lib/training/trainOptions';
import { numbers } from '../helpers/tensors';

const isLinux = process.platform === 'linux';
let images: Dataset;
let workers: LocalWorkers;
const folder = mkdtempSync(join(tmpdir(), 'workers-'));

before(async () => {
  images = (await loadCifar10({ sample: true })).train;
  if (isLinux) workers = await startWorkers(2);
});

after(() => {
  workers?.stop();
  rmSync(folder, { recursive: true });
});

/** Trains a small network. */
async function trained(options: Partial<TrainOptions>, loaderOptions: DataLoaderOptions = {}, count = 160) {
  const net = resnet18({ width: 4, seed: 1 });
  const loader = new DataLoader(images.subset(count), {
    batchSize: 16,
    shuffle: true,
    seed: 3,
    augment: true,
    onDevice: true,
    ...loaderOptions,
  });
  const testLoader = new DataLoader(images.subset(60), { batchSize: 25, onDevice: true });
  const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
  const batches: BatchEvent[] = [];
  const messages: string[] = [];
  const run = train(net, loader, testLoader, {
    epochs: 2,
    optimizer,
    criterion: crossEntropy(),
    ...options,
    onProgress: (event) => {
      if (event.kind === 'batch') batches.push(event);
      if (event.kind === 'message') messages.push(event.text);
      options.onProgress?.(event);
    },
  });
  const history = await run.catch((error) => error as Error);
  return { net, batches, messages, history, testLoader, weights: () => net.getWeights().map(numbers) };
}

/** A port that is free. */
async function freePort(): Promise<AddressInfo> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return address;
}

const losses = ({ batches }: { batches: BatchEvent[] }) => batches.map(({ loss }) => loss);

const testLosses = ({ history }: { history: History | Error }) =>
  history instanceof Error ? history : history.epochs.map(({ testLoss }) => testLoss);

describe('training on workers', { skip: !isLinux }, () => {
  test('training on workers gives the bits of one process with as many devices, and so does evaluating', async () => {
    const { devices } = workers;
    for (const loaderOptions of [{}, { onDevice: false }, { mix: mixup(0.2) }]) {
      const here = await trained({ devices: ['cpu:0', 'cpu:1'] }, loaderOptions);
      const there = await trained({ devices }, loaderOptions);
      assert.equal(there.batches.length, 20);
      assert.deepEqual(losses(there), losses(here));
      assert.deepEqual(there.weights(), here.weights());
      assert.deepEqual(testLosses(there), testLosses(here));
      const evaluated = await evaluate(there.net, there.testLoader, { devices });
      const alone = await evaluate(there.net, there.testLoader);
      assert.deepEqual(evaluated.predictions, alone.predictions);
      assert.ok(Math.abs(evaluated.loss - alone.loss) < 1e-5 * alone.loss);
    }
  });

  test('training on workers with gradients of 16 bits learns the same, up to their rounding', async () => {
    const { devices } = workers;
    const whole = await trained({ devices });
    const compressed = await trained({ devices, compressGradients: true });
    assert.notDeepEqual(losses(compressed), losses(whole));
    // Later batches differ by more: each step starts from where the roundings before it have led.
    for (const [i, loss] of losses(compressed).slice(0, 4).entries()) {
      assert.ok(Math.abs(loss - losses(whole)[i]) < 0.01 * loss, `${loss} in batch ${i}`);
    }
    // It rounds what crosses, and nothing else.
    const here = await trained({ devices: ['cpu:0', 'cpu:1'], compressGradients: true });
    assert.deepEqual(losses(compressed), losses(here));
  });

  test('training on workers with syncBatchNorm gives the bits of one process with as many devices, and begins as one device does', async () => {
    const { devices } = workers;
    const [one, here, there] = [
      await trained({}),
      await trained({ devices: ['cpu:0', 'cpu:1'], syncBatchNorm: true }),
      await trained({ devices, syncBatchNorm: true }),
    ];
    assert.equal(there.batches.length, 20);
    assert.deepEqual(losses(there), losses(here));
    assert.deepEqual(there.weights(), here.weights());
    const [first, own] = [losses(one)[0], losses(await trained({ devices }))[0]];
    assert.ok(Math.abs(losses(there)[0] - first) < 1e-5 * first, `${losses(there)[0]} instead of ${first}`);
    assert.ok(Math.abs(own - first) > 1e-3 * first, `${own} and ${first}`);
  });

  test('training on workers works with one of them, and with one named twice', async () => {
    const [name] = workers.devices;
    const one = await trained({ devices: [name] });
    assert.deepEqual(losses(one), losses(await trained({})));
    const twice = await trained({ devices: [name, name] });
    assert.deepEqual(losses(twice), losses(await trained({ devices: ['cpu:0', 'cpu:0'] })));
  });

  test('a worker listens on no other address than it is told', () => {
    const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
    const ports = workers.devices
      .map((name) => Number(name.split(':')[1]))
      .flatMap((port) => [hex(port), hex(port + 1)]);
    const listening = ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, address, , state]) => state === '0A' && ports.includes(address.split(':')[1]))
      .map(([, address]) => address.split(':'));
    assert.deepEqual(listening.map(([, port]) => port).sort(), [...ports].sort());
    const loopback = ['0100007F', '0000000000000000FFFF00000100007F'];
    for (const [address] of listening) assert.ok(loopback.includes(address), address);
  });

  test('a worker that the command starts says where it listens, and ends at SIGTERM, with exit code 0', async () => {
    const { port } = await freePort();
    const command = spawn(process.execPath, ['scripts/cli.mjs', 'worker', '--port', String(port)], {
      cwd: join(__dirname, '..', '..'),
    });
    let text = '';
    for await (const chunk of command.stdout) {
      text += chunk;
      if (text.includes('SSH')) break;
    }
    assert.match(
      text,
      new RegExp(
        `Worker 127\\.0\\.0\\.1:${port}: .*cpu:0.*\\nIt listens on the ports ${port} and ${port + 1} of`,
      ),
    );
    const ended = new Promise((resolve) => command.once('exit', resolve));
    command.kill('SIGTERM');
    assert.equal(await ended, 0);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/status`));
  });
});

describe('training on workers is refused', { skip: !isLinux }, () => {
  /** Answers as a worker with such a status does. */
  async function impostor(status: object): Promise<{ name: string; close(): void }> {
    const server = createServer((_, response) => response.end(JSON.stringify(status)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { name: `127.0.0.1:${port}`, close: () => server.close() };
  }

  async function statusOf(name: string): Promise<Record<string, unknown>> {
    return (await fetch(`http://${name}/status`)).json() as Promise<Record<string, unknown>>;
  }

  test('training on workers is refused where nothing answers', async () => {
    const { history } = await trained({ devices: [workers.devices[0], '127.0.0.1:9'] });
    assert.ok(history instanceof WorkerError);
    assert.equal(history.worker, '127.0.0.1:9');
    assert.match(history.message, /doesn't answer[\s\S]*npx resnet-notebooks worker --port 9/);
  });

  for (const [what, change, pattern] of [
    ['another version', { version: '0.0.1' }, /has version 0\.0\.1 with TensorFlow/],
    ['another TensorFlow', { tensorflow: '2.1.0' }, /with TensorFlow 2\.1\.0/],
    ['no operations of this library', { kernels: 'tensorflow' }, /native operations/],
    ['no answer that a worker gives', { version: undefined, devices: undefined }, /has version undefined/],
  ] as const) {
    test(`training on workers is refused where one has ${what}`, async () => {
      const other = await impostor({ ...(await statusOf(workers.devices[0])), ...change });
      const { history } = await trained({ devices: [other.name] });
      other.close();
      assert.ok(history instanceof WorkerError);
      assert.equal(history.worker, other.name);
      assert.match(history.message, pattern);
    });
  }

  test('training on workers is refused for a device that one lacks', async () => {
    const { history } = await trained({ devices: [`${workers.devices[0]}/gpu:3`] });
    assert.ok(history instanceof WorkerError);
    assert.match(history.message, /has no gpu:3\.\nName one of its devices: cpu:0/);
  });

  for (const devices of [['cpu:0', '127.0.0.1:7001'], ['worker'], ['host:port'], ['http://127.0.0.1:7001']]) {
    test(`training on workers is refused for devices ${devices.join(' and ')}`, async () => {
      const { history } = await trained({ devices });
      assert.ok(history instanceof ConfigError);
    });
  }

  test("training on workers is refused for onWorkerLost: 'goOn' without checkpoints", async () => {
    const { history } = await trained({ devices: [workers.devices[0]], onWorkerLost: 'goOn' });
    assert.ok(history instanceof ConfigError);
  });
});

describe('a worker that is lost', { skip: !isLinux }, () => {
  for (const [what, first, signal] of [
    ['dies', false, 'SIGKILL'],
    ['dies, the one that keeps the weights', true, 'SIGKILL'],
    ['hangs', false, 'SIGSTOP'],
    ['hangs, the one that keeps the weights', true, 'SIGSTOP'],
  ] as const) {
    test(`a worker that is lost: it ${what}`, async () => {
      const doomed = await startWorkers(1);
      const [[name], [pid]] = [doomed.devices, doomed.pids];
      const devices = first ? [name, workers.devices[0]] : [workers.devices[0], name];
      const savePath = join(folder, `${signal}-${first}`);
      let lostAt = 0;
      const lose = (event: { kind: string; batch?: number; epoch?: number }) => {
        if (event.kind !== 'batch' || event.epoch !== 2 || event.batch !== 3 || lostAt > 0) return;
        process.kill(pid, signal);
        lostAt = performance.now();
      };
      const options = { savePath, saveEvery: 1, epochs: 3, devices, workerTimeout: 4, onProgress: lose };
      try {
        const { history, weights } = await trained(options);
        assert.ok(history instanceof WorkerError, String(history));
        assert.equal(history.worker, name);
        assert.ok(performance.now() - lostAt < 15_000, `${performance.now() - lostAt} ms`);
        // Nothing of the second epoch is left: the network is as it was saved after the first.
        const saved = await loadModel(savePath);
        assert.deepEqual(weights(), saved.getWeights().map(numbers));
        saved.dispose();
      } finally {
        doomed.stop();
      }
      // The others go on with what was saved.
      const resumed = await trained({ savePath, resume: true, epochs: 3, devices: [workers.devices[0]] });
      assert.ok(!(resumed.history instanceof Error), String(resumed.history));
      assert.equal(resumed.history.epochs.length, 3);
    });
  }

  test("a worker that is lost is gone on without by onWorkerLost: 'goOn', at the same batch size", async () => {
    const doomed = await startWorkers(1);
    const [[name], [pid]] = [doomed.devices, doomed.pids];
    let isLost = false;
    const { history, messages, batches } = await trained({
      savePath: join(folder, 'goOn'),
      saveEvery: 1,
      epochs: 3,
      devices: [name, workers.devices[0], workers.devices[1]],
      workerTimeout: 4,
      onWorkerLost: 'goOn',
      onProgress: (event) => {
        if (event.kind !== 'batch' || event.epoch !== 2 || isLost) return;
        isLost = true;
        process.kill(pid, 'SIGKILL');
      },
    });
    doomed.stop();
    assert.ok(!(history instanceof Error), String(history));
    const { epochs } = history;
    assert.equal(epochs.length, 3);
    assert.ok(epochs.every(({ trainLoss }) => Number.isFinite(trainLoss)));
    const names = workers.devices.join(', ');
    assert.ok(messages.some((text) => text.includes(name) && text.includes(`Goes on with ${names}`)));
    const last = batches.filter(({ epoch }) => epoch === 3);
    assert.equal(last.length, 10);
    assert.equal(last[9].images, 160);
  });

  test('a worker that is lost during an evaluation ends that', async () => {
    const doomed = await startWorkers(1);
    const [[name], [pid]] = [doomed.devices, doomed.pids];
    const net = resnet18({ width: 4, seed: 1 });
    const loader = new DataLoader(images.subset(200), { batchSize: 10 });
    const run = evaluate(net, loader, {
      devices: [workers.devices[0], name],
      workerTimeout: 4,
      onProgress: (done) => {
        if (done === 50) process.kill(pid, 'SIGKILL');
      },
    });
    await assert.rejects(run, (error: WorkerError) => error instanceof WorkerError && error.worker === name);
    doomed.stop();
  });
});
