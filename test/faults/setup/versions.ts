/** Changes the Python and the Node under a checkout that was set up. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { findPython } from '../../../scripts/setup/prerequisites.mjs';
import type { Tally } from '../tally';
import type { Checkout } from './checkout';

/** Pythons other than the one that the set-up takes by itself, as commands. */
function otherPythons(): string[] {
  const pyenv = path.join(homedir(), '.pyenv', 'versions');
  const commands = [
    ...['3.10', '3.11', '3.12', '3.13', '3.14'].map((version) => `python${version}`),
    ...(existsSync(pyenv) ? readdirSync(pyenv) : []).map((name) => path.join(pyenv, name, 'bin', 'python3')),
  ];
  const version = (command?: string) => {
    const found = findPython({ ...process.env, PYTHON: command });
    return 'missing' in found ? undefined : found.version;
  };
  return commands.filter((command) => ![undefined, version()].includes(version(command)));
}

/** Node's newer releases, from npm. */
function otherNodes(folder: string): string[] {
  return ['22', '24'].map((release) => {
    const name = `node-${process.platform}-${process.arch}`;
    const prefix = path.join(folder, release);
    execFileSync('npm', ['install', '--ignore-scripts', '--prefix', prefix, `${name}@${release}`], {
      stdio: 'ignore',
    });
    return path.join(prefix, 'node_modules', name, 'bin', 'node');
  });
}

/** Calls the set-up of a finished checkout with other versions than last time. */
export async function changeVersions(checkout: Checkout, folder: string, tally: Tally): Promise<void> {
  await tally.try('the Python of the last set-up is gone', async () => {
    const python = checkout.path('.resnet-notebooks/venv/bin/python');
    rmSync(python);
    symlinkSync('/gone/python3', python);
    assert.match(await checkout.setUpWell(), /^Jupyter: installed, on Python/m);
  });
  const [other] = otherPythons();
  if (other === undefined) tally.leaveOut('another Python', 'this machine has but one');
  else {
    await tally.try(`another Python (${other})`, async () => {
      assert.match(await checkout.setUpWell({ env: { PYTHON: other } }), /^Jupyter: installed, on Python/m);
    });
  }
  for (const node of otherNodes(folder)) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    await tally.try(`another Node (${version})`, async () => {
      assert.match(await checkout.setUpWell({ node }), /^Kernel: TypeScript and JavaScript/m);
    });
  }
}
