/**
 * TensorFlow's libraries and headers, out of its wheel: the build for CUDA where there is an NVIDIA GPU, else the one for
 * the CPU. They are used from C++ alone, so the wheel need not be for the Python that is here.
 */
import { spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles, readJson, writeJson } from '../files.mjs';
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

/** @returns {keyof typeof BUILDS} */
function wantedBuild() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'cpu';
  // WSL keeps it off the path.
  const hasGpu = ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'].some((program) => {
    const { status, stdout } = spawnSync(program, ['-L'], { encoding: 'utf8', timeout: 30_000 });
    return status === 0 && stdout.includes('GPU ');
  });
  return hasGpu ? 'cuda' : 'cpu';
}

/** @type {import('../step.mjs').Step} */
export const tensorflow = {
  name: 'TensorFlow',
  needs: ['python'],
  fix: 'Is the network up, and is there room on the disk? Then give the same command again.',

  describe() {
    const { name, size } = BUILDS[wantedBuild()];
    return `pip unpacks its ${name} build (${size})`;
  },

  isDone({ tensorflow }) {
    const stamp = tensorflowIn(tensorflow);
    if (stamp?.requirements !== hashFiles(setupFolder, [BUILDS[stamp?.build ?? 'cpu'].requirements]))
      return false;
    // The CUDA build runs without a GPU too.
    return stamp.build === 'cuda' || wantedBuild() === 'cpu';
  },

  async run(project, work) {
    const build = wantedBuild();
    const { name, requirements } = BUILDS[build];
    const unpacked = `${project.tensorflow}.new`;
    rmSync(unpacked, { recursive: true, force: true });
    const forWheel = ['--implementation', 'cp', '--python-version', WHEELS_PYTHON];
    await pipInstall(project, work, requirements, ['--no-deps', ...forWheel, '--target', unpacked]);
    writeJson(join(unpacked, 'resnet-notebooks.json'), {
      build,
      requirements: hashFiles(setupFolder, [requirements]),
    });
    rmSync(project.tensorflow, { recursive: true, force: true });
    renameSync(unpacked, project.tensorflow);
    return `${name} build unpacked`;
  },
};
