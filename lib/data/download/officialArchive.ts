/**
 * CIFAR-10 from its authors' page: the batch files as they are, in one archive.
 */
import { join } from 'node:path';
import { BATCH_BYTES, BATCH_FILES, CIFAR10_FOLDER } from './cifar10Files';
import type { Cifar10Source } from './cifar10Source';
import { download, type RemoteFile } from './download';

/** The binary version, as https://www.cs.toronto.edu/~kriz/cifar.html gives its address and md5. */
export const OFFICIAL_ARCHIVE: RemoteFile = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  size: 170_052_171,
  checksum: { algorithm: 'md5', hex: 'c32a1d4ab5d03f1284b67883e8d87530' },
};

const name = 'the official archive';

/** The official archive as a source. */
export const officialArchive: Cifar10Source = {
  name,
  async fetch(work, folder, onProgress) {
    const archive = join(work, 'cifar-10-binary.tar.gz');
    await download(OFFICIAL_ARCHIVE, archive, {
      onProgress: (done, total) => onProgress({ step: 'download', source: name, done, total }),
    });
    await unpack(archive, folder, (done, total) => onProgress({ step: 'unpack', source: name, done, total }));
  },
};

/**
 * Unpacks the files of the archive's one folder into `folder`, telling after each batch how many bytes there
 * are.
 */
export async function unpack(
  archive: string,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const total = BATCH_FILES.length * BATCH_BYTES;
  let done = 0;
  const { extract } = await import('tar');
  await extract({
    file: archive,
    cwd: folder,
    strip: 1,
    filter: (path) => path.startsWith(`${CIFAR10_FOLDER}/`),
    onReadEntry: (entry) => {
      entry.on('end', () => {
        if (!entry.path.endsWith('.bin')) return;
        done += entry.size;
        onProgress(done, total);
      });
    },
  });
}
