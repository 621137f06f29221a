/**
 * The filters of a network's first layer, as what they are: small color images.
 */
import { checkForm, type Form } from '../../checks';
import { ChartError } from '../../errors';
import type { Image } from '../../image/image';
import type { Filters } from '../../models/filters';
import type { Figure } from '../figure';
import { imageRows } from './imageRows';

const COLUMNS = 8;
const SIDE = 75;

const FORM: Form = {
  layer: 'string',
  height: 'number',
  width: 'number',
  count: 'number',
  values: 'numbers',
};

/**
 * Draws each filter with its weights as red, green and blue: middle gray is 0, and a filter's largest weight, up or down, is full
 * light or none. A filter answers most strongly to what looks like its image.
 */
export function filterChart(filters: Filters): Figure {
  const fix = 'Give what `firstLayerFilters` returns.';
  const { layer, height, width, count, values } = checkForm('filters', filters, FORM, fix, ChartError);
  if (count < 1 || values.length !== height * width * 3 * count) {
    throw new ChartError(`${values.length} values aren't ${count} filters of ${height}×${width}×3.`, fix);
  }
  const images = Array.from({ length: count }, (_, filter) => imageOf(filters, filter));
  const rows = Array.from({ length: Math.ceil(count / COLUMNS) }, (_, row) => {
    const first = row * COLUMNS;
    const shown = images.slice(first, first + COLUMNS);
    return { label: `${first + 1} to ${first + shown.length}`, images: shown };
  });
  return imageRows(rows, {
    title: `Filters of ${layer}`,
    subtitle: `${count} of ${height}×${width}×3; grey: 0, brighter: positive, darker: negative`,
    side: SIDE,
  });
}

function imageOf({ height, width, count, values }: Filters, filter: number): Image {
  const weights = values.filter((_, i) => i % count === filter); // [height, width, 3]
  const largest = Math.max(...weights.map(Math.abs)) || 1;
  return {
    height,
    width,
    data: Uint8Array.from(weights, (weight) => Math.round(127.5 * (1 + weight / largest))),
  };
}
