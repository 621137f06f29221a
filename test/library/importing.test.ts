/** Importing the library reaches for nothing beyond this machine, and writes nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { run } from '../../scripts/setup/processes.mjs';

const root = path.resolve(__dirname, '../..');
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

/** Runs a program without any setting of TensorFlow's, as a user does. */
function plain(program: string, settings: NodeJS.ProcessEnv = {}) {
  const { TF_CPP_MIN_LOG_LEVEL: _level, ...env } = process.env;
  return spawnSync(process.execPath, ['-e', program], {
    cwd: root,
    env: { ...env, NODE_OPTIONS: '', ...settings },
    encoding: 'utf8',
  });
}

/** Stands in for a TensorFlow.js that writes `lines` to file descriptor 2 while it is loaded, and then does `end`. */
const loading = (lines: string, end: string) => `
  const Module = require('node:module');
  const { _load } = Module;
  let loads = 0;
  Module._load = (name, ...rest) => {
    if (name !== '@tensorflow/tfjs-node-gpu') return _load(name, ...rest);
    if (loads++ > 0) return {};
    require('node:fs').writeSync(2, ${JSON.stringify(lines)});
    ${end}
  };
  require('./lib/dist/engine/runtime/tensorflow.js');`;

test('a program that imports and uses the library has nothing on stderr', () => {
  const { stdout, stderr, status } = plain(
    `const { resnet10, tf } = require('./lib');
     console.log(resnet10({ width: 4 }).predict(tf.zeros([1, 32, 32, 3])).shape.join());`,
  );
  assert.deepEqual({ stdout, stderr, status }, { stdout: '1,10\n', stderr: '', status: 0 });
});

test('TF_CPP_MIN_LOG_LEVEL=0 shows what TensorFlow logs while it is loaded', () => {
  assert.match(plain(`require('./lib')`, { TF_CPP_MIN_LOG_LEVEL: '0' }).stderr, /oneDNN custom operations/);
});

test('stderr keeps what is not a log line of TensorFlow while it is loaded', () => {
  const { stderr } = plain(loading('I0000 00:00:17.5 1 port.cc:153] noise\nfrom elsewhere\n', 'return {};'));
  assert.equal(stderr, 'from elsewhere\n');
});

test('the error of a TensorFlow that cannot be loaded tells what it wrote', () => {
  const { stderr } = plain(
    `try { ${loading('E0000 00:00:17.5 1 x.cc:1] no libcuda\n', "throw new Error('undefined symbol');")} }
     catch (error) { console.error(error.name, error.message); }`,
  );
  assert.match(
    stderr,
    /^EngineError TensorFlow can't be loaded: undefined symbol\nIt wrote:\nE0000 .* no libcuda\nRun the set-up again/,
  );
});

test('a library imported after TensorFlow.js writes nothing, not even an empty text', () => {
  const { stdout, stderr } = plain(
    `const { write } = process.stderr;
     require('@tensorflow/tfjs-node-gpu');
     process.stderr.write = (text, ...rest) => { console.log('wrote', text); return write.call(process.stderr, text, ...rest); };
     require('./lib');`,
    { TF_CPP_MIN_LOG_LEVEL: '3' },
  );
  assert.equal(stdout, '', stderr);
});
