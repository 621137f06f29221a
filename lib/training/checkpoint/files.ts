/**
 * A checkpoint as a folder that is there whole or not at all, and that knows when one of its files was altered.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ModelError } from '../../errors';
import { readRegularFile, writeSynced } from '../../files';

/** What is in a folder in addition to its files: the SHA-256 of each. */
const CHECKSUMS = 'checksums.json';

/** A folder that is being written; whoever resumes takes no notice of it. */
const PARTIAL = /\.\d+\.part$/;

/** Contents by file name. */
export type Files = Record<string, string | Uint8Array>;

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** Has the disk itself hold the names in a folder. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a folder of files beside its place, on the disk, and moves it there in one go. One that was there before is replaced.
 */
export async function writeFolder(path: string, files: Files): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeSynced(join(partial, name), content);
    const checksums = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [name, sha256(content)]),
    );
    await writeSynced(join(partial, CHECKSUMS), JSON.stringify(checksums, null, 2));
    await sync(partial);
    await removeFolder(path);
    await rename(partial, path);
    await sync(dirname(path));
    await sync(dirname(dirname(path)));
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** Removes a folder: it has another name before the first of its files is gone. */
export async function removeFolder(path: string): Promise<void> {
  const doomed = `${path}.old.${process.pid}.part`;
  const isThere = await rename(path, doomed).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  if (isThere) await rm(doomed, { recursive: true, force: true });
}

/** Names of the folders in a folder, without those that were being written; none where there is no such folder. */
export async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !PARTIAL.test(entry.name)).map(({ name }) => name);
}

/** Removes what an earlier process was writing when it was killed. */
export async function removePartial(path: string): Promise<void> {
  const entries = await readdir(path).catch(() => []);
  for (const name of entries) {
    if (PARTIAL.test(name)) await rm(join(path, name), { recursive: true, force: true });
  }
}

/** What is said of a checkpoint that isn't as it was saved. */
export function damaged(path: string, what: string, cause?: unknown): ModelError {
  return new ModelError(
    `The checkpoint ${path} is damaged: ${what}.`,
    'Remove it, and resume from an older one.',
    { cause },
  );
}

/**
 * Reads a folder that `writeFolder` wrote.
 *
 * @throws ModelError where a file is missing or isn't what was written
 */
export async function readFolder(path: string): Promise<Record<string, Buffer>> {
  const refuse = (what: string, cause?: unknown): never => {
    throw damaged(path, what, cause);
  };
  const text = await readRegularFile(join(path, CHECKSUMS)).catch((cause) =>
    refuse(`it has no ${CHECKSUMS}`, cause),
  );
  let checksums: Record<string, string> = {};
  try {
    checksums = Object(JSON.parse(text.toString()));
  } catch (cause) {
    refuse(`${CHECKSUMS} isn't JSON`, cause);
  }
  const files: Record<string, Buffer> = {};
  for (const [name, expected] of Object.entries(checksums)) {
    // Nothing outside of the folder, whatever the list says.
    if (basename(name) !== name) refuse(`${CHECKSUMS} names ${name}`);
    const content = await readRegularFile(join(path, name)).catch((cause) =>
      refuse(`${name} can't be read`, cause),
    );
    if (sha256(content) !== expected) refuse(`${name} was altered since it was saved`);
    files[name] = content;
  }
  return files;
}
