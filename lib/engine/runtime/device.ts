/**
 * What the engine computes on.
 */
import * as os from 'node:os';
import { showAs } from '../../showAs';
import { usesGpu } from './backend';
import { type Card, cards, cudaLibraries, whyUnused } from './gpu';
import { hasBfloat16Products, type KernelLevel, kernelLevel, type Precision } from './session';

/** The processor that TensorFlow computes on. */
export interface Device {
  kind: 'gpu' | 'cpu';
  /** The maker's name of it. */
  name: string;
  /** Cores of a CPU; undefined for a GPU. */
  cores?: number;
  /** Of a CPU: the instructions that this library's kernels use, `avx2` or `avx512_bf16`; `tensorflow` where TensorFlow's are used. */
  kernels?: KernelLevel;
  /** Memory in bytes: the card's own, 0 where its driver doesn't tell, or the machine's. */
  memory: number;
  /** Of a GPU: what its instructions are, `9.0` for an H100. */
  computeCapability?: string;
  /** Of a GPU: the versions that TensorFlow uses it with. */
  cuda?: string;
  cudnn?: string;
  /** A GPU that is there but not used, and why. */
  unused?: { name: string; reason: string };
}

function gpu(): Device {
  // The first that TensorFlow sees.
  const index = Number.parseInt(process.env.CUDA_VISIBLE_DEVICES ?? '0', 10);
  const { name = 'NVIDIA GPU', memory = 0, computeCapability }: Partial<Card> = cards()[index] ?? {};
  const { cuda, cudnn } = cudaLibraries() ?? {};
  return { kind: 'gpu', name, memory, computeCapability, cuda, cudnn };
}

function cpu(): Device {
  const cores = os.cpus();
  const processor = {
    kind: 'cpu',
    name: cores[0].model.trim(),
    cores: cores.length,
    kernels: kernelLevel(),
    memory: os.totalmem(),
  } as const;
  const [card] = cards();
  return card
    ? { ...processor, unused: { name: card.name, reason: whyUnused(card, cudaLibraries()) } }
    : processor;
}

function deviceText({
  kind,
  name,
  cores,
  kernels,
  memory,
  computeCapability,
  cuda,
  cudnn,
  unused,
}: Device): string {
  const parts = [
    `${kind.toUpperCase()} ${name}`,
    ...(cores ? [`${cores} cores`] : []),
    ...(kernels ? [`${kernels} kernels`] : []),
    ...(memory > 0 ? [`${(memory / 2 ** 30).toFixed(1)} GiB of memory`] : []),
    ...(computeCapability ? [`compute capability ${computeCapability}`] : []),
    ...(cuda ? [`CUDA ${cuda}`] : []),
    ...(cudnn ? [`cuDNN ${cudnn}`] : []),
    ...(unused ? [`not used: ${unused.name} (${unused.reason})`] : []),
  ];
  return `Device: ${parts.join(', ')}`;
}

let known: Device | undefined;

/**
 * The device that everything runs on: the first GPU where TensorFlow found one it can use, else the CPU.
 */
export function device(): Device {
  known ??= showAs(usesGpu() ? gpu() : cpu(), { full: deviceText });
  return known;
}

/** The first compute capability whose units multiply bfloat16. */
const BFLOAT16_SINCE = 8;

/**
 * The precision that `fast` stands for on this machine: the fastest of those that train as well as float32. On a processor with
 * AVX512_BF16 it is `fast` itself: bfloat16, by Winograd's algorithm for the convolutions that are faster by it.
 */
export function fastestPrecision(): Precision {
  const { kind, computeCapability = '0' } = device();
  if (kind === 'gpu') return Number.parseFloat(computeCapability) >= BFLOAT16_SINCE ? 'bfloat16' : 'tf32';
  return hasBfloat16Products() ? 'fast' : 'tf32';
}
