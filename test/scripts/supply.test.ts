/** What this project depends on: each download is checked against a hash, runs nothing, is listed with its license, and is audited. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { projectAt } from '../../scripts/setup/project.mjs';
import { pipInstall } from '../../scripts/setup/python.mjs';
import { judge, NoAnswer, npmAdvisories, pythonAdvisories } from '../../scripts/supply/advisories.mjs';
import { npmDependencies, pythonDependencies } from '../../scripts/supply/dependencies.mjs';
import {
  dependencies,
  isAllowed,
  licenseOf,
  listFile,
  pinOf,
  readList,
  readPolicy,
} from '../../scripts/supply/licenses.mjs';
import { localServer } from '../helpers/localServer';

const root = path.resolve(__dirname, '../..');

describe('lock files', () => {
  test('lock files have a hash for every npm package, those of other machines too', () => {
    const packages = npmDependencies();
    assert(packages.length > 300);
    const open = packages.filter(({ hashes }) => !hashes.some((hash) => hash.startsWith('sha512-')));
    assert.deepEqual(open, []);
  });

  test('lock files have hashes for every Python package', () => {
    const pins = pythonDependencies();
    assert(pins.length > 100);
    assert.deepEqual(
      pins.filter(({ hashes }) => hashes.length === 0),
      [],
    );
  });

  test('lock files pin what package.json asks for to one version each', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(path.join(root, 'package.json'), 'utf8'),
    );
    const loose = Object.entries<string>({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^(npm:typescript@)?\d+\.\d+\.\d+$/.test(version),
    );
    assert.deepEqual(loose, []);
  });
});

describe('installing runs no code of the packages', () => {
  test('installing runs no code of the packages of npm, whose install scripts are off', () => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const said = execFileSync('npm', ['config', 'get', 'ignore-scripts'], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    assert.equal(said.trim(), 'true');
  });

  test('installing runs no code of the packages of Python, of which it takes wheels alone, and those with the right hash', async () => {
    let given: string[] = [];
    const work = {
      run: async (_: string, args: string[]) => {
        given = args;
        return '';
      },
      update: () => {},
    };
    const folder = mkdtempSync(path.join(tmpdir(), 'supply-'));
    await pipInstall(projectAt(folder), work, 'requirements-jupyter.txt', []);
    rmSync(folder, { recursive: true });
    assert(given.includes('--only-binary=:all:') && given.includes('--require-hashes'), given.join(' '));
  });
});

describe('licenses', () => {
  const listed = readList(readFileSync(listFile, 'utf8'));

  test('licenses are listed for all that runs, and for nothing else', () => {
    const known = new Map(listed.map(({ name, version, license }) => [pinOf(name, version), license]));
    assert.deepEqual(listed, dependencies(known), 'run `npm run licenses`');
  });

  test('licenses are all allowed, and each exception is needed', () => {
    const policy = readPolicy();
    assert.deepEqual(
      listed.filter((entry) => !isAllowed(entry, policy)),
      [],
    );
    for (const exception of policy.exceptions) {
      const without = { ...policy, exceptions: policy.exceptions.filter((one) => one !== exception) };
      assert(
        listed.some((entry) => !isAllowed(entry, without)),
        exception.license,
      );
    }
  });

  test('licenses are refused where a part of them is not allowed', () => {
    const allowed = (license: string, name = 'a') =>
      isAllowed(
        { side: 'npm', name, version: '1.0.0', license },
        { allowed: ['MIT', 'ISC'], exceptions: [{ packages: ['@b/*'], license: 'MPL-2.0', reason: '' }] },
      );
    assert(allowed('(MIT OR GPL-3.0-only)'));
    assert(allowed('MIT AND ISC'));
    assert(!allowed('MIT AND GPL-3.0-only'));
    assert(!allowed('unknown'));
    assert(allowed('MIT AND MPL-2.0', '@b/c'));
    assert(!allowed('MPL-2.0', '@bc'));
  });

  test('licenses are read from what a Python package says of itself', () => {
    assert.equal(licenseOf('Name: a\nLicense-Expression: MIT AND ISC\n\nLicense: GPL'), 'MIT AND ISC');
    assert.equal(
      licenseOf('Name: a\nLicense: BSD 3-Clause License\n        \n        Copyright'),
      'BSD-3-Clause',
    );
    assert.equal(
      licenseOf('License: UNKNOWN\nClassifier: License :: OSI Approved :: ISC License (ISCL)\n'),
      'ISC',
    );
    assert.equal(licenseOf('Name: a\n\nMIT License'), 'unknown');
  });
});

/** Runs `work` with a server on this machine that answers every question alike, and has nothing to fetch. */
async function withServer<T>(code: number, body: unknown, work: (url: string) => T | Promise<T>): Promise<T> {
  const server = await localServer((request, response) => {
    const [status, answer] = request.method === 'POST' ? [code, body] : [404, {}];
    request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(answer)));
  });
  try {
    return await work(`${server.origin}/`);
  } finally {
    server.close();
  }
}

describe('the audit', () => {
  const hole = { package: 'tar', advisory: 'GHSA-1', title: 'a hole' };

  test('the audit parts what nobody looked into from what was reviewed, and from reviews of the past', () => {
    const review = {
      package: 'tar',
      advisory: 'GHSA-1',
      reason: 'never given a stranger’s archive',
      date: '2026-01-01',
    };
    assert.deepEqual(judge([hole], []), { open: [hole], outdated: [] });
    assert.deepEqual(judge([hole], [review]), { open: [], outdated: [] });
    assert.deepEqual(judge([{ ...hole, package: 'sharp' }], [review]).outdated, [review]);
  });

  test('the audit names each review’s package, advisory, reason and date', () => {
    const reviewed = JSON.parse(readFileSync(path.join(root, 'scripts/supply/reviewed.json'), 'utf8'));
    for (const review of [...reviewed.npm, ...reviewed.python]) {
      assert.deepEqual(Object.keys(review), ['package', 'advisory', 'reason', 'date']);
      assert.match(review.date, /^\d{4}-\d\d-\d\d$/);
    }
  });

  test('the audit reads what npm’s registry has, and says where it has no audit', async () => {
    const ask = (code: number, body: unknown) =>
      withServer(code, body, (url) => npmAdvisories(root, { ...process.env, npm_config_registry: url }));
    const url = 'https://example.org/advisories/GHSA-1';
    const answer = { tar: [{ id: 1, url, title: 'a hole', severity: 'high', vulnerable_versions: '<99' }] };
    assert.deepEqual(await ask(200, answer), [hole]);
    assert.deepEqual(await ask(200, {}), []);
    await assert.rejects(ask(405, {}), NoAnswer);
  });

  test('the audit reads what the database has of Python packages, and says where it does not answer', async () => {
    const packages = [
      { name: 'jinja2', version: '2.0' },
      { name: 'six', version: '1.17.0' },
    ];
    const answer = { results: [{ vulns: [{ id: 'GHSA-2' }, { id: 'PYSEC-3' }] }, {}] };
    assert.deepEqual(await withServer(200, answer, (url) => pythonAdvisories(packages, url)), [
      { package: 'jinja2', advisory: 'GHSA-2' },
      { package: 'jinja2', advisory: 'PYSEC-3' },
    ]);
    await assert.rejects(
      withServer(500, {}, (url) => pythonAdvisories(packages, url)),
      NoAnswer,
    );
    await assert.rejects(pythonAdvisories(packages, 'http://127.0.0.1:1/'), NoAnswer);
  });
});
