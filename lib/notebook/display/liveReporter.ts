/**
 * Shows a training run while it runs.
 */
import type { TrainListener } from '../../training/events';
import { formatEpoch } from '../../training/history';
import { type LiveText, liveText } from './liveText';
import { REDRAW } from './progressLine';
import { trainLine } from './trainLine';

/**
 * A listener for `train` that shows a bar within the epoch and leaves a line for each epoch, as in the article's
 * section 6. In a pipe there is no bar.
 *
 * @param text where to write; by default where this program runs: a notebook's cell, a terminal, or a pipe.
 */
export function liveReporter(text: LiveText = liveText()): TrainListener {
  let drawnAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    switch (event.kind) {
      case 'batch':
        if (event.batch === 1) drawnAt = Number.NEGATIVE_INFINITY;
        if (event.seconds - drawnAt < REDRAW && event.batch < event.batches) return;
        drawnAt = event.seconds;
        text.status(trainLine(event));
        break;
      case 'epoch':
        text.line(formatEpoch(event.record, event.epochs));
        break;
      case 'message':
        text.line(event.text);
        break;
    }
  };
}
