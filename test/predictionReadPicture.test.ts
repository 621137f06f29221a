/**
 * Pictures from files: against Pillow's pixels where Pillow writes the format, and bad files of every kind.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import { ImageError } from '../lib/errors';
import type { Picture } from '../lib/prediction/picture';
import { readPicture } from '../lib/prediction/readPicture';

const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
after(() => rmSync(folder, { recursive: true }));

const fixture = JSON.parse(readFileSync(join(__dirname, 'fixtures/pillow/pictures.json'), 'utf8')) as {
  name: string;
  tolerance: number;
  file: string;
  width: number;
  height: number;
  rgb: string;
}[];

function fixtureFile(name: string): Buffer {
  return Buffer.from(fixture.find((entry) => entry.name === name)!.file, 'base64');
}

/** A file in the temporary folder. */
function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function maxDifference(picture: Picture, expected: Uint8Array): number {
  assert.equal(picture.data.length, expected.length);
  return picture.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
}

describe('pixels as Pillow reads them', () => {
  for (const { name, tolerance, file, width, height, rgb } of fixture) {
    test(name, async () => {
      const picture = await readPicture(Buffer.from(file, 'base64'));
      assert.deepEqual([picture.width, picture.height], [width, height]);
      const difference = maxDifference(picture, Buffer.from(rgb, 'base64'));
      assert.ok(difference <= tolerance, `a channel is off by ${difference}`);
    });
  }
});

