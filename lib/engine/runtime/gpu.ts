/**
 * NVIDIA GPUs: which there are, what TensorFlow has to use them, and what is missing where it doesn't.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** A card, as its driver describes it. */
export interface Card {
  name: string;
  /** Bytes. */
  memory: number;
  /** What its instructions are: `9.0` for an H100. */
  computeCapability: string;
  driver: string;
}

/** CUDA's libraries that TensorFlow was installed with. */
export interface CudaLibraries {
  cuda: string;
  cudnn: string;
  /** Those that TensorFlow opens at its start and that aren't there. */
  missing: string[];
}

/** The least driver for CUDA 12. */
const LEAST_DRIVER = [525, 60, 13];
/** For cards from Hopper on, whose code for small operations TensorFlow 2.21 has as PTX of CUDA 12.5 alone. */
const LEAST_DRIVER_SINCE_HOPPER = [555, 42, 2];

/** What TensorFlow opens before it uses a GPU; it does without the GPU if one can't be opened. */
const LIBRARIES = [
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
  'libcudnn.so.9',
];
/** Where it looks for them, in the order of its RUNPATH; set-up links cuSOLVER into the first. */
const FOLDERS = ['cublas', 'cuda_runtime', 'cudnn', 'cufft', 'cusparse'];

// WSL keeps it off the path.
const PROGRAMS = ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'];

/** The machine's cards, in the order of their numbers; none where there is no driver. */
export function cards(): Card[] {
  const query = ['--query-gpu=name,memory.total,compute_cap,driver_version', '--format=csv,noheader,nounits'];
  for (const program of PROGRAMS) {
    const { status, stdout } = spawnSync(program, query, { encoding: 'utf8', timeout: 30_000 });
    if (status !== 0) continue;
    return stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [name, mebibytes, computeCapability, driver] = line.split(', ');
        return { name, memory: Number(mebibytes) * 2 ** 20, computeCapability, driver };
      });
  }
  return [];
}

/** The folder that TensorFlow and, beside it, CUDA's libraries were unpacked into. */
function installed(): string | undefined {
  const line = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .find((mapping) => mapping.includes('libtensorflow_framework'));
  return line && path.dirname(path.dirname(line.slice(line.indexOf('/'))));
}

/**
 * The libraries for CUDA in a folder of installed Python packages.
 *
 * @returns undefined where TensorFlow's build for the CPU is installed
 */
export function cudaLibraries(folder: string | undefined = installed()): CudaLibraries | undefined {
  if (folder === undefined) return undefined;
  const packages = readdirSync(folder);
  const versionOf = (name: string) =>
    packages
      .find((entry) => entry.startsWith(`${name}-`) && entry.endsWith('.dist-info'))
      ?.slice(name.length + 1, -10);
  const [cuda, cudnn] = [versionOf('nvidia_cuda_runtime_cu12'), versionOf('nvidia_cudnn_cu12')];
  if (cuda === undefined || cudnn === undefined) return undefined;
  const isThere = (library: string) =>
    FOLDERS.some((name) => existsSync(path.join(folder, 'nvidia', name, 'lib', library)));
  return { cuda, cudnn, missing: LIBRARIES.filter((library) => !isThere(library)) };
}

/** The least driver that a card needs, where its own is older. */
function newerDriver({
  driver,
  computeCapability,
}: Pick<Card, 'computeCapability' | 'driver'>): string | undefined {
  const least = Number.parseFloat(computeCapability) >= 9 ? LEAST_DRIVER_SINCE_HOPPER : LEAST_DRIVER;
  const numbers = driver.split('.').map(Number);
  const different = least.findIndex((number, i) => (numbers[i] ?? 0) !== number);
  return different >= 0 && (numbers[different] ?? 0) < least[different] ? least.join('.') : undefined;
}

/** Whether TensorFlow 2.21 runs on a card with its driver. With an older driver it would take the card, and fail at the first operation. */
export function hasUsableDriver(card: Pick<Card, 'computeCapability' | 'driver'>): boolean {
  return newerDriver(card) === undefined;
}

/** Why TensorFlow computes on the CPU although there is a card, and what to do about it. */
export function whyUnused(card: Card, libraries: CudaLibraries | undefined): string {
  if (process.env.CUDA_VISIBLE_DEVICES?.startsWith('-') || process.env.CUDA_VISIBLE_DEVICES === '') {
    return 'CUDA_VISIBLE_DEVICES hides it; unset that variable';
  }
  const least = newerDriver(card);
  if (least) return `its driver, ${card.driver}, is older than ${least}; install a newer one`;
  if (!libraries) return "TensorFlow's build for the CPU is installed; run the set-up again";
  if (libraries.missing.length > 0)
    return `${libraries.missing.join(', ')} can't be found; run the set-up again`;
  return 'TensorFlow found no way to use it; set TF_CPP_MIN_LOG_LEVEL=0, and it says why when it loads';
}
