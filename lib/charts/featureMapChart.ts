/**
 * What a network makes of a picture, stage by stage.
 */
import { checkForm, checkPicture, type Form } from '../checks';
import { ChartError } from '../errors';
import type { FeatureMaps } from '../prediction/featureMaps';
import type { Picture } from '../prediction/picture/picture';
import type { Figure } from './figure';
import { pictureGrid } from './pictureGrid';

const COLUMNS = 10;
const SIDE = 64; // 2, 4, 8 and 16 times the sides of the stages' maps

const FORM: Form = [
  { layer: 'string', height: 'number', width: 'number', channels: 'number', values: 'numbers' },
];

/**
 * The strongest feature maps of each stage in a row, each from black, which is 0, to white, its largest number.
 *
 * @param picture what the maps were computed of; it stands above them
 */
export function featureMapChart(picture: Picture, stages: readonly FeatureMaps[]): Figure {
  checkPicture(picture);
  checkForm('stages', stages, FORM, 'Give what `featureMaps` returns.', ChartError);
  const rows = stages.map((maps) => ({
    label: `<b>${maps.layer}</b><br>${maps.height}×${maps.width}×${maps.channels}`,
    pictures: strongest(maps),
  }));
  return pictureGrid(
    [{ label: `<b>picture</b><br>${picture.height}×${picture.width}×3`, pictures: [picture] }, ...rows],
    {
      title: 'Feature maps',
      subtitle: `the ${COLUMNS} strongest after each stage; black: 0, white: the largest number of the map`,
      side: SIDE,
    },
  );
}

/** The maps with the largest means, as pictures in grey. */
function strongest({ height, width, channels, values }: FeatureMaps): Picture[] {
  const map = (channel: number) =>
    Float32Array.from({ length: height * width }, (_, i) => Math.max(0, values[i * channels + channel]));
  const maps = Array.from({ length: channels }, (_, channel) => map(channel));
  const sum = (numbers: Float32Array) => numbers.reduce((total, number) => total + number, 0);
  const shown = maps.sort((a, b) => sum(b) - sum(a)).slice(0, COLUMNS);
  return shown.map((numbers) => ({ width, height, data: grey(numbers) }));
}

/** Numbers as pixels, from 0 to the largest of them. */
function grey(numbers: Float32Array): Uint8Array {
  const white = Math.max(...numbers) || 1;
  return Uint8Array.from({ length: 3 * numbers.length }, (_, i) =>
    Math.round((255 * numbers[Math.floor(i / 3)]) / white),
  );
}
