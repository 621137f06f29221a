/** The convolutions of ResNet-18, each alone: this library's, PyTorch's, and the processor's peak. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileNative, LEVELS, processorLevel } from '../../scripts/native.mjs';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot } from '../../scripts/setup/project.mjs';
import { python } from '../python.mjs';
import { table } from '../results.mjs';

const BATCH = 128;
const KERNELS = ['forward', 'input', 'filter'];

/**
 * @typedef {[forward: number, input: number, filter: number]} Times seconds
 * @typedef {{ name: string, count: number, operations: number, image: number, in: number, out: number, kernel: number, stride: number,
 *   float32: Times, exact: Times, bfloat16: Times }} Layer
 * @typedef {{ level: string, cores: number, peak: number, layers: Layer[] }} Measured
 */

/**
 * @param {number} width
 * @param {import('./section.mjs').Context} context
 */
async function measure(width, { project, update }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-kernels-'));
  try {
    const program = join(folder, 'kernels_bench');
    update('the compiler');
    compileNative(join(packageRoot, 'bench', 'native', 'kernels_bench.cc'), program);
    /** @type {Measured[]} */
    const measured = [];
    for (const level of LEVELS.slice(1, LEVELS.indexOf(processorLevel()) + 1)) {
      update(level);
      const env = { ...process.env, RESNET_KERNELS: level };
      const found = JSON.parse(await run(program, [String(width), String(BATCH)], { env }));
      if (found.level === level) measured.push(found);
    }
    const best = measured[measured.length - 1];
    if (!best) return 'This processor has none of the instructions.';
    const hasBfloat16 = best.level.endsWith('_bf16');
    /** @type {(precision: string) => Promise<Times[]>} */
    const pytorch = async (precision) => {
      update(`PyTorch in ${precision}`);
      const [command, ...args] = python(project, 'kernels', width, BATCH, precision);
      return JSON.parse(await run(command, args, { cwd: packageRoot }));
    };
    const float32 = await pytorch('float32');
    const bfloat16 = hasBfloat16 ? await pytorch('bfloat16') : undefined;
    const head = [
      'layer',
      'kernel',
      'float32, ms',
      'exact, ms (of the peak)',
      ...measured.slice(0, -1).map(({ level }) => `float32, ${level}, ms`),
      'PyTorch, ms',
      ...(bfloat16 ? ['bfloat16, ms', 'PyTorch, bfloat16, ms'] : []),
    ];
    const ms = (/** @type {number} */ seconds) => (1000 * seconds).toFixed(2);
    const rows = best.layers.flatMap((layer, i) =>
      KERNELS.map((kernel, k) => [
        k === 0
          ? `${layer.name}: ${layer.image}×${layer.image}, ${layer.in} to ${layer.out}, ${layer.kernel}×${layer.kernel}/${layer.stride}`
          : '',
        kernel,
        ms(layer.float32[k]),
        `${ms(layer.exact[k])} (${((100 * layer.operations) / layer.exact[k] / best.peak).toFixed(0)} %)`,
        ...measured.slice(0, -1).map(({ layers }) => ms(layers[i].float32[k])),
        ms(float32[i][k]),
        ...(bfloat16 ? [ms(layer.bfloat16[k]), ms(bfloat16[i][k])] : []),
      ]),
    );
    // Each as often as the network has it.
    const sum = (/** @type {(layer: Layer, i: number) => Times} */ timesOf) =>
      ms(
        best.layers.reduce((total, layer, i) => {
          const [forward, input, filter] = timesOf(layer, i);
          return total + layer.count * (forward + input + filter);
        }, 0),
      );
    rows.push([
      'all of the network',
      'all',
      sum(({ float32 }) => float32),
      sum(({ exact }) => exact),
      ...measured.slice(0, -1).map(({ layers }) => sum((_, i) => layers[i].float32)),
      sum((_, i) => float32[i]),
      ...(bfloat16 ? [sum((layer) => layer.bfloat16), sum((_, i) => bfloat16[i])] : []),
    ]);
    const peaks = measured.map(({ level, peak }) => `${level} ${(peak / 1e9).toFixed(0)}`).join(', ');
    return `${table(head, rows)}\n\nPeak of ${best.cores} cores in float32, GFLOP/s: ${peaks}.`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @type {import('./section.mjs').Section} */
export const kernels = {
  name: 'kernels',
  title: 'Convolutions alone',
  about: `Each convolution of ResNet-18 with its two gradients, batch ${BATCH}, all cores, median milliseconds. \`float32\` goes by Winograd's
algorithm where that is faster, \`exact\` computes each product of the definition; its share of the peak counts these products, those with
margins of zeros included, which small images leave out. PyTorch's are channels last.`,
  parts: [16, 64].map((width) => ({
    name: `kernels ${width}`,
    title: `width ${width}`,
    measure: (context) => measure(width, context),
  })),
};
