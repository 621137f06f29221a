/**
 * A folder for unfinished work, one for each process, so that two that download at once don't write to the
 * same files.
 *
 * What a process that was killed left behind goes to the next one: its partial download is resumed.
 */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder under the data folder that holds the work folders, each named by its process's id. */
export const WORK_FOLDERS = '.download';

/** Makes this process's work folder under `root`, or takes over one whose process is gone. */
export async function claimWorkFolder(root: string): Promise<string> {
  const all = join(root, WORK_FOLDERS);
  const own = join(all, String(process.pid));
  await mkdir(all, { recursive: true });
  for (const name of await abandoned(all)) {
    // Renaming is what claims it: of two processes that try, one fails.
    const claimed = await rename(join(all, name), own).then(
      () => true,
      () => false,
    );
    if (claimed) return own;
  }
  await mkdir(own, { recursive: true });
  return own;
}

/** Removes a work folder with all that is in it, and those that no process owns any more. */
export async function removeWorkFolder(own: string): Promise<void> {
  const all = join(own, '..');
  await rm(own, { recursive: true, force: true });
  for (const name of await abandoned(all)) await rm(join(all, name), { recursive: true, force: true });
  await removeIfEmpty(all);
}

/** Leaves a work folder to the next attempt, unless there is nothing in it. */
export async function leaveWorkFolder(own: string): Promise<void> {
  await removeIfEmpty(own);
  await removeIfEmpty(join(own, '..'));
}

async function abandoned(all: string): Promise<string[]> {
  const names = await readdir(all).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name) && !isRunning(Number(name)));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks whether there is such a process
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there is, and it is another user's
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {});
}
