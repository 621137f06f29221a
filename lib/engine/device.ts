/**
 * What the engine computes on.
 */
import { execFileSync } from 'node:child_process';
import * as os from 'node:os';
import { nativeBackend } from './backend';

/** The processor that TensorFlow computes on. */
export interface Device {
  kind: 'gpu' | 'cpu';
  /** The maker's name of it. */
  name: string;
  /** Cores of a CPU; undefined for a GPU. */
  cores?: number;
  /** Memory in bytes: the card's own, or the machine's. */
  memory: number;
}

function gpu(): Device {
  const line = execFileSync(
    'nvidia-smi',
    ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'],
    {
      encoding: 'utf8',
    },
  ).split('\n')[0];
  const [name, mebibytes] = line.split(', ');
  return { kind: 'gpu', name, memory: Number(mebibytes) * 2 ** 20 };
}

/**
 * The device that everything runs on: the first GPU where TensorFlow found one it can use, else the CPU.
 */
export function device(): Device {
  if (nativeBackend().isUsingGpuDevice) return gpu();
  const cores = os.cpus();
  return { kind: 'cpu', name: cores[0].model.trim(), cores: cores.length, memory: os.totalmem() };
}
