/**
 * What is shown where: in a notebook (a kernel played by this test), in a terminal, in a pipe.
 */
import assert from 'node:assert/strict';
import { createRequire, Module } from 'node:module';
import { afterEach, test } from 'node:test';
import { lossChart } from '../../lib/charts/historyCharts';
import { ConfigError } from '../../lib/errors';
import { liveReporter } from '../../lib/notebook/display/liveReporter';
import { liveText, streamText, type TextStream } from '../../lib/notebook/display/liveText';
import { plotHistory } from '../../lib/notebook/display/plotHistory';
import { bar, percent, timeLeft } from '../../lib/notebook/display/progressLine';
import { show } from '../../lib/notebook/display/show';
import { showImage } from '../../lib/notebook/display/showImage';
import { untilStopped } from '../../lib/notebook/kernel/interrupt';
import { cellOutput, type DisplayData } from '../../lib/notebook/kernel/kernel';
import { defaultProfile, profile } from '../../lib/notebook/profile';
import type { TrainEvent } from '../../lib/training/events';

// Lines of the article's section 6.
const LINES = [
  'Epoch [  1/ 20]  Train Loss:2.159606  Train Acc:23.53% Test Loss:1.755478  Test Acc:33.49%  Learning Rate:0.100000\tTime 03:02',
  'Epoch [ 18/ 20]  Train Loss:0.364283  Train Acc:87.46% Test Loss:0.442250  Test Acc:85.27%  Learning Rate:0.100000\tTime 03:03',
];
const EPOCHS = [
  {
    epoch: 1,
    trainLoss: 2.159606,
    trainAccuracy: 0.2353,
    testLoss: 1.755478,
    testAccuracy: 0.3349,
    learningRate: 0.1,
    seconds: 182,
  },
  {
    epoch: 18,
    trainLoss: 0.364283,
    trainAccuracy: 0.8746,
    testLoss: 0.44225,
    testAccuracy: 0.8527,
    learningRate: 0.1,
    seconds: 183.4,
  },
];

const BATCHES = 100;
const batch = (epoch: number, n: number): TrainEvent => ({
  kind: 'batch',
  epoch,
  epochs: 20,
  batch: n,
  batches: BATCHES,
  images: 128 * n,
  loss: 2,
  accuracy: 0.25,
  learningRate: 0.1,
  seconds: 0.05 * n, // 20 batches a second
});

/** The events of the two epochs, a message before. */
const run: TrainEvent[] = [
  { kind: 'message', text: 'Made the folder models.' },
  ...EPOCHS.flatMap((record): TrainEvent[] => [
    ...Array.from({ length: BATCHES }, (_, i) => batch(record.epoch, i + 1)),
    { kind: 'epoch', record, epochs: 20 },
  ]),
];

const require = createRequire(__filename);
const KERNEL_MODULE = '/elsewhere/node_modules/tslab/dist/jupyter.js';
afterEach(() => {
  delete require.cache[KERNEL_MODULE];
});

/** Plays a running kernel: puts its module where the process keeps them. Returns what is written to the cell. */
function playKernel(): { content: DisplayData; update: boolean }[] {
  const written: { content: DisplayData; update: boolean }[] = [];
  const module = new Module(KERNEL_MODULE);
  module.exports = {
    lastWriteDisplayData: (content: DisplayData, update: boolean) => written.push({ content, update }),
  };
  require.cache[KERNEL_MODULE] = module;
  return written;
}

/** Plays a stream; keeps what is written, and what a terminal would show of it. */
class PlayedStream implements TextStream {
  writes: string[] = [];
  screen: string[] = [''];
  readonly columns = 100;
  constructor(readonly isTTY: boolean) {}

  write(text: string): void {
    this.writes.push(text);
    for (const part of text.replaceAll('\r\u001b[2K', '\r').split(/(\r|\n)/)) {
      if (part === '\n') this.screen.push('');
      else if (part === '\r') this.screen[this.screen.length - 1] = '';
      else this.screen[this.screen.length - 1] += part;
    }
  }
}

