/** BMP files, which the library reads by itself, with headers and pixels that don't fit. */
import { bmp } from '../imageBytes';
import { bad, patched, type Row } from './row';

export const BITMAPS: readonly Row[] = [
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
    'a color beyond the palette',
    () => bmp({ width: 1, height: 1, bits: 8, palette: new Array(12).fill(0), pixels: [9, 0, 0, 0] }),
    bad(/no color 9/),
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
