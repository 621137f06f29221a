/**
 * Takes away the place that training saves to while it runs: the disk fills, turns read-only, the folder is removed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ModelError } from '../../lib/errors';
import { mount, unmount } from './mount';
import { EPOCHS, smallRun } from './smallRun';
import { Tally } from './tally';

/** Runs, with something happening after an epoch. */
function runWith(savePath: string, epoch: number, happen: () => void): Promise<string> {
  return smallRun(savePath, (event) => {
    if (event.kind === 'epoch' && event.record.epoch === epoch) happen();
  });
}

const run = (savePath: string) => smallRun(savePath, () => {});

/**
 * Has a run fail for want of its place, and go on once it has it again.
 *
 * @param take is called after an epoch, the fifth here; what fails then is told by a ModelError that matches `words`
 */
async function takeAway(
  savePath: string,
  expected: string,
  words: RegExp,
  take: () => void,
  giveBack: () => void,
): Promise<void> {
  await assert.rejects(runWith(savePath, 5, take), (error: Error) => {
    assert.ok(error instanceof ModelError, error.stack);
    assert.match(error.message, words);
    return true;
  });
  giveBack();
  assert.equal(await run(savePath), expected);
}

/** A folder that is removed: what comes later is saved again, and the run comes to its end. */
async function removeFolder(folder: string, expected: string): Promise<void> {
  const savePath = path.join(folder, 'removed');
  assert.equal(await runWith(savePath, 5, () => rmSync(savePath, { recursive: true })), expected);
  assert.equal(await run(savePath), expected, `its end is saved: epoch ${EPOCHS}`);
}

/** A file that stands where the folder was. */
async function replaceFolder(folder: string, expected: string): Promise<void> {
  const [savePath, away] = [path.join(folder, 'replaced'), path.join(folder, 'away')];
  const take = () => {
    renameSync(savePath, away);
    writeFileSync(savePath, '');
  };
  const giveBack = () => {
    rmSync(savePath);
    renameSync(away, savePath);
  };
  await takeAway(savePath, expected, /can't be saved to .*replaced/, take, giveBack);
}

/** A small disk in memory, that is filled, and turned read-only. */
async function spoilDisk(folder: string, expected: string, tally: Tally): Promise<void> {
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  if (!mount('-t', 'tmpfs', '-o', 'size=10m', 'none', disk)) {
    tally.leaveOut('a disk that fills or turns read-only', 'a small file system takes root to mount');
    return;
  }
  try {
    const full = () => {
      // Until not a byte is left.
      spawnSync('sh', ['-c', `cat /dev/zero > ${disk}/ballast`], { stdio: 'ignore' });
    };
    await tally.try('a disk that fills', () =>
      takeAway(path.join(disk, 'full'), expected, /can't be saved.*no space left/s, full, () =>
        rmSync(path.join(disk, 'ballast')),
      ),
    );
    await tally.try('a disk that turns read-only', () =>
      takeAway(
        path.join(disk, 'readonly'),
        expected,
        /can't be saved.*read-only/s,
        () => mount('-o', 'remount,ro', disk),
        () => mount('-o', 'remount,rw', disk),
      ),
    );
  } finally {
    unmount(disk);
  }
}

/** Tries each. What a run comes to is compared with one whose place stays. */
export async function takePlaces(log: (line: string) => void): Promise<Tally> {
  const tally = new Tally(log);
  const folder = mkdtempSync(path.join(tmpdir(), 'places-'));
  try {
    const expected = await run(path.join(folder, 'stays'));
    await tally.try('a folder that is removed', () => removeFolder(folder, expected));
    await tally.try('a file in the folder’s place', () => replaceFolder(folder, expected));
    await spoilDisk(folder, expected, tally);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tally;
}
