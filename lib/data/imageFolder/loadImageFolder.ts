/**
 * A folder of pictures as two data sets.
 */
import { join } from 'node:path';
import { checkChoice, checkForm, checkPositiveInteger, filePath, SIGNAL_FORM } from '../../checks';
import { ConfigError, DataError } from '../../errors';
import type { Fit } from '../../image/resizeImage';
import { count, showAs } from '../../showAs';
import { Dataset, type TrainAndTest } from '../dataset';
import { projectDataFolder } from '../folders';
import { checkSeed, Random } from '../random';
import { type DecodedSize, decodeImages } from './decodeImages';
import { cachePath, type DecodedImages, readCache, writeCache } from './imageCache';
import { type ImageFile, listImages } from './imageFiles';

/** How `loadImageFolder` makes data sets of pictures. */
export interface ImageFolderOptions {
  /** Pixels of each side, or height and width. */
  size: number | readonly [height: number, width: number];
  /** What to do with a picture of other proportions. Default `fill`, as `predictImage` has it: squash it. `cover` cuts off its longer sides. */
  fit?: Fit;
  /** 3 of color, which is the default, or 1 of gray. */
  channels?: 1 | 3;
  /** The share of each class's pictures that is kept apart to test on. Default 0.2. A folder of `train` and `test` is split already. */
  split?: number;
  /** Which pictures are kept apart: the same seed gives the same. Default 0. */
  seed?: number;
  /** What to do with files that can't be read: leave them out, which is the default, or throw. */
  broken?: 'skip' | 'refuse';
  /** Keep the decoded pictures in this folder; false: don't. Default: `cache` in the project's `data`. */
  cache?: string | false;
  /** Told how many files are decoded, of how many; not called where the cache has them. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the work. */
  signal?: AbortSignal;
}

/** A file that is no picture, and why. */
export interface BrokenFile {
  /** From the folder that was named. */
  readonly file: string;
  readonly problem: string;
}

/** Pictures of a folder. */
export interface ImageFolder extends TrainAndTest {
  /** The file of each image, from the folder that was named. */
  readonly files: { readonly train: readonly string[]; readonly test: readonly string[] };
  /** The files that were left out. */
  readonly broken: readonly BrokenFile[];
}

/** Broken files that a message names. */
const NAMED = 5;

/** Which files go to which part, by their places. */
type Parts = { train: number[]; test: number[] };

/** A share of each class for the test, at least one where a class has two or more, and never all. */
function splitByClass(
  labels: readonly number[],
  places: readonly number[],
  share: number,
  seed: number,
): Parts {
  const parts: Parts = { train: [], test: [] };
  for (const label of new Set(places.map((place) => labels[place]))) {
    const own = places.filter((place) => labels[place] === label);
    const order = Random.fromSeed(seed, label).permutation(own.length);
    const tests = Math.min(own.length - 1, Math.max(1, Math.round(share * own.length)));
    order.forEach((i, rank) => {
      parts[rank < tests ? 'test' : 'train'].push(own[i]);
    });
  }
  return { train: parts.train.sort((a, b) => a - b), test: parts.test.sort((a, b) => a - b) };
}

function checkOptions(options: ImageFolderOptions) {
  const {
    size,
    fit = 'fill',
    channels = 3,
    split = 0.2,
    seed = 0,
    broken = 'skip',
    ...others
  } = checkForm(
    'options',
    options,
    { 'signal?': SIGNAL_FORM, 'onProgress?': 'function' },
    'Give at least the size: { size: 64 }.',
  );
  const [height, width] = Array.isArray(size) ? size : [size, size];
  checkPositiveInteger('size', height);
  checkPositiveInteger('size', width);
  checkChoice('fit', fit, ['fill', 'cover']);
  checkChoice('broken', broken, ['skip', 'refuse']);
  checkSeed(seed);
  if (channels !== 3 && channels !== 1) {
    throw new ConfigError(`Pictures can't have ${channels} channels.`, 'Give 3 for color or 1 for gray.');
  }
  if (!(split > 0 && split < 1)) {
    throw new ConfigError(`A share of ${split} can't be kept apart.`, 'Give a number between 0 and 1: 0.2.');
  }
  const decoded: DecodedSize = { height, width, channels, fit };
  return { decoded, split, seed, broken, ...others };
}

