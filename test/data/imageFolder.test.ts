/** Folders of pictures as data sets: what is read, split, kept and refused. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import sharp from 'sharp';
import { type ImageFolderOptions, loadImageFolder } from '../../lib/data/imageFolder/loadImageFolder';
import { ConfigError, DataError } from '../../lib/errors';
import { toGray } from '../../lib/image/image';
import { readImage } from '../../lib/image/readImage';
import { resizeImage } from '../../lib/image/resizeImage';

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
const PER_CLASS = 60;
const COLORS = { blue: '#1040d0', green: '#20c040', red: '#d02010' };

let root: string;
let folder: string;

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'pictures-'));
  folder = join(root, 'photos');
  for (const [name, background] of Object.entries(COLORS)) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < PER_CLASS; i++) {
      const format = FORMATS[i % FORMATS.length];
      const create = { width: 20 + 3 * i, height: 90 - i, channels: 3, background } as const;
      await sharp({ create })
        .toFormat(format)
        .toFile(join(folder, name, `${String(i).padStart(2, '0')}.${format}`));
    }
  }
  writeFileSync(join(folder, 'red', '.DS_Store'), 'hidden');
  writeFileSync(join(folder, 'red', 'notes.txt'), 'no picture');
  mkdirSync(join(folder, '.git'));
});

after(() => rmSync(root, { recursive: true, force: true }));

const load = (path: string, options: Partial<ImageFolderOptions> = {}) =>
  loadImageFolder(path, { size: 16, cache: false, ...options });

/** A folder of files of which each is a picture of one color, or the text that is given. */
async function made(name: string, files: Record<string, string | null>): Promise<string> {
  const path = join(root, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    const picture = () =>
      sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .png()
        .toBuffer();
    writeFileSync(join(path, file), text ?? (await picture()));
  }
  return path;
}

describe('a folder of pictures', () => {
  test('a folder of pictures of all formats and sizes becomes two data sets of one size', async () => {
    const { train, test: tests, files, broken } = await load(folder, { split: 0.25 });
    assert.deepEqual(train.classNames, ['blue', 'green', 'red']);
    assert.deepEqual(
      [train.classCounts(), tests.classCounts()],
      [
        [45, 45, 45],
        [15, 15, 15],
      ],
    );
    assert.deepEqual([train.imageShape, broken], [[16, 16, 3], []]);
    const all = [...files.train, ...files.test];
    assert.equal(new Set(all).size, 3 * PER_CLASS);
    assert.ok(all.every((file) => FORMATS.some((format) => file.endsWith(`.${format}`))));
  });

  test('a folder of pictures has the pixels that a prediction would see', async () => {
    const height = 12;
    const [color, gray] = await Promise.all([
      load(folder, { size: [height, 16], fit: 'cover' }),
      load(folder, { size: [height, 16], fit: 'cover', channels: 1 }),
    ]);
    for (const i of [0, 7, 20, 33]) {
      const image = resizeImage(await readImage(join(folder, color.files.test[i])), 16, height, 'cover');
      assert.deepEqual(Buffer.from(color.test.image(i)), Buffer.from(image.data));
      assert.deepEqual(Buffer.from(gray.test.image(i)), Buffer.from(toGray(image)));
      assert.equal(color.files.test[i].split('/')[0], color.test.classNames[color.test.labels[i]]);
    }
    assert.deepEqual(gray.test.imageShape, [12, 16, 1]);
  });

  test('a folder of pictures is split by the seed', async () => {
    const [first, again, other] = await Promise.all([0, 0, 1].map((seed) => load(folder, { seed })));
    assert.deepEqual(first.files, again.files);
    assert.notDeepEqual(first.files.test, other.files.test);
  });

  test('a folder of pictures may be split into train and test, with folders in its classes', async () => {
    const path = await made('split', {
      'train/cat/a/1.png': null,
      'train/cat/2.png': null,
      'train/dog/1.png': null,
      'val/cat/9.png': null,
      'val/dog/9.png': null,
    });
    const { files } = await load(path);
    assert.deepEqual(files, {
      train: ['train/cat/2.png', 'train/cat/a/1.png', 'train/dog/1.png'],
      test: ['val/cat/9.png', 'val/dog/9.png'],
    });
  });

  test('a folder of pictures with a link back to it is read once', {
    skip: process.platform === 'win32',
  }, async () => {
    const path = await made('linked', {
      'cat/1.png': null,
      'cat/2.png': null,
      'dog/1.png': null,
      'dog/2.png': null,
    });
    symlinkSync('..', join(path, 'cat', 'back'));
    const { files } = await load(path);
    assert.equal(files.train.length + files.test.length, 4);
  });
});