test('in a pipe there is a line an epoch, in the words of the article, and nothing else', () => {
  const [out, err] = [new PlayedStream(false), new PlayedStream(false)];
  run.forEach(liveReporter(streamText(out, err)));
  assert.equal(out.writes.join(''), `Made the folder models.\n${LINES.join('\n')}\n`);
  assert.deepEqual(err.writes, []);
});

test('in a terminal a bar is redrawn at most five times a second, and the lines stay', () => {
  const terminal = new PlayedStream(true);
  run.forEach(liveReporter(streamText(terminal, terminal)));
  assert.deepEqual(terminal.screen, ['Made the folder models.', ...LINES, '']);

  const bars = terminal.writes.filter((text) => text.includes('|'));
  assert.ok(bars.length >= 40 && bars.length <= 2 * (5 * 5 + 2), `${bars.length} bars in 10 seconds`);
  assert.ok(bars.every((text) => text.length < terminal.columns));
  assert.match(
    bars[5],
    /^Epoch 1\/20 \|██.* {2}\d+% {2}2560 images\/s {2}00:04 left {2}loss 2.0000 {2}acc 25.00%$/,
  );
  assert.match(bars.find((text) => text.includes('100%'))!, /testing/);
});

test('in a terminal whose output goes to a file the bar stays out of the file', () => {
  const [out, err] = [new PlayedStream(false), new PlayedStream(true)];
  run.forEach(liveReporter(streamText(out, err)));
  assert.equal(out.writes.join(''), `Made the folder models.\n${LINES.join('\n')}\n`);
  assert.deepEqual(err.screen, ['']);
});

test('in a notebook one output is written over, and its last state is the lines alone', () => {
  const written = playKernel();
  run.forEach(liveReporter());
  assert.deepEqual(
    written.map(({ update }) => update),
    written.map((_, index) => index > 0),
  );
  assert.equal(new Set(written.map(({ content }) => content.transient.display_id)).size, 1);
  const states = written.map(({ content }) => content.data['text/plain'] as string);
  assert.equal(states[states.length - 1], ['Made the folder models.', ...LINES].join('\n'));
  assert.match(states[1], /^Made the folder models\.\nEpoch 1\/20 \|/);
});

test('a status that is taken away leaves no output where there was none', () => {
  const written = playKernel();
  liveText().status('');
  assert.deepEqual(written, []);
});

test('a figure is one output in three forms', async () => {
  const written = playKernel();
  const figure = lossChart({ epochs: EPOCHS });
  await show(figure);
  assert.equal(written.length, 1);
  const [{ content, update }] = written;
  assert.equal(update, false);
  assert.deepEqual(Object.keys(content.data), ['application/vnd.plotly.v1+json', 'image/png', 'text/plain']);
  assert.deepEqual(content.data['application/vnd.plotly.v1+json'], figure);
  assert.equal(content.data['text/plain'], 'Loss: lowest on the test set: 0.4422, after epoch 18');
  const png = Buffer.from(content.data['image/png'] as string, 'base64');
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.deepEqual(content.metadata, { 'image/png': { width: 800, height: 420 } });
});

test('a figure stays with the cell that showed it, though another cell runs when it is drawn', async () => {
  const first = playKernel();
  const shown = show(lossChart({ epochs: EPOCHS }));
  const second = playKernel();
  await shown;
  assert.deepEqual([first.length, second.length], [1, 0]);
});

test('a tslab that is only installed is no running kernel', () => {
  const module = new Module(KERNEL_MODULE);
  module.exports = { lastWriteDisplayData: null };
  require.cache[KERNEL_MODULE] = module;
  const running = '/project/node_modules/tslab/dist/jupyter.js';
  const write = () => {};
  require.cache[running] = Object.assign(new Module(running), { exports: { lastWriteDisplayData: write } });
  try {
    assert.equal(cellOutput(), write);
  } finally {
    delete require.cache[running];
  }
  assert.equal(cellOutput(), undefined);
});

