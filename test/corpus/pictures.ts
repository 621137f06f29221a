/** Picture files, bad and odd. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { ImageError } from '../../lib/errors';
import { predictFile } from '../../lib/prediction/predictFile';
import { type Case, refused } from './judge';
import { isPrediction, isTruck, network, TRUCK } from './network';
import {
  bmp,
  jpegClaiming,
  jpegMarker,
  jpegOfScans,
  plain,
  png,
  pngChunk,
  pngText,
  tiff,
} from './pictureBytes';

const FIXTURES = JSON.parse(readFileSync(join(__dirname, '../fixtures/pillow/pictures.json'), 'utf8')) as {
  name: string;
  file: string;
}[];

/** Small files of each format, as Pillow writes them. */
export const SMALL_FILES: readonly Buffer[] = FIXTURES.map(({ file }) => Buffer.from(file, 'base64'));

const small = (name: string) => SMALL_FILES[FIXTURES.findIndex((entry) => entry.name === name)];
const half = (file: Buffer) => file.subarray(0, file.length >> 1);
const truck = (options?: sharp.SharpOptions) => sharp(TRUCK, options);
const bad = (message: RegExp) => refused(ImageError, message);

/** Bytes that are the same each time, and nothing. */
const noise = (length: number) =>
  Buffer.concat(
    Array.from({ length: Math.ceil(length / 64) }, (_, i) => createHash('sha512').update(`${i}`).digest()),
  );

/** What is made when it is first asked for. */
function lazily<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/** A file with some bytes written over. */
function patched(file: Buffer, at: number, bytes: Uint8Array | string): Buffer {
  const copy = Buffer.from(file);
  copy.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, at);
  return copy;
}

type Row = [name: string, make: () => Uint8Array | string | Promise<Uint8Array>, expect: Case['expect']];

const OTHER_THINGS: Row[] = [
  ['empty', () => '', bad(/is empty/)],
  ['one byte', () => 'B', bad(/looks like text/)],
  ['zeros', () => Buffer.alloc(1000), bad(/binary data/)],
  ['noise', () => noise(1000), bad(/binary data/)],
  ['text', () => 'hello, I am a cat\n', bad(/looks like text/)],
  [
    'HTML',
    () => '\ufeff<!-- hi -->\n<!DOCTYPE html><html><img src="cat.jpg">',
    bad(/an HTML page.*address of the picture/s),
  ],
  ["HTML behind a JPEG's first bytes", () => Buffer.from('\xff\xd8\xff<html>', 'latin1'), bad(/broken JPEG/)],
  [
    'SVG with a script',
    () => '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    bad(/an SVG drawing/),
  ],
  ['SVG behind an XML declaration', () => '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg/>', bad(/SVG/)],
  [
    'SVG that asks for a file',
    () =>
      '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
    bad(/XML|SVG/),
  ],
  ['SVG, packed', () => gzipSync('<svg xmlns="http://www.w3.org/2000/svg"/>'), bad(/gzip-compressed/)],
  ["SVG behind a JPEG's first bytes", () => Buffer.from('\xff\xd8\xff<svg/>', 'latin1'), bad(/JPEG|picture/)],
  ['JSON', () => '{"error": "no such picture"}', bad(/looks like JSON/)],
  ['PDF', () => '%PDF-1.7\n', bad(/a PDF document/)],
  ['ZIP', () => 'PK\x03\x04\0\0', bad(/a ZIP archive/)],
  ['HEIC', () => '\0\0\0\x18ftypheic\0\0\0\0mif1heic', bad(/an HEIC photo/)],
  ['a video', () => '\0\0\0\x18ftypmp42\0\0\0\0isommp42', bad(/a video/)],
  ['JPEG XL', () => Buffer.from('\xff\x0a\0\0', 'latin1'), bad(/JPEG XL/)],
  ['over 50 MB', () => Buffer.alloc(50e6 + 1), bad(/50 MB, more than the 50 MB/)],
];

