/**
 * A real notebook in a real kernel, executed by nbconvert: what ends up in the file.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '..');
const JUPYTER = join(ROOT, '.resnet-notebooks', 'venv', 'bin', 'jupyter');

interface Output {
  output_type: string;
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

/** Executes cells in the project's tslab, in a folder that git ignores. Returns each cell's outputs. */
async function execute(cells: string[]): Promise<Output[][]> {
  const folder = await mkdtemp(join(ROOT, '.resnet-notebooks', 'test-'));
  try {
    const kernel = join(folder, 'jupyter', 'kernels', 'played');
    await mkdir(kernel, { recursive: true });
    await writeFile(
      join(kernel, 'kernel.json'),
      JSON.stringify({
        argv: [
          process.execPath,
          join(ROOT, 'node_modules/tslab/bin/tslab'),
          'kernel',
          '--config-path',
          '{connection_file}',
        ],
        display_name: 'TypeScript',
        language: 'typescript',
      }),
    );
    const notebook = {
      cells: cells.map((source, index) => ({
        cell_type: 'code',
        execution_count: null,
        id: `cell-${index}`,
        metadata: {},
        outputs: [],
        source,
      })),
      metadata: { kernelspec: { name: 'played', display_name: 'TypeScript', language: 'typescript' } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    const file = join(folder, 'notebook.ipynb');
    await writeFile(file, JSON.stringify(notebook));
    await promisify(execFile)(JUPYTER, ['nbconvert', '--to', 'notebook', '--execute', '--inplace', file], {
      env: { ...process.env, JUPYTER_PATH: join(folder, 'jupyter') },
    });
    const executed = JSON.parse(await readFile(file, 'utf8'));
    return executed.cells.map(({ outputs }: { outputs: Output[] }) => outputs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const load = `
require(${JSON.stringify(join(ROOT, 'node_modules/tsx/dist/cjs/api/index.cjs'))}).register();
const { show } = require(${JSON.stringify(join(ROOT, 'lib/notebook/show.ts'))});
const { liveReporter } = require(${JSON.stringify(join(ROOT, 'lib/notebook/liveReporter.ts'))});
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
  assert.ok(Buffer.from(data['image/png'] as string, 'base64').length > 10_000);

  assert.equal(progress.length, 1);
  const line = (epoch: number) =>
    `Epoch [  ${epoch}/  2]  Train Loss:2.000000  Train Acc:25.00% Test Loss:1.500000  Test Acc:50.00%  Learning Rate:0.100000\tTime 01:00`;
  assert.equal([progress[0].data!['text/plain']].flat().join(''), `${line(1)}\n${line(2)}`);
});
