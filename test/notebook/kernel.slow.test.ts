/**
 * A real notebook in a real kernel, executed by nbconvert: what ends up in the file.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { writeKernel } from '../helpers/kernel';
import { notebookOf } from '../helpers/notebookOf';

const ROOT = resolve(__dirname, '../..');
const BIN = join(ROOT, '.resnet-notebooks', 'venv', 'bin');
const run = promisify(execFile);

interface Output {
  output_type: string;
  text?: string | string[];
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

/** Makes a folder that git ignores, with a kernelspec of the project's tslab in it, for as long as `work` takes. */
async function withKernel<T>(work: (folder: string, env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(ROOT, '.resnet-notebooks', 'test-'));
  try {
    writeKernel(join(folder, 'jupyter'));
    return await work(folder, { ...process.env, JUPYTER_PATH: join(folder, 'jupyter') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Executes cells with nbconvert. Returns each cell's outputs, as the notebook keeps them. */
function execute(cells: string[], ...options: string[]): Promise<Output[][]> {
  return withKernel(async (folder, env) => {
    const file = join(folder, 'notebook.ipynb');
    await writeFile(file, notebookOf(cells, 'under-test'));
    const toNotebook = ['nbconvert', '--to', 'notebook', '--execute', '--inplace', ...options];
    await run(join(BIN, 'jupyter'), [...toNotebook, file], { env });
    const executed = JSON.parse(await readFile(file, 'utf8'));
    return executed.cells.map(({ outputs }: { outputs: Output[] }) => outputs);
  });
}

const register = `
require(${JSON.stringify(join(ROOT, 'node_modules/tsx/dist/cjs/api/index.cjs'))}).register();`;

const load = `${register}
const { show } = require(${JSON.stringify(join(ROOT, 'lib/notebook/display/show.ts'))});
const { liveReporter } = require(${JSON.stringify(join(ROOT, 'lib/notebook/display/liveReporter.ts'))});
const { lossChart } = require(${JSON.stringify(join(ROOT, 'lib/charts/historyCharts.ts'))});
const record = (epoch: number) => ({
  epoch, trainLoss: 2, trainAccuracy: 0.25, testLoss: 1.5, testAccuracy: 0.5, learningRate: 0.1, seconds: 60,
});`;

const report = `
const listener = liveReporter();
for (const epoch of [1, 2]) {
  for (let batch = 1; batch <= 20; batch++) {
    listener({
      kind: 'batch', epoch, epochs: 2, batch, batches: 20, images: 128 * batch,
      loss: 2, accuracy: 0.25, learningRate: 0.1, seconds: batch,
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  listener({ kind: 'epoch', record: record(epoch), epochs: 2 });
}`;

test('a notebook keeps a chart as one bundle, and of the progress its last state', async () => {
  const [, chart, progress] = await execute([
    load,
    'await show(lossChart({ epochs: [1, 2].map(record) }));',
    report,
  ]);

  assert.equal(chart.length, 1);
  assert.equal(chart[0].output_type, 'display_data');
  const data = chart[0].data!;
  assert.deepEqual(Object.keys(data).sort(), ['application/vnd.plotly.v1+json', 'image/png', 'text/plain']);
  const figure = data['application/vnd.plotly.v1+json'] as {
    data: { y: number[] }[];
    layout: { width: number };
  };
  assert.deepEqual(figure.data[1].y, [1.5, 1.5]);
  assert.equal(figure.layout.width, 800);
  // A PNG tells its width in its 17th to 20th byte; the image is as wide as the chart that takes its place.
  const png = Buffer.from(data['image/png'] as string, 'base64');
  assert.equal(png.readUInt32BE(16), 800);
  assert.ok(png.length > 5_000, `${png.length} bytes`);

  assert.equal(progress.length, 1);
  const line = (epoch: number) =>
    `Epoch [  ${epoch}/  2]  Train Loss:2.000000  Train Acc:25.00% Test Loss:1.500000  Test Acc:50.00%  Learning Rate:0.100000\tTime 01:00`;
  assert.equal([progress[0].data!['text/plain']].flat().join(''), `${line(1)}\n${line(2)}`);
});

test('of many outputs in one breath none is lost, nor the word that their cell has ended', async () => {
  const [, lines, after] = await execute([
    `${register}
require(${JSON.stringify(join(ROOT, 'lib/notebook/kernel/keepOutputs.ts'))}).keepOutputs();`,
    'for (let i = 0; i < 3000; i++) console.log(i);',
    "console.log('after');",
  ]);
  const printed = lines.flatMap(({ text }) => text).join('');
  assert.equal(printed, Array.from({ length: 3000 }, (_, i) => `${i}\n`).join(''));
  assert.deepEqual(
    after.flatMap(({ text }) => text),
    ['after\n'],
  );
});

test('the cells below an expected error are executed', async () => {
  const outputs = await execute(
    [
      `${register}
require(${JSON.stringify(join(ROOT, 'lib/notebook/kernel/expectedErrors.ts'))}).handleExpectedErrors();`,
      "throw new Error('on purpose');",
      "console.log('first');",
      'const wrong: string = 1;',
      "console.log('second');",
    ],
    '--allow-errors',
  );
  const texts = outputs.map((cell) => cell.flatMap(({ text }) => text ?? []).join(''));
  assert.match(texts[1], /on purpose/);
  assert.equal(texts[2], 'first\n');
  assert.match(texts[3], /not assignable/);
  assert.equal(texts[4], 'second\n');
});

// Runs three cells, interrupts the kernel when the second one prints, and prints what the third one does.
const interruptedRun = `
import sys
from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name='under-test')
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)

def run(code, interrupt=False):
    sent = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message['parent_header'].get('msg_id') != sent:
            continue
        content = message['content']
        if message['msg_type'] == 'stream' and content['name'] == 'stdout':
            if interrupt:
                manager.interrupt_kernel()
            else:
                print(content['text'], end='')
        if message['msg_type'] == 'status' and content['execution_state'] == 'idle':
            return

try:
    run(sys.argv[1])
    run(sys.argv[2], interrupt=True)
    run(sys.argv[3])
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
`;

test('"Interrupt Kernel" ends the work of a cell, whose names the next cell knows', async () => {
  const prepare = `${register}
const { untilStopped } = require(${JSON.stringify(join(ROOT, 'lib/notebook/kernel/interrupt.ts'))});`;
  const loop = `
const rounds: number = await untilStopped(async (signal: AbortSignal) => {
  console.log('started');
  let rounds = 0;
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    rounds++;
  }
  return rounds;
});`;
  const { stdout } = await withKernel((_, env) =>
    run(join(BIN, 'python'), ['-c', interruptedRun, prepare, loop, 'console.log(rounds > 0);'], { env }),
  );
  assert.equal(stdout, 'true\n');
});

test('a kernel that is caught in an endless loop ends after its notebook’s program was killed', async () => {
  await withKernel(async (folder, env) => {
    const file = join(folder, 'notebook.ipynb');
    const told = join(folder, 'pid');
    await writeFile(
      file,
      notebookOf(
        [
          `${register}
require(${JSON.stringify(join(ROOT, 'lib/notebook/kernel/orphan.ts'))}).endWithParent();`,
          `require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.pid)); for (;;);`,
        ],
        'under-test',
      ),
    );
    const nbconvert = spawn(join(BIN, 'jupyter'), ['nbconvert', '--to', 'notebook', '--execute', file], {
      env,
      stdio: 'ignore',
    });
    const kernel = Number(await until(() => readFile(told, 'utf8').catch(() => ''), 60));
    nbconvert.kill('SIGKILL');
    await until(async () => !isAlive(kernel), 60);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T>, seconds: number): Promise<T> {
  for (let tries = 0; tries < 10 * seconds; tries++) {
    const answer = await ask();
    if (answer) return answer;
    await setTimeout(100);
  }
  throw new Error(`Nothing after ${seconds} seconds.`);
}
