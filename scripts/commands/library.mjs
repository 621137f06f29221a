/** The library for the commands that use it: compiled by the set-up, so that it can't be imported before. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UsageError } from '../setup/errors.mjs';
import { packageRoot } from '../setup/project.mjs';

/** @returns {typeof import('../../lib/index.ts')} */
export function library() {
  return createRequire(import.meta.url)(join(packageRoot, 'lib', 'dist', 'index.js'));
}

/** The networks that ship. */
const SHIPPED = ['resnet18', 'resnet8'];

/**
 * Loads the network that a command's option names.
 *
 * @param {string} named a network that ships, or the folder of a saved one
 */
export function loadNetwork(named) {
  const { loadModel, loadPretrained } = library();
  const isFolder = existsSync(join(named, 'model.json'));
  if (!isFolder && SHIPPED.includes(named)) {
    return loadPretrained(/** @type {'resnet18' | 'resnet8'} */ (named));
  }
  return loadModel(named);
}

/**
 * @param {string} command
 * @param {string | undefined} tta of its options
 * @returns {'flip' | 'shiftedFlips' | undefined}
 * @throws {UsageError}
 */
export function viewsOf(command, tta) {
  if (tta === undefined || tta === 'flip' || tta === 'shiftedFlips') return tta;
  throw new UsageError(`${command}: --tta is "${tta}".`, 'Give one of: flip, shiftedFlips.');
}

/**
 * A share as programs read it: six digits, of float32's seven.
 *
 * @param {number} share
 */
export const rounded = (share) => Number(share.toFixed(6));
