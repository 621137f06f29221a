/** The notebooks in JupyterLab, in a real browser: charts that come to life, progress that moves, a stop button that stops. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { chromiumPath, Lab, type Notebook } from '../browser/lab';
import { notebookOf } from '../helpers/notebookOf';

const skip = chromiumPath
  ? false
  : 'no Chromium here; CHROMIUM=/path/to/it names one (Debian: apt install chromium)';

/** Trains for so long that it has to be stopped, or for a few epochs. */
const trainingNotebook = (epochs: number) =>
  notebookOf([
    "import { crossEntropy, DataLoader, evaluate, loadCifar10, resnet10, SGD, train } from '../lib';",
    'const { train: trainSet, test: testSet } = await loadCifar10({ sample: true });\n' +
      'const trainLoader = new DataLoader(trainSet, { batchSize: 20, shuffle: true });\n' +
      'const testLoader = new DataLoader(testSet);',
    'const history = await train(resnet10({ width: 4 }), trainLoader, testLoader, {\n' +
      `  epochs: ${epochs}, optimizer: new SGD({ lr: 0.02, momentum: 0.9 }), criterion: crossEntropy(),\n});`,
    "console.log('after it:', history.epochs.length);",
  ]);

/** What a cell's output says while the kernel works: each state once. */
async function statesOf(notebook: Notebook, word: string): Promise<string[]> {
  const states: string[] = [];
  while (!(await notebook.isIdle())) {
    const text = await notebook.text(word);
    if (text !== states[states.length - 1]) states.push(text);
    await sleep(20);
  }
  return states;
}

/** Moves the mouse onto a chart, and waits until it has come to life. */
async function enter(page: Page, i: number) {
  const chart = page.locator('.jp-RenderedPlotly').nth(i);
  await chart.scrollIntoViewIfNeeded();
  await chart.hover();
  await chart.locator('.main-svg').first().waitFor();
  return chart;
}

describe('JupyterLab', { skip }, () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.start({ 'short.ipynb': trainingNotebook(4), 'long.ipynb': trainingNotebook(1000) });
  });
  after(() => lab?.end());

  test('JupyterLab runs 06_train from top to bottom, and draws charts that answer to the mouse', async () => {
    const notebook = await lab.open('06_train.ipynb');
    const { page } = notebook;
    await notebook.runAll();
    assert.deepEqual(await notebook.errors(), []);
    assert.equal(await page.locator('.jp-Dialog').count(), 0, 'no dialog asks for anything');
    assert.equal(await page.locator('.Toastify__toast').count(), 0, 'no news pop up');
    const chart = await enter(page, 3);
    await notebook.image('chart');
    // The article's run: its best epoch, the 18th.
    const points = chart.locator('.scatterlayer .trace').nth(1).locator('path.point');
    assert.equal(await points.count(), 20);
    await points.nth(17).hover({ force: true });
    const label = chart.locator('.hoverlayer');
    await label.getByText('85.27').waitFor();
    assert.match((await label.textContent()) ?? '', /Training set : 87\.46/);
    await notebook.image('chart-hover');
    await page.context().close();
  });

  test('JupyterLab shows progress that moves, curves that grow, and keeps a line an epoch', async () => {
    const notebook = await lab.open('short.ipynb');
    await notebook.choose('Run', 'Run All Cells');
    await notebook.busy();
    const states = await statesOf(notebook, 'await train');
    const bars = states.filter((text) => /Epoch \d\/4 \|/.test(text));
    assert.ok(bars.length >= 4, `${bars.length} states of the bar`);
    assert.match(bars[0], /\d+ images\/s {2}(\d\d:\d\d left|testing) {2}loss \d\.\d{4}/);
    const lines = (await notebook.text('await train')).trim().split('\n');
    assert.equal(lines.length, 4, lines.join('\n'));
    for (const [i, line] of lines.entries())
      assert.match(line, new RegExp(`^Epoch \\[ {2}${i + 1}/ {2}4\\]`));
    assert.equal(await notebook.cell('await train').locator('.jp-RenderedPlotly').count(), 1);
    await notebook.image('training');
    await notebook.page.context().close();
  });

  test('JupyterLab stops training at the stop button, goes on with the next cell, and runs again after a restart', async () => {
    const notebook = await lab.open('long.ipynb');
    const { page } = notebook;
    for (const begin of [() => notebook.choose('Run', 'Run All Cells'), () => notebook.restartAndRunAll()]) {
      await begin();
      await notebook.busy();
      await notebook
        .cell('await train')
        .getByText(/Epoch ([2-9]|\d\d+)\/1000 \|/)
        .waitFor();
      await notebook.stop();
      await notebook.cell('await train').getByText('Stopped in epoch').waitFor();
      await notebook.idle();
      assert.match(await notebook.text('after it'), /^after it: [1-9]/);
      assert.deepEqual(await notebook.errors(), []);
    }
    await notebook.image('stopped');
    await page.context().close();
  });

  test('JupyterLab runs two notebooks at once', async () => {
    const notebooks = await Promise.all(
      ['short.ipynb', '05_loss_and_optimizer.ipynb'].map((name) => lab.open(name)),
    );
    await Promise.all(notebooks.map((notebook) => notebook.runAll()));
    for (const notebook of notebooks) {
      assert.deepEqual(await notebook.errors(), []);
      await notebook.page.context().close();
    }
  });
});
