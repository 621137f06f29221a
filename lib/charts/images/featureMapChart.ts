/**
 * What a network makes of an image, stage by stage.
 */
import { checkForm, checkImage, type Form } from '../../checks';
import { ChartError } from '../../errors';
import type { Image } from '../../image/image';
import type { FeatureMaps } from '../../prediction/featureMaps';
import type { Figure } from '../figure';
import { imageRows } from './imageRows';

const COLUMNS = 10;
const SIDE = 64; // 2, 4, 8 and 16 times the sides of the stages' maps

const FORM: Form = [
  { layer: 'string', height: 'number', width: 'number', channels: 'number', values: 'numbers' },
];

/**
 * The strongest feature maps of each stage in a row, each from black, which is 0, to white, its largest number.
 *
 * @param image what the maps were computed of; it stands above them
 */
export function featureMapChart(image: Image, stages: readonly FeatureMaps[]): Figure {
  checkImage(image);
  checkForm('stages', stages, FORM, 'Give what `featureMaps` returns.', ChartError);
  const rows = stages.map((maps) => ({
    label: `<b>${maps.layer}</b><br>${maps.height}×${maps.width}×${maps.channels}`,
    images: strongest(maps),
  }));
  return imageRows(
    [{ label: `<b>image</b><br>${image.height}×${image.width}×3`, images: [image] }, ...rows],
    {
      title: 'Feature maps',
      subtitle: `the ${COLUMNS} strongest after each stage; black: 0, white: the largest number of the map`,
      side: SIDE,
    },
  );
}

/** The maps with the largest means, as images in gray. */
function strongest({ height, width, channels, values }: FeatureMaps): Image[] {
  const map = (channel: number) =>
    Float32Array.from({ length: height * width }, (_, i) => Math.max(0, values[i * channels + channel]));
  const maps = Array.from({ length: channels }, (_, channel) => map(channel));
  const sum = (numbers: Float32Array) => numbers.reduce((total, number) => total + number, 0);
  const shown = maps.sort((a, b) => sum(b) - sum(a)).slice(0, COLUMNS);
  return shown.map((numbers) => ({ width, height, data: gray(numbers) }));
}

/** Numbers as pixels, from 0 to the largest of them. */
function gray(numbers: Float32Array): Uint8Array {
  const white = Math.max(...numbers) || 1;
  return Uint8Array.from({ length: 3 * numbers.length }, (_, i) =>
    Math.round((255 * numbers[Math.floor(i / 3)]) / white),
  );
}