describe('pictures that Pillow does not write', () => {
  const colours = [255, 255, 255, 0, 0, 0, 200, 30, 30, 30, 30, 200];
  const row = { raw: { width: 4, height: 1, channels: 3 as const } };

  test('16 bits a channel', async () => {
    const file = await sharp(Buffer.from(colours), row).toColourspace('rgb16').png().toBuffer();
    assert.equal((await sharp(file).metadata()).depth, 'ushort');
    assert.ok(maxDifference(await readPicture(file), Uint8Array.from(colours)) <= 1);
  });

  test('16 bits of grey', async () => {
    const file = await sharp(Buffer.from([0, 100, 255]), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    assert.equal((await sharp(file).metadata()).depth, 'ushort');
    const expected = [0, 100, 255].flatMap((value) => [value, value, value]);
    assert.ok(maxDifference(await readPicture(file), Uint8Array.from(expected)) <= 1);
  });

  test('CMYK: neither inverted nor in wrong order', async () => {
    const blocks = { raw: { width: 4, height: 1, channels: 3 as const } };
    const file = await sharp(Buffer.from(colours), blocks)
      .resize(64, 16, { kernel: 'nearest', fit: 'fill' })
      .toColourspace('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    assert.equal((await sharp(file).metadata()).space, 'cmyk');
    const { data } = await readPicture(file);
    const at = (x: number) => Array.from(data.subarray((8 * 64 + x) * 3, (8 * 64 + x) * 3 + 3));
    assert.ok(Math.min(...at(8)) > 240, `white is ${at(8)}`);
    assert.ok(Math.max(...at(24)) < 60, `black is ${at(24)}`);
    assert.ok(at(40)[0] > 150 && at(40)[1] < 90 && at(40)[2] < 90, `red is ${at(40)}`);
    assert.ok(at(56)[2] > at(56)[0] + 50 && at(56)[2] > at(56)[1] + 50, `blue is ${at(56)}`);
  });
});

/** A BMP file of a header of 40 bytes, or of 12 where `core`. */
function bmp(options: {
  width: number;
  height: number;
  bits: number;
  pixels: number[];
  palette?: number[];
  compression?: number;
  masks?: number[];
  core?: boolean;
}): Buffer {
  const { width, height, bits, pixels, palette = [], compression = 0, masks = [], core = false } = options;
  const header = Buffer.alloc(core ? 26 : 54 + masks.length * 4);
  header.write('BM');
  header.writeUInt32LE(header.length + palette.length, 10);
  header.writeUInt32LE(core ? 12 : 40, 14);
  if (core) {
    header.writeUInt16LE(width, 18);
    header.writeUInt16LE(height, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt16LE(bits, 24);
  } else {
    header.writeInt32LE(width, 18);
    header.writeInt32LE(height, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(bits, 28);
    header.writeUInt32LE(compression, 30);
    for (const [i, mask] of masks.entries()) header.writeUInt32LE(mask, 54 + i * 4);
  }
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(pixels)]);
}

describe('BMP', () => {
  const RED_GREEN = [255, 0, 0, 0, 255, 0];
  // Palettes are blue, green, red.
  const palette = [0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0];

  const files: [string, Buffer][] = [
    ['4 bits', bmp({ width: 2, height: 1, bits: 4, palette, pixels: [0x12, 0, 0, 0] })],
    ['16 bits, 5 a channel', bmp({ width: 2, height: 1, bits: 16, pixels: [0x00, 0x7c, 0xe0, 0x03] })],
    [
      '16 bits, masks of 5, 6 and 5',
      bmp({
        width: 2,
        height: 1,
        bits: 16,
        compression: 3,
        masks: [0xf800, 0x7e0, 0x1f],
        pixels: [0, 0xf8, 0xe0, 0x07],
      }),
    ],
    [
      '32 bits, the fourth unused',
      bmp({ width: 2, height: 1, bits: 32, pixels: [0, 0, 255, 0, 0, 255, 0, 0] }),
    ],
    [
      'a header of 12 bytes',
      bmp({ width: 2, height: 1, bits: 24, core: true, pixels: [0, 0, 255, 0, 255, 0, 0, 0] }),
    ],
  ];
  for (const [name, file] of files) {
    test(name, async () => assert.deepEqual(Array.from((await readPicture(file)).data), RED_GREEN));
  }

  test('rows from the top where the height is negative', async () => {
    const pixels = [0, 0, 255, 0, 0, 255, 0, 0];
    const down = await readPicture(bmp({ width: 1, height: -2, bits: 24, pixels }));
    const up = await readPicture(bmp({ width: 1, height: 2, bits: 24, pixels }));
    assert.deepEqual([Array.from(down.data), down.height], [RED_GREEN, 2]);
    assert.deepEqual(Array.from(up.data), [0, 255, 0, 255, 0, 0]);
  });

  const bad: [string, Buffer, RegExp][] = [
    [
      'cut off in the header',
      bmp({ width: 2, height: 1, bits: 24, pixels: [] }).subarray(0, 30),
      /ends too early/,
    ],
    ['cut off in the pixels', bmp({ width: 2, height: 2, bits: 24, pixels: [1, 2, 3] }), /ends too early/],
    ['no width', bmp({ width: 0, height: 2, bits: 24, pixels: [] }), /size is 0×2/],
    ['a negative width', bmp({ width: -5, height: 2, bits: 24, pixels: [] }), /size is -5×2/],
    ['7 bits a pixel', bmp({ width: 1, height: 1, bits: 7, pixels: [0, 0, 0, 0] }), /7 bits a pixel/],
    [
      'a colour beyond the palette',
      bmp({ width: 1, height: 1, bits: 8, palette, pixels: [9, 0, 0, 0] }),
      /no colour 9/,
    ],
    [
      'run lengths',
      bmp({ width: 1, height: 1, bits: 8, compression: 1, pixels: [0, 0, 0, 0] }),
      /compressed/,
    ],
    ['a huge claim', bmp({ width: 30_000, height: 30_000, bits: 24, pixels: [] }), /30000×30000 pixels/],
    ['2^31 rows', bmp({ width: 1, height: -(2 ** 31), bits: 24, pixels: [] }), /2147483648 pixels/],
  ];
  for (const [name, file, message] of bad) {
    test(`${name} is an ImageError`, () => rejects(file, message));
  }
});

/** Reading this fails, soon, with a message that says what was wrong and what to do. */
async function rejects(source: string | Uint8Array, message: RegExp): Promise<void> {
  const start = performance.now();
  await assert.rejects(readPicture(source), (error: Error) => {
    assert.ok(error instanceof ImageError, `${error}`);
    assert.match(error.message, message);
    assert.ok(error.fix.length > 0);
    return true;
  });
  assert.ok(performance.now() - start < 2000);
}

/** A PNG whose header claims a size, its checksum right. */
function pngClaiming(width: number, height: number): Buffer {
  const file = Buffer.from(fixtureFile('PNG, colour'));
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  let crc = 0xffffffff;
  for (const byte of file.subarray(12, 29)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  file.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 29);
  return file;
}

describe('bad files are ImageErrors', () => {
  test('no such file', () => rejects(join(folder, 'nothing.jpg'), /nothing\.jpg does not exist/));
  test('a file for a folder', () => rejects(join(fileOf('f', 'x'), 'cat.jpg'), /does not exist/));
  test('a folder', () => rejects(folder, /is a folder/));
  test('no ordinary file', () => rejects('/dev/zero', /no ordinary file/));
  test('empty', () => rejects(fileOf('empty.png', ''), /empty\.png is empty/));
  test('over 50 MB', () =>
    rejects(fileOf('large.bmp', Buffer.alloc(50e6 + 1)), /50 MB, more than the 50 MB/));

  const texts: [string, string, RegExp][] = [
    ['text named .jpg', 'hello, I am a cat\n', /looks like text/],
    [
      'HTML named .jpg',
      '\ufeff<!-- hi -->\n<!DOCTYPE html><html><img src="cat.jpg">',
      /an HTML page.*address of the picture/s,
    ],
    [
      'SVG with a script',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      /an SVG drawing/,
    ],
    ['SVG behind an XML declaration', '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg/>', /an SVG drawing/],
    ['JSON', '{"error": "no such picture"}', /looks like JSON/],
    ['PDF', '%PDF-1.7\n', /a PDF document/],
    ['ZIP', 'PK\x03\x04\0\0', /a ZIP archive/],
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /an HEIC photo/],
    ['video', '\0\0\0\x18ftypmp42\0\0\0\0isommp42', /a video/],
    ['zeros', '\0'.repeat(100), /binary data/],
    ['one byte', 'B', /looks like text/],
  ];
  for (const [name, content, message] of texts) {
    test(name, () => rejects(fileOf(`${name}.jpg`, content), message));
  }

  for (const name of [
    'PNG, colour',
    'GIF, palette',
    'WebP, lossless',
    'AVIF',
    'TIFF, deflate',
    'BMP, 24 bits',
    'JPEG, colour',
  ]) {
    test(`${name}: cut off anywhere, it is read or refused, never worse`, async () => {
      const whole = fixtureFile(name);
      for (let length = 1; length < whole.length; length += Math.ceil(whole.length / 40)) {
        await readPicture(whole.subarray(0, length)).catch((error) =>
          assert.ok(error instanceof ImageError, `${error}`),
        );
      }
    });
    test(`${name}: half of it is refused`, () => {
      const whole = fixtureFile(name);
      return rejects(whole.subarray(0, whole.length >> 1), /broken/);
    });
  }

  test('a JPEG photo without its end', () => {
    const photo = readFileSync(join(__dirname, '../data/pictures/dog.jpg'));
    return rejects(
      fileOf('cut.jpg', photo.subarray(0, photo.length * 0.9)),
      /cut\.jpg is a broken JPEG picture/,
    );
  });
  test('a PNG photo without its end', () => {
    const photo = readFileSync(join(__dirname, '../data/pictures/cat.png'));
    return rejects(
      fileOf('cut.png', photo.subarray(0, photo.length * 0.9)),
      /cut\.png is a broken PNG picture/,
    );
  });
  test('a PNG with altered bytes', () => {
    const file = Buffer.from(fixtureFile('PNG, colour'));
    file.fill(0x55, 50, 70);
    return rejects(file, /broken PNG/);
  });
  test('a header that claims 30,000×30,000 pixels', () =>
    rejects(pngClaiming(30_000, 30_000), /30000×30000 pixels/));
  test('a header that claims more than its pixels fill', () =>
    rejects(pngClaiming(2000, 2000), /broken PNG/));
  test('a signature with another format behind it', () =>
    rejects(
      Buffer.from('\xff\xd8\xff<svg xmlns="http://www.w3.org/2000/svg"/>', 'latin1'),
      /broken JPEG|no picture/,
    ));
});

test('the bytes tell the format, not the name', async () => {
  const picture = await readPicture(fileOf('png.jpg', fixtureFile('PNG, colour')));
  assert.equal(picture.width, 13);
});
