/**
 * JupyterLab on a copy of the notebooks, in a real browser, as a person opens it for the first time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { jupyterEnvironment } from '../../scripts/jupyter/environment.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is; undefined where there is none. `CHROMIUM` may say so. */
export const chromiumPath = [process.env.CHROMIUM, ...PLACES].find((place) => place && existsSync(place));

/** Screenshots of what the tests saw. */
const PICTURES = path.join(packageRoot, '.resnet-notebooks', 'screenshots');

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Lab {
  private constructor(
    private readonly folder: string,
    private readonly server: ChildProcess,
    private readonly browser: Browser,
    private readonly url: string,
  ) {}

  /** @param extra notebooks of the test's own, by name */
  static async start(extra: Record<string, string> = {}): Promise<Lab> {
    const folder = mkdtempSync(path.join(tmpdir(), 'lab-'));
    cpSync(path.join(packageRoot, 'notebooks'), path.join(folder, 'notebooks'), { recursive: true });
    for (const [name, text] of Object.entries(extra))
      writeFileSync(path.join(folder, 'notebooks', name), text);
    symlinkSync(path.join(packageRoot, 'lib'), path.join(folder, 'lib'));
    symlinkSync(path.join(packageRoot, 'node_modules'), path.join(folder, 'node_modules'));
    mkdirSync(path.join(folder, 'data'));
    symlinkSync(path.join(packageRoot, 'data', 'pictures'), path.join(folder, 'data', 'pictures'));
    writeFileSync(path.join(folder, 'package.json'), '{}');
    const project = projectAt(packageRoot);
    const port = await freePort();
    const server = spawn(
      project.python,
      [
        ...['-m', 'jupyterlab', '--no-browser', '--allow-root', `--ServerApp.port=${port}`],
        ...['--ServerApp.port_retries=0', '--IdentityProvider.token='],
      ],
      {
        cwd: path.join(folder, 'notebooks'),
        // A home of its own: nobody has opened or set anything there.
        env: { ...jupyterEnvironment({ ...project, home: folder }), PROFILE: 'smoke' },
        stdio: 'ignore',
      },
    );
    const url = `http://127.0.0.1:${port}`;
    for (let tries = 0; !(await fetch(`${url}/api`).catch(() => undefined))?.ok; tries++) {
      if (tries > 300 || server.exitCode !== null) throw new Error("JupyterLab doesn't answer");
      await sleep(200);
    }
    const args = ['--no-sandbox', '--disable-gpu'];
    const browser = await chromium.launch({ executablePath: chromiumPath, args });
    return new Lab(folder, server, browser, url);
  }

  /** Opens a notebook, and waits until its kernel is there. */
  async open(name: string, { height = 900, theme = 'light' } = {}): Promise<Notebook> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height },
      colorScheme: theme as 'light' | 'dark',
    });
    const page = await context.newPage();
    // A workspace of its own: else two pages would share what is open.
    const workspace = `${path.basename(name, '.ipynb')}-${theme}`;
    await page.goto(`${this.url}/lab/workspaces/${workspace}/tree/${name}`);
    const notebook = new Notebook(page);
    await notebook.ready();
    return notebook;
  }

  async end(): Promise<void> {
    await this.browser.close();
    this.server.kill('SIGTERM');
    if (this.server.exitCode === null) await new Promise((resolve) => this.server.once('exit', resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An open notebook, and what a person does with it. */
export class Notebook {
  constructor(readonly page: Page) {}

  async ready(): Promise<void> {
    // Before, "Run" would ask which kernel to take.
    await this.page.locator('#jp-main-statusbar', { hasText: '| Idle' }).waitFor();
  }

  /** Chooses from a menu: `Run`, `Run All Cells`. */
  async choose(menu: string, item: string): Promise<void> {
    await this.page.locator('.lm-MenuBar-itemLabel', { hasText: menu }).first().click();
    await this.page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${item}$`) }).click();
  }

  private get waiting() {
    return this.page.locator('.jp-InputPrompt', { hasText: '[*]' });
  }

  /** Waits until a cell runs. */
  async busy(): Promise<void> {
    await this.waiting.first().waitFor();
  }

  async isIdle(): Promise<boolean> {
    return (await this.waiting.count()) === 0;
  }

  /** Waits until none does. */
  async idle(timeout = 120_000): Promise<void> {
    const deadline = Date.now() + timeout;
    while (!(await this.isIdle())) {
      if (Date.now() > deadline) throw new Error('cells are still running');
      await sleep(100);
    }
  }

  async runAll(): Promise<void> {
    await this.choose('Run', 'Run All Cells');
    await this.busy();
    await this.idle();
  }

  async restartAndRunAll(): Promise<void> {
    await this.choose('Kernel', 'Restart Kernel and Run All Cells…');
    await this.page.locator('.jp-Dialog .jp-mod-accept').click();
  }

  /** Presses the stop button. */
  async stop(): Promise<void> {
    await this.page.locator('[data-jp-item-name="interrupt"]').click();
  }

  /** The cell whose code has a word in it. */
  cell(word: string) {
    return this.page.locator('.jp-CodeCell', { has: this.page.locator('.cm-content', { hasText: word }) });
  }

  /** The text below a cell. */
  async text(word: string): Promise<string> {
    const texts = this.cell(word).locator('.jp-RenderedText');
    return (await texts.allTextContents()).join('');
  }

  /** What went wrong below any cell. */
  errors(): Promise<string[]> {
    return this.page
      .locator(
        '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]',
      )
      .allInnerTexts();
  }

  /** Keeps what is on the screen as an image. */
  async image(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
  }
}
