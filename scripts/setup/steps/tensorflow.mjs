/**
 * TensorFlow's libraries and headers, out of its wheel: the build for CUDA where there is an NVIDIA GPU, else the one for
 * the CPU. They are used from C++ alone, so the wheel need not be for the Python that is here.
 */
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { hashFiles, readJson, writeJson } from '../files.mjs';
import { packageRoot } from '../project.mjs';
import { pipInstall, setupFolder } from '../python.mjs';

/** The newest Python that TensorFlow 2.21 has a wheel for. */
const WHEELS_PYTHON = '3.13';

const BUILDS = {
  cpu: { name: 'CPU', requirements: 'requirements-engine-cpu.txt', size: '275 MB to fetch, 1 GB on disk' },
  cuda: { name: 'CUDA', requirements: 'requirements-engine-cuda.txt', size: '3.4 GB to fetch, 7 GB on disk' },
};

/** @typedef {{ build: keyof typeof BUILDS, requirements: string }} TensorFlowStamp */

/**
 * Which TensorFlow lies in a folder; undefined for none.
 *
 * @param {string} folder
 * @returns {TensorFlowStamp | undefined}
 */
export function tensorflowIn(folder) {
  return readJson(join(folder, 'resnet-notebooks.json'));
}

/** Where TensorFlow looks for cuSOLVER, seen from what pip unpacked. */
const CUSOLVER = join('nvidia', 'cublas', 'lib', 'libcusolver.so.11');

/**
 * Puts cuSOLVER where TensorFlow looks for it. `libtensorflow_framework.so.2` opens CUDA's libraries, and of their folders its RUNPATH
 * names all but this one's; where one can't be opened, TensorFlow does without the GPU.
 *
 * @param {string} folder what pip unpacked
 */
export function linkCusolver(folder) {
  symlinkSync(join('..', '..', 'cusolver', 'lib', 'libcusolver.so.11'), join(folder, CUSOLVER));
}

// The library knows which cards and drivers TensorFlow takes; the set-up compiles it first.
const require = createRequire(import.meta.url);
const gpuModule = join(packageRoot, 'lib', 'dist', 'engine', 'runtime', 'gpu.js');

/** @returns {keyof typeof BUILDS} */
export function wantedBuild() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'cpu';
  const { cards, hasUsableDriver } = /** @type {import('../../../lib/engine/runtime/gpu.js')} */ (
    require(gpuModule)
  );
  return cards().some(hasUsableDriver) ? 'cuda' : 'cpu';
}

/** @type {import('../step.mjs').Step} */
export const tensorflow = {
  name: 'TensorFlow',
  needs: ['python'],
  fix: 'Is the network up, and is there space on the disk? Then give the same command again.',

  describe() {
    const { name, size } = BUILDS[wantedBuild()];
    return `pip unpacks its ${name} build (${size})`;
  },

  isDone({ tensorflow }) {
    const stamp = tensorflowIn(tensorflow);
    if (stamp?.requirements !== hashFiles(setupFolder, [BUILDS[stamp?.build ?? 'cpu'].requirements]))
      return false;
    // The CUDA build runs without a GPU too.
    if (stamp.build === 'cpu' && !existsSync(gpuModule)) return false;
    return stamp.build === 'cuda' ? existsSync(join(tensorflow, CUSOLVER)) : wantedBuild() === 'cpu';
  },

  async run(project, work) {
    const build = wantedBuild();
    const { name, requirements } = BUILDS[build];
    const unpacked = `${project.tensorflow}.new`;
    rmSync(unpacked, { recursive: true, force: true });
    const forWheel = ['--implementation', 'cp', '--python-version', WHEELS_PYTHON];
    await pipInstall(project, work, requirements, ['--no-deps', ...forWheel, '--target', unpacked]);
    if (build === 'cuda') linkCusolver(unpacked);
    writeJson(join(unpacked, 'resnet-notebooks.json'), {
      build,
      requirements: hashFiles(setupFolder, [requirements]),
    });
    rmSync(project.tensorflow, { recursive: true, force: true });
    renameSync(unpacked, project.tensorflow);
    return `${name} build unpacked`;
  },
};
