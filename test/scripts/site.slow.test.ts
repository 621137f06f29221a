/** The site: whole, linked, and drawn by a browser that reaches no network. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { readImage } from '../../lib/image/readImage';
import { loadModel } from '../../lib/models/files/loadModel';
import { loadPretrained } from '../../lib/models/files/loadPretrained';
import { saveModel } from '../../lib/models/files/saveModel';
import { setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet10 } from '../../lib/models/resNet';
import { predictImage } from '../../lib/prediction/predictImage';
import { CommandError } from '../../scripts/setup/errors.mjs';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot } from '../../scripts/setup/project.mjs';

const site = mkdtempSync(path.join(tmpdir(), 'site-'));
const notebooks = readdirSync(path.join(packageRoot, 'notebooks'))
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => name.replace('.ipynb', '.html'));

const pictures = path.join(packageRoot, 'data', 'pictures');

const build = (folder: string) => run(process.execPath, ['scripts/site.mjs', folder], { cwd: packageRoot });

before(() => build(site));
after(() => rmSync(site, { recursive: true, force: true }));

const files = (ending: string) =>
  readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending));

interface PageFacts {
  addresses: { address: string; isLoaded: boolean }[];
  ids: Set<string>;
}

/** Every address that a page names, whether the page loads what is there, and what can be linked to in it. */
function factsOf(name: string): PageFacts {
  const html = readFileSync(path.join(site, name), 'utf8').replace(
    /(<script[^>]*>)[\s\S]*?<\/script>/g,
    '$1',
  );
  return {
    addresses: [...html.matchAll(/<([\w-]+)(?=\s)[^>]*?\s(?:href|src)="([^"]*)"/g)].map(
      ([, tag, address]) => ({
        address: address.replaceAll('&amp;', '&'),
        isLoaded: tag !== 'a',
      }),
    ),
    ids: new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)),
  };
}

const isForeign = (address: string) => /^([a-z]+:)?\/\/|^(?!data:)[a-z]+:/i.test(address);

