/**
 * One set-up at a time in a project. The lock names the process that holds it and the program that it runs, each
 * with its start: a lock whose processes are gone is nobody's, and a program that outlived a killed set-up still holds it.
 */
import { linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, sameJson, writeJson } from './files.mjs';
import { processStart } from './processes.mjs';

/** @typedef {{ pid: number, start: string | undefined }} Holder */

export class Lock {
  #path;
  #holders;

  /**
   * @param {string} path
   * @param {Holder[]} holders
   */
  constructor(path, holders) {
    this.#path = path;
    this.#holders = holders;
  }

  /**
   * Names one more process that holds it: a program that works for the first.
   *
   * @param {number} pid
   */
  share(pid) {
    this.#holders = [...this.#holders, { pid, start: processStart(pid) }];
    writeJson(this.#path, this.#holders);
  }

  release() {
    if (sameJson(readJson(this.#path), this.#holders)) rmSync(this.#path);
  }
}

/**
 * Takes the lock, or waits until it is free.
 *
 * @param {string} path
 * @param {(pid: number) => void} onWait called once, with the number of a process that holds it
 * @returns {Promise<Lock>}
 */
export async function takeLock(path, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  const own = [{ pid: process.pid, start: processStart(process.pid) }];
  const draft = `${path}.${process.pid}`;
  writeJson(draft, own);
  try {
    for (let waited = false; !tryLink(draft, path); ) {
      const held = readJson(path);
      const holder = liveHolder(held);
      if (holder === undefined) {
        discard(path, held);
        continue;
      }
      if (!waited) onWait(holder.pid);
      waited = true;
      await sleep(200);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return new Lock(path, own);
}

/**
 * @param {string} from
 * @param {string} to
 */
function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {Holder[] | undefined} holders */
function liveHolder(holders) {
  if (!Array.isArray(holders)) return undefined;
  return holders.find(({ pid, start }) => {
    const now = processStart(pid);
    return now !== undefined && now === start;
  });
}

/**
 * Removes a lock that nobody holds, unless another set-up took it over meanwhile.
 *
 * @param {string} path
 * @param {unknown} held
 */
function discard(path, held) {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (!sameJson(readJson(aside), held)) tryLink(aside, path);
  rmSync(aside, { force: true });
}
