/**
 * The curves of a training run, growing below the cell.
 */
import { randomUUID } from 'node:crypto';
import { plainFigure } from '../../charts/plainFigure';
import { trainingChart } from '../../charts/trainingChart';
import type { TrainEvent } from '../../training/events';
import type { EpochRecord } from '../../training/history';
import { cellOutput } from '../kernel/kernel';
import { displayData, PLOTLY } from './show';

/** Share of a run's time that drawing may take. */
const SHARE = 0.03;

/** Curves that follow a run. */
export interface LiveCurves {
  listen(event: TrainEvent): void;
  /** Has the curves show all that they were told of, and answer to the mouse. */
  end(): Promise<void>;
}

/**
 * Curves of loss and accuracy as one output of the cell, drawn again after an epoch, but no more often than it costs little of the
 * run's time. Outside a notebook, and for a run of one epoch, there are none.
 */
export function liveCurves(): LiveCurves {
  const write = cellOutput();
  const id = randomUUID();
  const records: EpochRecord[] = [];
  let [epochs, update] = [0, false];
  let nextAt = 0;
  let drawing: Promise<void> = Promise.resolve();

  const draw = async (last: boolean): Promise<void> => {
    if (!write || epochs < 2 || records.length === 0) return;
    const began = performance.now();
    const content = await displayData(plainFigure(trainingChart({ epochs: [...records] }, epochs)), id);
    // A chart that came to life under the mouse takes no newer one, so that there is none before the last.
    if (!last) delete content.data[PLOTLY];
    write(content, update);
    update = true;
    nextAt = performance.now() + (performance.now() - began) / SHARE;
  };
  // One at a time: an older drawing must not come last.
  const drawNext = (last: boolean): Promise<void> => {
    drawing = drawing.then(() => draw(last));
    return drawing;
  };
  return {
    listen(event) {
      if (event.kind !== 'epoch') return;
      records.push(event.record);
      epochs = event.epochs;
      if (performance.now() >= nextAt) drawNext(false);
    },
    end: () => drawNext(true),
  };
}
