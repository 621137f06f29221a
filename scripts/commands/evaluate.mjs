/** `resnet-notebooks evaluate`: how good a network is on test images. */
import { UsageError } from '../setup/errors.mjs';
import { library, loadNetwork, rounded, viewsOf } from './library.mjs';

/**
 * @typedef {object} Plan
 * @property {string} network
 * @property {string} [images] a folder of pictures; CIFAR-10 without it
 * @property {'flip' | 'shiftedFlips' | undefined} tta
 * @property {boolean} json
 */

/**
 * @param {string[]} networks
 * @param {{ images?: string, tta?: string, json?: boolean }} options
 * @returns {Plan}
 * @throws {UsageError}
 */
export function planEvaluate(networks, { images, tta, json = false }) {
  if (networks.length > 1) {
    throw new UsageError(`evaluate: ${networks.length} networks are named.`, 'Name one.');
  }
  return { network: networks[0] ?? 'resnet18', images, tta: viewsOf('evaluate', tta), json };
}

/** @param {Plan} plan */
export async function evaluateNetwork({ network, images, tta, json }) {
  const { DataLoader, evaluate, loadCifar10, loadImageFolder, networkInfo } = library();
  const net = await loadNetwork(network);
  const [, height, width] = net.inputs[0].shape;
  const size = /** @type {[number, number]} */ ([height, width]);
  // Nothing but the result goes to who reads JSON.
  const quietly = json ? { onProgress: () => {} } : {};
  const { test } =
    images === undefined ? await loadCifar10(quietly) : await loadImageFolder(images, { size, ...quietly });
  const { normalization } = networkInfo(net);
  const loader = new DataLoader(test, { batchSize: 500, normalize: normalization });
  const evaluation = await evaluate(net, loader, { tta, ...quietly });
  if (!json) {
    console.log(evaluation);
    return;
  }
  const { accuracy, loss, perClass, confusion } = evaluation;
  const classes = perClass.map(({ className, ...rest }) => [
    className,
    { ...rest, accuracy: rounded(rest.accuracy) },
  ]);
  console.log(
    JSON.stringify({
      ...{ network, images: test.length, accuracy: rounded(accuracy), loss: rounded(loss) },
      ...{ perClass: Object.fromEntries(classes), confusion },
    }),
  );
}
