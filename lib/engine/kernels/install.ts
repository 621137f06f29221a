/**
 * The kernels, gradients and layers of this library, in the order in which they take TensorFlow.js's places.
 *
 * Order matters where two replace one kernel: the later one is asked first, and its `original` is the earlier one.
 */

import { softmaxCrossEntropyKernel } from '../operations/crossEntropy';
import { batchNorm } from './batchNorm';
import { batchNormLayer } from './batchNormLayer';
import { convolutions } from './convolution';
import { paddedConvolutions } from './convolutionPadding';
import { fusions } from './fusion';
import { gather } from './gather';
import { gradients } from './gradients';
import { maxPool } from './maxPool';
import { padding } from './pad';
import type { Replacement } from './replacement';
import { stridedFilterGradient } from './stridedFilterGradient';
import { syncBatchNorm } from './syncBatchNorm';

const REPLACEMENTS: readonly Replacement[] = [
  // The convolution's filter gradient has three, from the last resort to the first choice: TensorFlow's kernel kept from what it
  // gets wrong; padding in numbers, which neither TensorFlow's kernels nor that one take; the library's own, which takes all padding.
  stridedFilterGradient,
  ...paddedConvolutions,
  ...convolutions,
  padding,
  ...maxPool,
  ...batchNorm,
  ...syncBatchNorm,
  ...fusions,
  gather,
  softmaxCrossEntropyKernel,
  ...gradients,
  ...batchNormLayer,
];

let isInstalled = false;

/**
 * Puts this library's kernels, gradients and layers in the place of TensorFlow.js's, for the whole process. The second call does
 * nothing.
 */
export function installKernels(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const replacement of REPLACEMENTS) replacement.install();
}
