/**
 * What a training run tells while it runs. Who listens draws the bar: training itself prints nothing.
 */
import type { EpochRecord } from './history';

/** A batch was trained on. */
export interface BatchEvent {
  readonly kind: 'batch';
  /** Counted from 1, of `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  /** Counted from 1, of `batches`. */
  readonly batch: number;
  readonly batches: number;
  /** Images of this epoch so far. */
  readonly images: number;
  /** Mean over the images of this epoch so far. */
  readonly loss: number;
  /** Fraction of the images of this epoch so far, 0 to 1. */
  readonly accuracy: number;
  readonly learningRate: number;
  /** Since the epoch began. */
  readonly seconds: number;
}

/** One thing that happened in a training run. */
export type TrainEvent =
  | BatchEvent
  | {
      /** An epoch ended, its test included. */
      readonly kind: 'epoch';
      readonly record: EpochRecord;
      readonly epochs: number;
    }
  | {
      /** Something worth a line of its own. */
      readonly kind: 'message';
      readonly text: string;
    };

/** Listens to a training run. It is called between batches, so it should return soon. */
export type TrainListener = (event: TrainEvent) => void;
