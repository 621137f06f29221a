/** Workers that are measured: started by the command, as users do, each on a core of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../scripts/setup/project.mjs';

/**
 * Starts a worker on a core, and waits until it listens.
 *
 * @param {number} core
 * @param {string[]} options of `resnet-notebooks worker`
 * @param {string[]} [within] the command that is to run it, as `ip netns exec`
 */
export async function pinnedWorker(core, options, within = []) {
  const command = [process.execPath, join(packageRoot, 'scripts', 'cli.mjs'), 'worker', ...options];
  const [program, ...args] = [...within, 'taskset', '-c', String(core), ...command];
  const child = spawn(program, args, {
    cwd: packageRoot,
    env: { ...process.env, CUDA_VISIBLE_DEVICES: '-1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout) {
    if (String(chunk).includes('It listens')) break;
  }
  return child;
}
