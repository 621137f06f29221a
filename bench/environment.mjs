/** The line that says when, on what and with what was measured. */
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { join } from 'node:path';
import { processorLevel } from '../scripts/native.mjs';
import { readText } from '../scripts/setup/files.mjs';
import { run } from '../scripts/setup/processes.mjs';
import { packageFolder } from '../scripts/setup/project.mjs';
import { setupFolder } from '../scripts/setup/python.mjs';
import { pythonOf } from './python.mjs';

const VECTORS = {
  avx512_bf16: 'AVX-512 with bfloat16',
  amx_bf16: 'AMX',
  avx512: 'AVX-512',
  avx2: 'AVX2',
  portable: process.arch,
};

/** The processor that results are kept by. Machines that are for hire hide its full name; the family tells one generation of AMD's from the next. */
export function processor() {
  const family = /^cpu family\s*: (\d+)/m.exec(readText('/proc/cpuinfo') ?? '')?.[1];
  const name = [os.cpus()[0].model.trim(), ...(family ? [`family ${family}`] : [])].join(', ');
  return `${name} (${VECTORS[processorLevel()]})`;
}

/** The cards' names, where there are any. */
function gpus() {
  const { stdout } = spawnSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return stdout ? [stdout.trim().split('\n').join(' and ')] : [];
}

/** @param {import('../scripts/setup/project.mjs').Project} project */
export async function environment(project) {
  // oneDNN names itself at its first use, which is the matrix product of the proof, on the CPU.
  const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', ONEDNN_VERBOSE: '1', CUDA_VISIBLE_DEVICES: '-1' };
  const proof = [join(setupFolder, 'proof.cjs'), packageFolder('@tensorflow/tfjs-node-gpu')];
  const tensorflow = await run(process.execPath, proof, { env });
  const torch = await run(pythonOf(project), [
    '-c',
    'import torch; print(torch.__version__, torch.__config__.show())',
  ]);
  const version = (/** @type {string} */ text, /** @type {RegExp} */ pattern) => pattern.exec(text)?.[1];
  return [
    new Date().toISOString().slice(0, 10),
    processor(),
    `${os.cpus().length} cores`,
    ...gpus(),
    `Node ${process.versions.node}`,
    `TensorFlow ${version(tensorflow, /TensorFlow ([\d.]+)/)} with oneDNN ${version(tensorflow, /oneDNN v([\d.]+)/)}`,
    `PyTorch ${version(torch, /^(\S+)/)} with oneDNN ${version(torch, /MKL-DNN v([\d.]+)/)}`,
  ].join(', ');
}
