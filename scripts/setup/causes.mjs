/** Causes that any step can fail by, known by what the program or the system says of them, and what to do about each. */
import { SetupError } from './errors.mjs';

const AGAIN = 'Then give the same command again: it goes on from there.';

/** The first that fits is told: what is more certain stands before what it brings about. */
const CAUSES = [
  {
    sign: /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i,
    words: `The disk is full: a set-up takes 4 GB, 10 GB with a GPU. Free some. ${AGAIN}`,
  },
  {
    sign: /EINTEGRITY|DO NOT MATCH THE HASHES/,
    words: `What arrived isn't what this project has the hash of: it was altered or broken on its way. Is the registry that npm and pip are set to one that you trust? ${AGAIN}`,
  },
  {
    sign: /\bE50\d\b|\b50\d (Server Error|Internal|Bad Gateway|Service|Gateway)|too many 50\d error/,
    words: `The package registry is out of order. Wait a while, or set npm and pip to another one. ${AGAIN}`,
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ConnectionError|ConnectTimeout|ReadTimeout|ProtocolError|IncompleteRead|\(from versions: none\)/,
    words: `The package registry can't be reached, or the connection broke off. Is the network up, and is a proxy needed? ${AGAIN}`,
  },
  {
    sign: /EACCES|EROFS|EPERM|ENOTDIR|Permission denied|Read-only file system/,
    words: `The folder isn't one that you may write to. Take it over (chown), or work in another place. ${AGAIN}`,
  },
];

/**
 * What to do about a failure whose words name one of these causes; undefined for another.
 *
 * @param {string} said
 */
export function fixFor(said) {
  return CAUSES.find(({ sign }) => sign.test(said))?.words;
}

/**
 * An error of the file system in the words of the set-up; any other as it is.
 *
 * @param {unknown} error
 */
export function inWords(error) {
  const { code, syscall, message, fix } = /** @type {NodeJS.ErrnoException & { fix?: string }} */ (error);
  const words = syscall !== undefined && fix === undefined ? fixFor(String(code)) : undefined;
  return words === undefined ? error : new SetupError(message, words, { cause: error });
}