describe('the site', () => {
  test('the site has a page for every notebook, and the start page leads to each', () => {
    const links = factsOf('index.html').addresses.map(({ address }) => address);
    for (const page of notebooks) assert.ok(links.includes(`notebooks/${page}`), page);
  });

  test('the site has no link to what is not there, and loads nothing from elsewhere', () => {
    const pages = new Map(files('.html').map((name) => [name, factsOf(name)]));
    assert.ok(pages.size > 100, `${pages.size} pages`);
    const wrong: string[] = [];
    for (const [name, { addresses }] of pages) {
      for (const { address, isLoaded } of addresses) {
        if (address.startsWith('data:')) continue;
        if (isForeign(address)) {
          if (isLoaded) wrong.push(`${name} loads ${address}`);
          continue;
        }
        const [file, anchor] = decodeURI(address).split('#');
        const target = file === '' ? name : path.join(path.dirname(name), file);
        const isThere = existsSync(path.join(site, target));
        const lacksAnchor = anchor && pages.has(target) && !pages.get(target)!.ids.has(anchor);
        if (!isThere || lacksAnchor) wrong.push(`${name} → ${address}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('the site has styles that find their fonts beside them', () => {
    for (const name of files('.css')) {
      const text = readFileSync(path.join(site, name), 'utf8');
      assert.doesNotMatch(text, /@import/, name);
      for (const [, address] of text.matchAll(/url\(["']?([^"')]+)["']?\)/g)) {
        if (address.startsWith('data:')) continue;
        assert.ok(existsSync(path.join(site, path.dirname(name), address)), `${name}: ${address}`);
      }
    }
  });

  test('the site has formulas, none of them wrong', () => {
    const text = readFileSync(path.join(site, 'notebooks', '04_define_network.html'), 'utf8');
    assert.match(text, /<math/);
    for (const page of notebooks) {
      const html = readFileSync(path.join(site, 'notebooks', page), 'utf8');
      assert.doesNotMatch(html, /katex-error/, page);
      // Outside of code no dollar is left that a formula should have taken.
      assert.doesNotMatch(html.replace(/<(pre|code|script|annotation)\b[\s\S]*?<\/\1>/g, ''), /\$/, page);
    }
  });

  test('the site is not built over somebody’s files', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'site-'));
    try {
      writeFileSync(path.join(folder, 'thesis.md'), '');
      await assert.rejects(
        build(folder),
        (error) => error instanceof CommandError && /isn't a site/.test(error.output),
      );
      assert.deepEqual(readdirSync(folder), ['thesis.md']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** Chromium's picture of a camera, which it may use unasked. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

describe('the site in a browser without a network', { skip: executablePath ? false : 'no Chromium' }, () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...CAMERA] });
  });
  after(() => browser?.close());

  /** Opens a page, by default one with charts; `asked` gets what is asked of any host. */
  async function open(
    options: BrowserContextOptions,
    name = 'notebooks/06_train.html',
  ): Promise<{ page: Page; asked: string[] }> {
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => {
      if (isForeign(request.url()) && !request.url().startsWith('file:')) asked.push(request.url());
    });
    page.on('pageerror', (error) => assert.fail(error));
    await page.goto(pathToFileURL(path.join(site, name)).href);
    return { page, asked };
  }

  test('the site in a browser without a network draws the charts that the reader comes to', async () => {
    const { page, asked } = await open({});
    const charts = await page.locator('.chart').all();
    assert.ok(charts.length >= 3);
    for (const chart of charts) {
      await chart.scrollIntoViewIfNeeded();
      await chart.locator('.js-plotly-plot .main-svg').first().waitFor();
      assert.equal(await chart.locator('img').count(), 0);
    }
    // It is alive: a point tells its values to the pointer.
    await charts[0].scrollIntoViewIfNeeded();
    const { x, y } = (await charts[0].locator('.point').first().boundingBox())!;
    await page.mouse.move(x - 50, y + 3);
    await page.mouse.move(x + 3, y + 3, { steps: 5 });
    await charts[0].locator('.hoverlayer text').first().waitFor();
    assert.deepEqual(asked, []);
  });

  test('the site in a browser without a network shows the images where scripts are off', async () => {
    const { page, asked } = await open({ javaScriptEnabled: false });
    const charts = await page.locator('.chart').all();
    for (const chart of charts) {
      const box = await chart.locator('img').boundingBox();
      assert.ok(box !== null && box.width > 300 && box.height > 150);
      assert.equal(await chart.locator('.main-svg').count(), 0);
    }
    assert.deepEqual(asked, []);
  });

  test('the site in a browser without a network fits a phone', async () => {
    const { page } = await open({ viewport: { width: 360, height: 740 } });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
  });

  /** Opens the page that classifies, once it is ready. */
  async function openClassify(options: BrowserContextOptions = {}) {
    const { page, asked } = await open(options, 'classify.html');
    await page.locator('#file:enabled').waitFor({ state: 'attached' });
    return { page, asked };
  }

  /** What the page says of a picture once it has been given it. */
  async function classified(page: Page, give: () => Promise<unknown>): Promise<number[]> {
    // Emptied, so that what is said of the picture before isn't taken for it.
    await page.evaluate("document.getElementById('result').textContent = ''");
    await give();
    await page.locator('#result:not(:empty)').waitFor();
    const numbers = await page.locator('#probabilities data').all();
    return Promise.all(numbers.map(async (number) => Number(await number.getAttribute('value'))));
  }

  test('the page that classifies says of each shipped picture what predictImage says', async () => {
    const { page, asked } = await openClassify();
    const net = await loadPretrained('resnet18');
    for (const name of readdirSync(pictures).filter((name) => /\.(png|jpg|gif|webp)$/.test(name))) {
      const file = path.join(pictures, name);
      const said = await classified(page, () => page.setInputFiles('#file', file));
      const { probabilities, className } = await predictImage(net, await readImage(file));
      assert.equal(said.length, 10);
      for (const [i, probability] of probabilities.entries()) {
        assert.ok(Math.abs(said[i] - probability) < 1e-3, `${name}: ${said} and ${probabilities}`);
      }
      assert.match((await page.textContent('#result'))!, new RegExp(`^${className}, `));
      assert.ok(await page.isVisible('#places'));
    }
    net.dispose();
    assert.deepEqual(asked, []);
  });

  test('the page that classifies takes dropped files, examples by the keyboard, and the camera', async () => {
    const { page } = await openClassify({ viewport: { width: 360, height: 740 } });
    const bytes = readFileSync(path.join(pictures, 'cat.png')).toString('base64');
    await classified(page, () =>
      page.evaluate(`fetch('data:image/png;base64,${bytes}').then((file) => file.blob()).then((blob) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([blob], 'cat.png', { type: 'image/png' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
      })`),
    );
    assert.match((await page.textContent('#result'))!, /^cat, /);
    await page.locator('.example', { has: page.locator('[alt=horse]') }).focus();
    await classified(page, () => page.keyboard.press('Enter'));
    assert.match((await page.textContent('#result'))!, /^horse, /);
    // Another class's places.
    const deer = page.getByRole('button', { name: 'deer', exact: true }).last();
    await deer.press('Space');
    assert.equal(await deer.getAttribute('aria-pressed'), 'true');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    await classified(page, () => page.click('#camera'));
    await page.click('#camera');
    assert.equal(await page.textContent('#camera'), 'Use the camera');
  });

  test('the page that classifies says what is wrong with a file, and goes on', async () => {
    const { page } = await openClassify();
    const broken = { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture') };
    await page.setInputFiles('#file', broken);
    await page.getByText('broken.jpg is no picture that this browser can read').waitFor();
    await page.setInputFiles('#own', broken);
    await page.getByText('Choose both files of a network').waitFor();
    await classified(page, () => page.setInputFiles('#file', path.join(pictures, 'ship.jpg')));
    assert.ok(await page.isHidden('#problem'));
  });

  test('the page that classifies takes a network of other classes and images, and refuses one without images', async () => {
    const { page } = await openClassify();
    const folder = mkdtempSync(path.join(tmpdir(), 'own-'));
    const save = async (net: TensorFlow.LayersModel, name: string) => {
      await saveModel(net, path.join(folder, name));
      net.dispose();
      return readdirSync(path.join(folder, name)).map((file) => path.join(folder, name, file));
    };
    try {
      const gray = resnet10({ width: 4, numClasses: 3, imageShape: [28, 28, 1] });
      setNetworkInfo(gray, { classNames: ['a', 'b', 'c'], normalization: { mean: [0.5], std: [0.5] } });
      const files = await save(gray, 'gray');
      await classified(page, () => page.setInputFiles('#file', path.join(pictures, 'ship.jpg')));
      const said = await classified(page, () => page.setInputFiles('#own', files));
      assert.equal(said.length, 3);
      const net = await loadModel(path.join(folder, 'gray'));
      const { probabilities } = await predictImage(net, await readImage(path.join(pictures, 'ship.jpg')));
      net.dispose();
      for (const [i, probability] of probabilities.entries()) {
        assert.ok(Math.abs(said[i] - probability) < 1e-3);
      }
      const numbers = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [4] })] });
      await page.setInputFiles('#own', await save(numbers, 'numbers'));
      await page.getByText('not images of one size').waitFor();
      assert.equal((await classified(page, () => page.click('#back'))).length, 10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
