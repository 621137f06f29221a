/**
 * The files of a folder of pictures: a folder for each class, perhaps within folders for training and for testing.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors';

/** A picture and its class. */
export interface ImageFile {
  /** From the folder that was named, with `/`. */
  readonly name: string;
  /** The index of its class. */
  readonly label: number;
  readonly bytes: number;
  /** When it was changed last, in milliseconds. */
  readonly changed: number;
}

/** What is in a folder of pictures. */
export interface ImageFiles {
  readonly classNames: readonly string[];
  /** In the order of their names. */
  readonly files: readonly ImageFile[];
  /** Those of a `test` folder, where there is one beside `train`; undefined where the folder isn't split. */
  readonly testFiles?: readonly ImageFile[];
}

const EXTENSION = /\.(jpe?g|jpe|png|webp|gif|avif|tiff?|bmp)$/i;
const TRAIN = 'train';
const TESTS = ['test', 'val', 'valid', 'validation'];

/** Names in a folder in the order of their characters, as Python's `sorted` has them, without hidden ones. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const why = { ENOENT: 'there is no such folder', ENOTDIR: 'it is a file' }[cause.code ?? ''];
    throw new DataError(
      `${folder} can't be read: ${why ?? cause.message}.`,
      'Name a folder that has a folder of pictures for each class.',
      { cause },
    );
  });
  return names.filter((name) => !name.startsWith('.')).sort();
}

async function foldersIn(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names.filter((_, i) => found[i]?.isDirectory());
}

/** All pictures below a folder. A link to a folder isn't followed: it may lead back. */
async function imagesBelow(root: string, within: string, label: number): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  const entries = await readdir(join(root, within), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = `${within}/${entry.name}`;
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) {
      found.push(...(await imagesBelow(root, name, label)));
    } else if (EXTENSION.test(entry.name)) {
      // What can't be looked at is left to the decoder, which says why.
      const status = await stat(join(root, name)).catch(() => undefined);
      found.push({ name, label, bytes: status?.size ?? 0, changed: status?.mtimeMs ?? 0 });
    }
  }
  return found;
}

async function filesOf(root: string, within: string, classNames: readonly string[]): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  for (const [label, className] of classNames.entries()) {
    const files = await imagesBelow(root, within + className, label);
    if (files.length === 0) {
      throw new DataError(
        `${join(root, within, className)} has no pictures.`,
        'Put some there (JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP), or take the folder away.',
      );
    }
    found.push(...files);
  }
  return found;
}

/**
 * Lists the pictures of a folder, each class in a folder of its name. Folders `train` and `test` (or `val`, `valid`, `validation`), where
 * there is nothing else, are its two parts.
 *
 * @throws DataError when it isn't there, has no folders for classes, a class has no pictures, or the parts have different classes
 */
export async function listImages(root: string): Promise<ImageFiles> {
  const folders = await foldersIn(root);
  if (folders.length === 0) {
    throw new DataError(
      `${root} has no folders in it.`,
      'Make one for each class, of its name, and put the pictures of the class there.',
    );
  }
  const tests = folders.filter((name) => TESTS.includes(name));
  if (!folders.includes(TRAIN) || tests.length !== 1 || folders.length !== 2) {
    return { classNames: folders, files: await filesOf(root, '', folders) };
  }
  const [classNames, testNames] = await Promise.all(
    [TRAIN, tests[0]].map((part) => foldersIn(join(root, part))),
  );
  const apart = [...classNames, ...testNames].find(
    (name) => !classNames.includes(name) || !testNames.includes(name),
  );
  if (apart !== undefined || classNames.length === 0) {
    throw new DataError(
      apart === undefined
        ? `${join(root, TRAIN)} has no folders in it.`
        : `The class "${apart}" is in only one of ${TRAIN} and ${tests[0]} of ${root}.`,
      'Make a folder for each class in both.',
    );
  }
  return {
    classNames,
    files: await filesOf(root, `${TRAIN}/`, classNames),
    testFiles: await filesOf(root, `${tests[0]}/`, classNames),
  };
}
