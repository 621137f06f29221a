/**
 * What `train` tells the outside while it runs. It knows of no terminal and no notebook: whoever listens, shows.
 */
import type { EpochRecord } from './history';

/** One report of a training run: after a batch, after an epoch, or a sentence for the reader. */
export type TrainEvent =
  | {
      kind: 'batch';
      /** Counted from 1, of `epochs`. */
      epoch: number;
      epochs: number;
      /** Counted from 1, of `batches`. */
      batch: number;
      batches: number;
      /** Images seen so far in this epoch. */
      images: number;
      /** Mean over the images seen so far in this epoch. */
      loss: number;
      /** Share of the images seen so far in this epoch that were classified right, 0..1. */
      accuracy: number;
      learningRate: number;
      /** Since the epoch began. */
      seconds: number;
    }
  | { kind: 'epoch'; record: EpochRecord; epochs: number }
  | { kind: 'message'; text: string };

/** Listens to a training run. What it throws ends the run. */
export type ProgressListener = (event: TrainEvent) => void;
