/** Images of a kind that is seldom met, and good. */
import sharp from 'sharp';
import { jpegMarker, plain, png, pngChunk } from '../imageBytes';
import { isPrediction, isTruck, TRUCK } from '../network';
import { noise, patched, type Row } from './row';

const truck = () => sharp(TRUCK);

export const GOOD_BUT_ODD: readonly Row[] = [
  ['CMYK JPEG', () => truck().toColourspace('cmyk').jpeg().toBuffer(), isTruck],
  ['CMYK TIFF', () => truck().toColourspace('cmyk').tiff().toBuffer(), isTruck],
  ['Lab TIFF', () => truck().toColourspace('lab').tiff().toBuffer(), isTruck],
  ['TIFF of floats', () => truck().toColourspace('scrgb').tiff().toBuffer(), isTruck],
  ['16 bit PNG', () => truck().toColourspace('rgb16').png().toBuffer(), isTruck],
  ['16 bit TIFF', () => truck().toColourspace('rgb16').tiff().toBuffer(), isTruck],
  ['interlaced PNG', () => truck().png({ progressive: true }).toBuffer(), isTruck],
  ['progressive JPEG', () => truck().jpeg({ progressive: true }).toBuffer(), isTruck],
  ['PNG with a palette', () => truck().png({ palette: true, colors: 64 }).toBuffer(), isTruck],
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
    'JPEG with a broken color profile',
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

/** The truck, and behind it a frame of another color. */
async function animated(): Promise<sharp.Sharp> {
  const { width, height } = await truck().metadata();
  const frame = await sharp({ create: { width, height, channels: 3, background: 'green' } })
    .png()
    .toBuffer();
  return sharp([TRUCK, frame], { join: { animated: true } });
}
