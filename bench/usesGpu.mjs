/** What is measured for a GPU has to run on one. */
import { SetupError } from '../scripts/setup/errors.mjs';

/**
 * @param {{ kind?: string, unused?: { name: string, reason: string } }} device what a worker answers of its own; PyTorch's has no kind: it fails where it can't use a GPU
 * @throws SetupError where it isn't a GPU, with the reason
 */
export function checkUsesGpu({ kind, unused }) {
  if (kind !== 'cpu') return;
  const reason = unused ? `: ${unused.name}, ${unused.reason}` : '';
  throw new SetupError(
    `TensorFlow doesn't use the GPU${reason}.`,
    'Mend that, then give the same command again.',
  );
}
