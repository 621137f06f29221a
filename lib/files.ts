/**
 * Writing files so that they are there whole or not at all, whatever happens meanwhile, and reading them.
 */
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Writes a file, and has the disk itself hold it. */
export async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file beside its final place, on the disk, and moves it there in one go: who reads sees the old file or the new one.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  try {
    await writeSynced(partial, content);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Reads a file, unless it is a pipe or a device, which may have no end. */
export async function readRegularFile(path: string): Promise<Buffer> {
  if (!(await stat(path)).isFile()) throw new Error(`${path} is no regular file`);
  return readFile(path);
}

/** The bytes of a file; undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.size;
}

const turns = new Map<string, Promise<unknown>>();

/** Does work on a path after all work on it that this process was asked for before has ended, well or not. */
export async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const key = resolve(path);
  const turn = (turns.get(key) ?? Promise.resolve()).then(work, work);
  turns.set(key, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(key) === turn) turns.delete(key);
  }
}