const CUT_OR_ALTERED: Row[] = [
  ...[
    'PNG, colour',
    'GIF, palette',
    'WebP, lossless',
    'AVIF',
    'TIFF, deflate',
    'BMP, 24 bits',
    'JPEG, colour',
  ].map((name): Row => [`half of ${name}`, () => half(small(name)), bad(/broken/)]),
  ['a PNG photo without its end', () => TRUCK.subarray(0, TRUCK.length * 0.9), bad(/broken PNG/)],
  [
    'a JPEG photo without its end',
    async () => (await truck().jpeg().toBuffer()).subarray(0, -2000),
    bad(/broken JPEG/),
  ],
  ['a PNG signature alone', () => TRUCK.subarray(0, 8), bad(/broken PNG/)],
  ['a JPEG signature alone', () => Buffer.from([0xff, 0xd8, 0xff]), bad(/broken JPEG/)],
  ['a GIF header alone', async () => (await plain().gif().toBuffer()).subarray(0, 13), bad(/broken GIF/)],
  ['altered bytes of a PNG', () => patched(small('PNG, colour'), 50, Buffer.alloc(20, 0x55)), bad(/broken/)],
  ["a PNG's name over a JPEG", () => patched(small('JPEG, colour'), 0, '\x89PNG\r\n\x1a\n'), bad(/broken/)],
  ['a PNG without width', () => png({ width: 0, height: 5 }), bad(/broken PNG/)],
  ['a PNG of no kind of colour', () => png({ width: 1, height: 1, colour: 5 }), bad(/broken PNG/)],
  ['a TIFF of 65,535 channels', () => tiff({ width: 9, height: 9, channels: 65_535 }), bad(/broken TIFF/)],
  [
    'a TIFF packed as nothing is',
    () => tiff({ width: 9, height: 9, compression: 8 }),
    bad(/broken TIFF picture: /),
  ],
  [
    'a TIFF whose pages are a circle',
    () => tiff({ width: 2, height: 2, pages: 3, circle: true }),
    isPrediction,
  ],
];

const CLAIMS: Row[] = [
  ['PNG, 30,000×30,000 pixels', () => png({ width: 30_000, height: 30_000 }), bad(/30000×30000 pixels/)],
  ['PNG, 2³¹ pixels a side', () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }), bad(/broken|pixels/)],
  ['PNG, more than is there', () => png({ width: 2000, height: 2000 }), bad(/broken PNG/)],
  [
    'JPEG, 30,000×30,000 pixels',
    async () => jpegClaiming(await plain().jpeg().toBuffer(), 30_000, 30_000),
    bad(/30000×30000 pixels/),
  ],
  [
    'WebP, 16,383×16,383 pixels',
    async () =>
      patched(await plain().webp({ lossless: true }).toBuffer(), 21, [0xfe, 0xbf, 0xff, 0x0f] as never),
    bad(/16383×16383 pixels/),
  ],
  [
    'GIF, 65,535×65,535 pixels',
    async () => patched(await plain().gif().toBuffer(), 6, '\xff\xff\xff\xff'),
    isPrediction,
  ],
  [
    'AVIF, 30,000×30,000 pixels',
    async () => {
      const file = await plain().avif().toBuffer();
      return patched(file, file.indexOf('ispe') + 8, '\0\0\x75\x30\0\0\x75\x30');
    },
    bad(/30000×30000 pixels/),
  ],
  ['TIFF, 30,000×30,000 pixels', () => tiff({ width: 30_000, height: 30_000 }), bad(/30000×30000 pixels/)],
  ['TIFF, more than is there', () => tiff({ width: 9999, height: 9999 }), bad(/broken TIFF/)],
  ['TIFF of 5,000 pages', () => tiff({ width: 2, height: 2, pages: 5000 }), isPrediction],
  ['JPEG that is drawn over 10,000 times', () => jpegOfScans(10_000), bad(/more than 100 scans/)],
];

/** 250 MB of zeros in 250 kB. */
const bomb = lazily(() => deflateSync(Buffer.alloc(250e6)));

const BOMBS: Row[] = [
  ['PNG, 250 MB for 2×2 pixels', () => png({ width: 2, height: 2, rows: bomb() }), isPrediction],
  [
    'PNG, 250 MB of a colour profile',
    () => png({ width: 1, height: 1, chunks: [pngText('iCCP', bomb())] }),
    isPrediction,
  ],
  [
    'PNG, 250 MB of a comment',
    () => png({ width: 1, height: 1, chunks: [pngText('zTXt', bomb())] }),
    isPrediction,
  ],
  [
    'PNG, 40 million pixels in 250 kB',
    () => png({ width: 8000, height: 5000, bits: 1, colour: 0, rows: bomb() }),
    isPrediction,
  ],
  [
    'PNG, 10 million pixels of 16 bits and alpha in 250 kB',
    () => png({ width: 5000, height: 2000, bits: 16, colour: 6, rows: bomb() }),
    isPrediction,
  ],
];

