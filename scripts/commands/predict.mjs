/** `resnet-notebooks predict`: what a network says of pictures. */
import { UsageError } from '../setup/errors.mjs';
import { library, loadNetwork, rounded, viewsOf } from './library.mjs';

/**
 * @typedef {object} Plan
 * @property {string[]} pictures files and addresses
 * @property {string} network
 * @property {'flip' | 'shiftedFlips' | undefined} tta
 * @property {boolean} json
 */

/**
 * @param {string[]} pictures
 * @param {{ network?: string, tta?: string, json?: boolean }} options
 * @returns {Plan}
 * @throws {UsageError}
 */
export function planPredict(pictures, { network = 'resnet18', tta, json = false }) {
  if (pictures.length === 0) {
    throw new UsageError('predict: no picture is named.', 'Name files or addresses: predict cat.jpg');
  }
  return { pictures, network, tta: viewsOf('predict', tta), json };
}

/**
 * Prints what a network says of each picture; one that can't be read doesn't keep the others from being looked at.
 *
 * @param {Plan} plan
 * @returns {Promise<number>} the exit code
 */
export async function predict({ pictures, network, tta, json }) {
  const { predictFile, predictUrl, ResNetError } = library();
  const net = await loadNetwork(network);
  let exitCode = 0;
  for (const picture of pictures) {
    const isAddress = /^(https?|data|file):/i.test(picture);
    // A data: address is the picture itself.
    const name = picture.length > 200 ? `${picture.slice(0, 200)}…` : picture;
    try {
      const said = await (isAddress ? predictUrl : predictFile)(net, picture, { tta });
      const { className, probability, probabilities, classNames } = said;
      if (json) {
        const all = Object.fromEntries(classNames.map((other, i) => [other, rounded(probabilities[i])]));
        const found = { picture: name, className, probability: rounded(probability), probabilities: all };
        console.log(JSON.stringify(found));
      } else if (pictures.length === 1) console.log(said);
      else console.log(`${name}: ${className}, ${(100 * probability).toFixed(2)} %`);
    } catch (error) {
      if (!(error instanceof ResNetError)) throw error;
      const { problem, fix, code } = error;
      exitCode = 1;
      if (json) console.log(JSON.stringify({ picture: name, error: { code, problem, fix } }));
      else console.error(`${name}: ${problem}\n${fix}`);
    }
  }
  return exitCode;
}