describe('broken pictures', () => {
  const broken = { 'cat/bad.jpg': 'no picture', 'dog/empty.png': '', 'dog/page.gif': '<!doctype html>' };
  const sound = { 'cat/1.png': null, 'cat/2.png': null, 'dog/1.png': null, 'dog/2.png': null };

  test('broken pictures are left out, and named with the reason', async () => {
    const found = await load(await made('broken', { ...sound, ...broken }));
    assert.deepEqual(
      found.broken.map(({ file }) => file),
      Object.keys(broken),
    );
    assert.match(found.broken[1].problem, /empty/);
    assert.match(found.broken[2].problem, /an HTML page/);
    assert.equal(found.train.length + found.test.length, 4);
    assert.match(inspect(found), /3 files left out:\n {2}cat\/bad.jpg: /);
  });

  test('broken pictures are refused where that is asked for', async () => {
    const path = await made('refused', { ...sound, ...broken });
    await assert.rejects(
      load(path, { broken: 'refuse' }),
      /3 of 7 files of .* can't be read:\n {2}cat\/bad.jpg/,
    );
  });

  test('broken pictures alone in a class are told', async () => {
    const path = await made('hopeless', { ...broken, 'cat/1.png': null, 'cat/2.png': null });
    await assert.rejects(
      load(path),
      /None of the pictures of the class "dog" can be read. The first: .*empty/,
    );
  });
});

describe('decoded pictures are kept', () => {
  /** How many files were decoded. */
  async function decodes(
    path: string,
    cache: string,
    options: Partial<ImageFolderOptions> = {},
  ): Promise<number> {
    let count = 0;
    await load(path, { cache, ...options, onProgress: (done) => (count = done) });
    return count;
  }

  test('decoded pictures are kept until a file is changed, added or taken away, or another size is asked for', async () => {
    const files = {
      'cat/1.png': null,
      'cat/2.png': null,
      'dog/1.png': null,
      'dog/2.png': null,
      'dog/3.jpg': 'broken',
    };
    const path = await made('kept', files);
    const cache = join(root, 'cache');
    assert.equal(await decodes(path, cache), 5);
    assert.equal(await decodes(path, cache), 0);
    assert.deepEqual(
      (await load(path, { cache })).broken.map(({ file }) => file),
      ['dog/3.jpg'],
    );
    assert.equal(await decodes(path, cache, { size: 8 }), 5);
    assert.equal(await decodes(path, cache), 0);
    utimesSync(join(path, 'cat/1.png'), 1, 1);
    assert.equal(await decodes(path, cache), 5);
    await made('kept', { 'cat/3.png': null });
    assert.equal(await decodes(path, cache), 6);
    rmSync(join(path, 'cat/3.png'));
    assert.equal(await decodes(path, cache), 5);
    // One for each size, not one for each state.
    assert.equal(readdirSync(cache).length, 2);
  });

  test('decoded pictures that were damaged on the disk are decoded again, and no cache is needed', async () => {
    const path = await made('damaged', { 'cat/1.png': null, 'cat/2.png': null });
    const cache = join(root, 'damaged-cache');
    assert.equal(await decodes(path, cache), 2);
    const [name] = readdirSync(cache);
    writeFileSync(join(cache, name), Buffer.alloc(100));
    assert.equal(await decodes(path, cache), 2);
    assert.equal(await decodes(path, join(path, 'cat/1.png')), 2);
    assert.ok(existsSync(join(path, 'cat/1.png')));
  });
});

describe('what is no folder of pictures is refused', () => {
  const cases: [string, () => Promise<unknown>, RegExp][] = [
    ['none', () => load(join(root, 'nowhere')), /there is no such folder/],
    ['a file', async () => load(join(await made('a', { 'x.png': null }), 'x.png')), /it is a file/],
    ['one without folders', async () => load(await made('flat', { '1.png': null })), /has no folders in it/],
    [
      'a class without pictures',
      async () => load(await made('bare', { 'cat/1.png': null, 'dog/a.txt': '' })),
      /dog has no pictures/,
    ],
    ['a class of one', async () => load(await made('one', { 'cat/1.png': null })), /"cat" has one picture/],
    [
      'parts of other classes',
      async () => load(await made('parts', { 'train/cat/1.png': null, 'test/dog/1.png': null })),
      /The class "cat" is in only one of train and test/,
    ],
  ];
  for (const [what, loading, message] of cases) {
    test(`what is no folder of pictures is refused: ${what}`, async () => {
      await assert.rejects(
        loading,
        (error: Error) => error instanceof DataError && message.test(error.message),
      );
    });
  }

  test('what is no folder of pictures is refused: settings that can’t be', async () => {
    for (const options of [
      { size: 0 },
      { split: 1 },
      { channels: 2 },
      { fit: 'crop' },
      { broken: 'hide' },
      { seed: -1 },
    ]) {
      await assert.rejects(load(folder, options as never), ConfigError, JSON.stringify(options));
    }
  });

  test('what is no folder of pictures is refused: work that is aborted', async () => {
    await assert.rejects(load(folder, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
  });
});