/** The pictures of files, from the cache where it has them. */
async function decoded(
  root: string,
  files: readonly ImageFile[],
  { decoded: size, cache, onProgress, signal }: ReturnType<typeof checkOptions>,
): Promise<DecodedImages> {
  const path =
    cache === false ? undefined : cachePath(cache ?? join(projectDataFolder(), 'cache'), root, size);
  const kept = path === undefined ? undefined : await readCache(path, files);
  if (kept) return kept;
  const broken: { index: number; problem: string }[] = [];
  const images = await decodeImages(
    files.map(({ name }) => join(root, name)),
    size,
    { problem: (index, problem) => broken.push({ index, problem }), onProgress, signal },
  );
  const result = { images, broken: broken.sort((a, b) => a.index - b.index) };
  if (path !== undefined) await writeCache(path, files, result);
  return result;
}

/**
 * Loads pictures from a folder that has a folder for each class, as PyTorch's `ImageFolder`: any of the formats that `readImage` reads, of
 * any sizes, decoded by all cores and resized to one size. The decoded pictures are kept, and decoded again when a file is added, taken away
 * or changed.
 *
 * @param path of the folder; classes are in the order of their names
 * @returns data sets to train and to test on; nothing is in both
 * @throws DataError when the folder isn't there, has no classes, or a class has no picture that can be read; for a broken file where
 *   `broken` is `refuse`. ConfigError for a setting that can't be.
 */
export async function loadImageFolder(path: string | URL, options: ImageFolderOptions): Promise<ImageFolder> {
  const root = filePath(path, DataError);
  const settings = checkOptions(options);
  const { classNames, files: listed, testFiles } = await listImages(root);
  const files = [...listed, ...(testFiles ?? [])];
  const { images, broken: unreadable } = await decoded(root, files, settings);
  const broken = unreadable.map(({ index, problem }) => ({ file: files[index].name, problem }));
  if (broken.length > 0 && settings.broken === 'refuse') throw brokenFiles(root, broken, files.length);

  const isBroken = new Set(unreadable.map(({ index }) => index));
  const sound = files.flatMap((_, i) => (isBroken.has(i) ? [] : [i]));
  const labels = files.map(({ label }) => label);
  classNames.forEach((className, label) => {
    const left = sound.filter((i) => labels[i] === label).length;
    if (left === 0) {
      const { problem } = broken[unreadable.findIndex(({ index }) => labels[index] === label)];
      throw new DataError(
        `None of the pictures of the class "${className}" can be read. The first: ${problem}`,
        'Put pictures there that can be opened.',
      );
    }
    if (left === 1 && !testFiles) {
      throw new DataError(
        `The class "${className}" has one picture that can be read: none is left to test on.`,
        'Put at least two there.',
      );
    }
  });
  const { split, seed } = settings;
  const parts: Parts = testFiles
    ? { train: sound.filter((i) => i < listed.length), test: sound.filter((i) => i >= listed.length) }
    : splitByClass(labels, sound, split, seed);

  const { height, width, channels } = settings.decoded;
  const all = new Dataset(images, Uint8Array.from(labels), classNames, [height, width, channels]);
  const namesOf = (places: readonly number[]) => places.map((place) => files[place].name);
  return showAs(
    {
      train: all.subset(parts.train),
      test: all.subset(parts.test),
      files: { train: namesOf(parts.train), test: namesOf(parts.test) },
      broken,
    },
    { full: imageFolderText },
  );
}

/** Some of the files that can't be read, with the reasons. */
export function brokenText(broken: readonly BrokenFile[]): string[] {
  const rest = broken.length - NAMED;
  return [
    ...broken.slice(0, NAMED).map(({ file, problem }) => `  ${file}: ${problem}`),
    ...(rest > 0 ? [`  and ${count(rest)} more`] : []),
  ];
}

function brokenFiles(root: string, broken: readonly BrokenFile[], all: number): DataError {
  return new DataError(
    [`${count(broken.length)} of ${count(all)} files of ${root} can't be read:`, ...brokenText(broken)].join(
      '\n',
    ),
    "Take them away, or leave them out: { broken: 'skip' }.",
  );
}

function imageFolderText({ train, test, broken }: ImageFolder): string {
  const { classNames, imageShape } = train;
  return [
    `ImageFolder: ${count(train.length)} images to train on and ${count(test.length)} to test on, of ${imageShape.join('×')}, in ${classNames.length} classes`,
    ...(broken.length > 0 ? [`${count(broken.length)} files left out:`, ...brokenText(broken)] : []),
  ].join('\n');
}