const BITMAPS: Row[] = [
  [
    'cut off in the header',
    () => bmp({ width: 2, height: 1, bits: 24, pixels: [] }).subarray(0, 30),
    bad(/ends too early/),
  ],
  [
    'cut off in the pixels',
    () => bmp({ width: 2, height: 2, bits: 24, pixels: [1, 2, 3] }),
    bad(/ends too early/),
  ],
  ['no width', () => bmp({ width: 0, height: 2, bits: 24, pixels: [] }), bad(/size is 0×2/)],
  ['a negative width', () => bmp({ width: -5, height: 2, bits: 24, pixels: [] }), bad(/size is -5×2/)],
  [
    '7 bits a pixel',
    () => bmp({ width: 1, height: 1, bits: 7, pixels: [0, 0, 0, 0] }),
    bad(/7 bits a pixel/),
  ],
  [
    'a colour beyond the palette',
    () => bmp({ width: 1, height: 1, bits: 8, palette: new Array(12).fill(0), pixels: [9, 0, 0, 0] }),
    bad(/no colour 9/),
  ],
  [
    'run lengths',
    () => bmp({ width: 1, height: 1, bits: 8, compression: 1, pixels: [0, 0, 0, 0] }),
    bad(/compressed/),
  ],
  [
    '30,000×30,000 pixels',
    () => bmp({ width: 30_000, height: 30_000, bits: 24, pixels: [] }),
    bad(/30000×30000 pixels/),
  ],
  ['2³¹ rows', () => bmp({ width: 1, height: -(2 ** 31), bits: 24, pixels: [] }), bad(/2147483648 pixels/)],
  [
    'pixels that begin behind the end',
    () => patched(bmp({ width: 1, height: 1, bits: 24, pixels: [0, 0, 0, 0] }), 10, '\xff\xff\xff\xff'),
    bad(/ends too early/),
  ],
  [
    'a header as long as none is',
    () => patched(bmp({ width: 1, height: 1, bits: 24, pixels: [0, 0, 0, 0] }), 14, '\x29'),
    bad(/looks like/),
  ],
].map(([name, make, expect]) => [`BMP, ${name}`, make, expect] as Row);

const GOOD_BUT_ODD: Row[] = [
  ['CMYK JPEG', () => truck().toColourspace('cmyk').jpeg().toBuffer(), isTruck],
  ['CMYK TIFF', () => truck().toColourspace('cmyk').tiff().toBuffer(), isTruck],
  ['Lab TIFF', () => truck().toColourspace('lab').tiff().toBuffer(), isTruck],
  ['TIFF of floats', () => truck().toColourspace('scrgb').tiff().toBuffer(), isTruck],
  ['16 bit PNG', () => truck().toColourspace('rgb16').png().toBuffer(), isTruck],
  ['16 bit TIFF', () => truck().toColourspace('rgb16').tiff().toBuffer(), isTruck],
  ['interlaced PNG', () => truck().png({ progressive: true }).toBuffer(), isTruck],
  ['progressive JPEG', () => truck().jpeg({ progressive: true }).toBuffer(), isTruck],
  ['PNG with a palette', () => truck().png({ palette: true, colours: 64 }).toBuffer(), isTruck],
  ['PNG with alpha', () => truck().ensureAlpha().png().toBuffer(), isTruck],
  ['animated GIF', () => animated().then((frames) => frames.gif().toBuffer()), isTruck],
  ['animated WebP', () => animated().then((frames) => frames.webp().toBuffer()), isTruck],
  [
    'animated PNG',
    () =>
      Buffer.concat([
        TRUCK.subarray(0, 33),
        pngChunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])),
        TRUCK.subarray(33),
      ]),
    isTruck,
  ],
  [
    'JPEG turned by its EXIF data',
    () => truck().rotate(-90).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    isTruck,
  ],
  [
    'JPEG with a broken colour profile',
    async () => {
      const file = await truck().withIccProfile('srgb').jpeg().toBuffer();
      return patched(file, file.indexOf('ICC_PROFILE') + 14, Buffer.alloc(300, 0x41));
    },
    isTruck,
  ],
  [
    'JPEG with broken EXIF data',
    async () => {
      const file = await truck().withMetadata({ orientation: 1 }).jpeg().toBuffer();
      return patched(file, jpegMarker(file, (marker) => marker === 0xe1) + 14, Buffer.alloc(8, 0xff));
    },
    isTruck,
  ],
  ['PNG with another file behind it', () => Buffer.concat([TRUCK, noise(10_000)]), isTruck],
  ['one pixel', () => png({ width: 1, height: 1 }), isPrediction],
  ['one row', () => plain().resize(5000, 1, { fit: 'fill' }).png().toBuffer(), isPrediction],
  ['one column', () => plain().resize(1, 5000, { fit: 'fill' }).png().toBuffer(), isPrediction],
];

/** The truck, and behind it a frame of another colour. */
async function animated(): Promise<sharp.Sharp> {
  const { width, height } = await truck().metadata();
  const frame = await sharp({ create: { width, height, channels: 3, background: 'green' } })
    .png()
    .toBuffer();
  return sharp([TRUCK, frame], { join: { animated: true } });
}

/** All of them, each a file whose name says the wrong thing. */
export const PICTURES: readonly Case[] = [
  ...OTHER_THINGS,
  ...CUT_OR_ALTERED,
  ...CLAIMS,
  ...BOMBS,
  ...BITMAPS,
  ...GOOD_BUT_ODD,
].map(([name, make, expect]) => ({
  name,
  expect,
  async prepare(folder) {
    const net = await network();
    const path = join(folder, 'picture.jpg');
    await writeFile(path, await make());
    return { read: () => predictFile(net, path) };
  },
}));
