/** What is said of a GPU, and of one that can't be used: with a driver's program and folders made for the test. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { device } from '../../lib/engine/runtime/device';
import { cards, cudaLibraries, hasUsableDriver, whyUnused } from '../../lib/engine/runtime/gpu';
import { linkCusolver } from '../../scripts/setup/steps/tensorflow.mjs';

const LIBRARIES = [
  'cudart.so.12',
  'cublas.so.12',
  'cublasLt.so.12',
  'cufft.so.11',
  'cusolver.so.11',
  'cusparse.so.12',
];

let folder: string;

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gpu-'));
});
after(() => rmSync(folder, { recursive: true }));

/** Python packages as pip unpacks them, each library in its folder, with all but cuDNN's. */
function packages(): string {
  const root = path.join(folder, 'packages');
  for (const name of ['nvidia_cuda_runtime_cu12-12.9.79', 'nvidia_cudnn_cu12-9.28.0.42']) {
    mkdirSync(path.join(root, `${name}.dist-info`), { recursive: true });
  }
  for (const name of LIBRARIES) {
    const [library] = name.split('.');
    const own: Record<string, string> = { cudart: 'cuda_runtime', cublasLt: 'cublas' };
    const lib = path.join(root, 'nvidia', own[library] ?? library, 'lib');
    mkdirSync(lib, { recursive: true });
    writeFileSync(path.join(lib, `lib${name}`), '');
  }
  return root;
}

describe('the set-up for a GPU', () => {
  test('the set-up for a GPU takes the build for CUDA where card and driver can run it', () => {
    const cards = [
      ['9.0', '550.54.15', false],
      ['9.0', '555.10.01', false],
      ['9.0', '555.42.06', true],
      ['12.0', '570.86.15', true],
      ['7.5', '550.54.15', true],
      ['7.5', '525.20.00', false],
      ['7.5', '470.1', false],
    ] as const;
    for (const [computeCapability, driver, usable] of cards) {
      assert.equal(hasUsableDriver({ computeCapability, driver }), usable, `${computeCapability}, ${driver}`);
    }
  });
});

describe('a GPU', () => {
  test('a GPU is described as its driver does', () => {
    const program = path.join(folder, 'nvidia-smi');
    const lines = 'NVIDIA H100 80GB HBM3, 81559, 9.0, 570.86.15\\nNVIDIA T4, 15360, 7.5, 570.86.15\\n';
    writeFileSync(program, `#!/bin/sh\nprintf '${lines}'\n`);
    chmodSync(program, 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${folder}:${PATH}`;
    try {
      const [first, second] = cards();
      const h100 = { name: 'NVIDIA H100 80GB HBM3', memory: 81559 * 2 ** 20, computeCapability: '9.0' };
      assert.deepEqual(first, { ...h100, driver: '570.86.15' });
      assert.equal(second.name, 'NVIDIA T4');
    } finally {
      process.env.PATH = PATH;
    }
  });

  test('a GPU comes with the versions and the lacks of the libraries beside TensorFlow', () => {
    const root = packages();
    // There, but where TensorFlow doesn't look.
    assert.deepEqual(cudaLibraries(root)?.missing, ['libcusolver.so.11', 'libcudnn.so.9']);
    linkCusolver(root);
    assert.deepEqual(cudaLibraries(root), {
      cuda: '12.9.79',
      cudnn: '9.28.0.42',
      missing: ['libcudnn.so.9'],
    });
    assert.equal(cudaLibraries(folder), undefined);
  });

  test('a GPU that is not used has a reason, and a remedy', () => {
    const card = { name: 'NVIDIA T4', memory: 0, computeCapability: '7.5', driver: '570.86.15' };
    const libraries = { cuda: '12', cudnn: '9', missing: [] };
    const { CUDA_VISIBLE_DEVICES } = process.env;
    delete process.env.CUDA_VISIBLE_DEVICES;
    assert.match(whyUnused(card, undefined), /build for the CPU/);
    assert.match(whyUnused({ ...card, driver: '525.60.12' }, libraries), /older than 525\.60\.13/);
    assert.match(whyUnused({ ...card, driver: '470.1' }, libraries), /older/);
    const h100 = { ...card, computeCapability: '9.0' };
    assert.match(whyUnused({ ...h100, driver: '550.54.15' }, undefined), /older than 555\.42\.2/);
    assert.match(whyUnused({ ...h100, driver: '555.42.06' }, undefined), /build for the CPU/);
    assert.match(
      whyUnused(card, { ...libraries, missing: ['libcudnn.so.9'] }),
      /^libcudnn.so.9 can't be found/,
    );
    assert.match(whyUnused({ ...card, driver: '525.60.13' }, libraries), /TF_CPP_MIN_LOG_LEVEL/);
    process.env.CUDA_VISIBLE_DEVICES = '-1';
    assert.match(whyUnused(card, libraries), /CUDA_VISIBLE_DEVICES/);
    if (CUDA_VISIBLE_DEVICES === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
    else process.env.CUDA_VISIBLE_DEVICES = CUDA_VISIBLE_DEVICES;
  });
});

test('the device has a name and memory', () => {
  const { kind, name, memory } = device();
  assert.ok(kind === 'cpu' || kind === 'gpu');
  assert.ok(name.length > 0 && memory > 2 ** 29);
});
