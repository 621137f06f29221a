/** What this library changes of TensorFlow.js, and when: `installKernels` changes it, and no import does. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { tf } from '../../lib/engine/runtime/tensorflow';

const lib = path.join(path.resolve(__dirname, '../..'), 'lib');

/** The files that act on import: the surface, which installs the kernels for whoever imports it. */
const ACTING = ['index.ts', 'core.ts'];

function sources(): string[] {
  return readdirSync(lib, { recursive: true })
    .map(String)
    .filter(
      (file) => /(?<!\.d)\.ts$/.test(file) && !/^dist\b|Worker\.ts$/.test(file) && !ACTING.includes(file),
    );
}

/** Every own property of an object, as it stands. */
function properties(name: string, object: object): [string, unknown][] {
  return Reflect.ownKeys(object).map((key) => {
    const { get, set, value } = Object.getOwnPropertyDescriptor(object, key)!;
    return [`${name}.${String(key)}`, get ?? set ?? value];
  });
}

function prototypesOf(name: string, members: object): [string, unknown][] {
  return Object.entries(members).flatMap(([key, member]) =>
    typeof member === 'function' && member.prototype ? properties(`${name}.${key}`, member.prototype) : [],
  );
}

/** All that an import could change for others: kernels, gradients, classes, globals, and who listens to the process. */
function state(): Map<string, unknown> {
  const kernels = tf
    .getKernelsForBackend('tensorflow')
    .map(({ kernelName, kernelFunc }) => [`kernel ${kernelName}`, kernelFunc]);
  const gradients = tf
    .getKernelsForBackend('tensorflow')
    .map(({ kernelName }) => [`gradient ${kernelName}`, tf.getGradient(kernelName)?.gradFunc]);
  const layer = tf.layers.batchNormalization({}).constructor.prototype;
  return new Map([
    ...(kernels as [string, unknown][]),
    ...(gradients as [string, unknown][]),
    ...properties('BatchNormalization', layer),
    ...properties('Layer', Object.getPrototypeOf(layer)),
    ...prototypesOf('tf', tf),
    ...properties('tf', tf),
    ...properties('backend', tf.backend()),
    ...properties('engine', tf.engine()),
    ...prototypesOf('globalThis', { Array, Object, Promise, String, Function, Error, Map, Set }),
    ...properties('globalThis', globalThis),
    ...properties('Math', Math),
    ...process
      .eventNames()
      .map((name) => [`process on ${String(name)}`, process.listenerCount(name)] as [string, unknown]),
  ]);
}

/** What differs between two states, by name. */
function changes(before: Map<string, unknown>, after: Map<string, unknown>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => !Object.is(before.get(name), after.get(name)));
}

test('importing any file of the library but the index and the core changes no kernel, prototype, global or listener', () => {
  for (const file of sources()) {
    const before = state();
    require(path.join(lib, file));
    assert.deepEqual(changes(before, state()), [], file);
  }
});

test('installKernels changes TensorFlow.js, once', () => {
  const { installKernels } = require('../../lib/engine/kernels/install');
  const before = state();
  installKernels();
  const once = state();
  const changed = changes(before, once);
  for (const name of ['kernel Conv2D', 'kernel Relu', 'gradient Mean', 'BatchNormalization.call']) {
    assert.ok(changed.includes(name), name);
  }
  installKernels();
  assert.deepEqual(changes(once, state()), []);
});
