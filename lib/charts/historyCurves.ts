/**
 * What the charts of a training run have in common: a curve for each set, over the epochs.
 */
import { type EpochRecord, type History, testedOn } from '../training/history';
import { COLORS } from './theme';

// Dash and marker tell the curves apart where color doesn't.
export const TRAIN = { line: { color: COLORS.blue, width: 2.5 }, marker: { symbol: 'circle', size: 7 } };
export const TEST = {
  line: { color: COLORS.vermillion, width: 2.5, dash: 'dash' },
  marker: { symbol: 'diamond', size: 8 },
};

/** What the curve of the images that a run was tested on is called. */
export function testedName({ epochs }: History): string {
  const { set } = testedOn(epochs[0]);
  return set[0].toUpperCase() + set.slice(1);
}

/** A value of each epoch as a curve. */
export function curve(
  history: History,
  name: string,
  style: object,
  value: (record: EpochRecord) => number,
  format: string,
): object {
  return {
    type: 'scatter',
    mode: 'lines+markers',
    name,
    x: history.epochs.map((record) => record.epoch),
    y: history.epochs.map(value),
    hovertemplate: `%{y:${format}}`,
    ...style,
  };
}

/**
 * An axis of whole epochs.
 *
 * @param most ticks
 */
export function epochAxis(epochs: number, most: number): object {
  return {
    title: { text: 'Epoch' },
    range: [0.5, epochs + 0.5],
    tick0: 1,
    dtick: Math.ceil(epochs / most),
  };
}
