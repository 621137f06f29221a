/** Importing the library reaches for nothing beyond this machine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { run } from '../scripts/setup/processes.mjs';

const root = path.dirname(__dirname);
const folder = mkdtempSync(path.join(tmpdir(), 'importing-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Ends the process at the first connection, name to look up or packet; `net` is below http, https, fetch and WebSocket. */
const GUARD = `
  const refuse = (what) => (...args) => {
    console.error('NETWORK', what, JSON.stringify(args[0]));
    process.exit(7);
  };
  require('node:net').Socket.prototype.connect = refuse('connect');
  require('node:dgram').Socket.prototype.send = refuse('send');
  const dns = require('node:dns');
  for (const [where, names] of [[dns, Object.keys(dns)], [dns.promises, Object.keys(dns.promises)]]) {
    for (const name of names) if (/^(lookup|resolve)/.test(name)) where[name] = refuse(name);
  }
  require('node:child_process').ChildProcess.prototype.spawn = refuse('spawn');`;

/** Runs a program under the guard. */
function guarded(program: string): Promise<string> {
  const guard = path.join(folder, 'guard.cjs');
  writeFileSync(guard, GUARD);
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' };
  return run(process.execPath, ['--require', guard, '-e', program], { cwd: root, env });
}

test('importing the library opens no connection', async () => {
  assert.match(await guarded(`console.log('names', Object.keys(require('./lib')).length)`), /names \d\d/);
});

test('the guard sees each way to the network', async () => {
  const ways = [
    `require('node:http').get('http://127.0.0.1:1/')`,
    `fetch('http://127.0.0.1:8080/')`,
    `require('node:dns').lookup('localhost', () => {})`,
    `require('node:dgram').createSocket('udp4').send('x', 1, '127.0.0.1')`,
    `require('node:child_process').exec('true')`,
  ];
  for (const way of ways) {
    await assert.rejects(guarded(way), ({ message, output }: Error & { output: string }) => {
      assert.match(message, /failed with code 7/, way);
      assert.match(output, /^NETWORK/, way);
      return true;
    });
  }
});