test('outside a notebook a figure and an image print a line', async (context) => {
  const log = context.mock.method(console, 'log', () => {});
  await plotHistory({ epochs: EPOCHS });
  showImage({ width: 4, height: 3, data: new Uint8Array(36) });
  assert.deepEqual(
    log.mock.calls.map(({ arguments: [text] }) => text),
    [
      'Loss: lowest on the test set: 0.4422, after epoch 18',
      'Accuracy: highest on the test set: 85.27 %, after epoch 18',
      'Learning rate: from 0.1 to 0.1',
      'Image of 4×3 pixels',
    ],
  );
});

test('an image in a notebook is a PNG with a line of text', () => {
  const written = playKernel();
  showImage({ width: 2, height: 2, data: new Uint8Array(12) });
  assert.deepEqual(Object.keys(written[0].content.data), ['image/png', 'text/plain']);
  assert.deepEqual(written[0].content.metadata, { 'image/png': { width: 192, height: 192 } });
});

/** Work that ends once its signal is aborted. */
const patient = (started: () => void) => (signal: AbortSignal) =>
  new Promise<string>((resolve) => {
    const alive = setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve('ended');
    });
    started();
  });

test('an interrupted kernel asks the work to end, and takes no notice of the interrupt otherwise', async () => {
  playKernel();
  let told = 0;
  const kernel = () => void told++;
  process.on('SIGINT', kernel);
  try {
    assert.equal(await untilStopped(patient(() => process.emit('SIGINT'))), 'ended');
    assert.equal(told, 0);
    assert.deepEqual(process.listeners('SIGINT'), [kernel]);
  } finally {
    process.off('SIGINT', kernel);
  }
});

test('another signal ends the work too, and one that was given before at once', async () => {
  const stopping = new AbortController();
  const listeners = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
  const before = listeners();
  assert.equal(
    await untilStopped((signal) => {
      assert.equal(listeners(), before, 'with a signal of the caller, none of the process is listened to');
      return patient(() => stopping.abort())(signal);
    }, stopping.signal),
    'ended',
  );
  assert.equal(await untilStopped(async (signal) => signal.aborted, AbortSignal.abort()), true);
  assert.equal(listeners(), before);
});

test('a program that listens itself lives on after Ctrl-C', async () => {
  let told = 0;
  const program = () => void told++;
  process.on('SIGINT', program);
  try {
    assert.equal(await untilStopped(patient(() => process.kill(process.pid, 'SIGINT'))), 'ended');
    assert.equal(told, 1);
  } finally {
    process.off('SIGINT', program);
  }
});

test('the bar fills by eighths of a cell', () => {
  assert.equal(bar(0), `|${' '.repeat(20)}|`);
  assert.equal(bar(0.5), `|${'█'.repeat(10)}${' '.repeat(10)}|`);
  assert.equal(bar(0.5 + 3 / 160), `|${'█'.repeat(10)}▍${' '.repeat(9)}|`);
  assert.equal(bar(1), `|${'█'.repeat(20)}|`);
  assert.deepEqual([percent(0), percent(0.999), percent(1)], ['  0%', ' 99%', '100%']);
  assert.deepEqual([timeLeft(0, 10, 5), timeLeft(1, 3, 30)], ['', '01:30 left']);
});

test('PROFILE names the settings, and without it the device chooses', () => {
  assert.equal(profile('quick').network, 'resnet8');
  assert.deepEqual(profile('article').schedule, {
    kind: 'reduceLROnPlateau',
    factor: 0.5,
    patience: 5,
    minLr: 1e-6,
  });
  assert.equal(profile('smoke').sample, true);
  assert.deepEqual([defaultProfile({ kind: 'gpu' }), defaultProfile({ kind: 'cpu' })], ['article', 'quick']);
  for (const name of ['fast', 'toString', 'Quick']) {
    assert.throws(() => profile(name), ConfigError);
  }
});
