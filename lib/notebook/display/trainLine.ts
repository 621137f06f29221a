/**
 * The line that shows how far an epoch is.
 */
import type { TrainEvent } from '../../training/events';
import { bar, percent, timeLeft } from './progressLine';

/** A batch event: how far an epoch is. */
export type BatchEvent = Extract<TrainEvent, { kind: 'batch' }>;

/** Where the epoch is: bar, percentage, images a second, time left, running loss and accuracy. */
export function trainLine(event: BatchEvent): string {
  const { epoch, epochs, batch, batches, images, loss, accuracy, seconds } = event;
  const done = batch / batches;
  const pace = images / Math.max(seconds, 0.001);
  return [
    `Epoch ${epoch}/${epochs} ${bar(done)} ${percent(done)}`,
    `${pace.toFixed(pace < 10 ? 1 : 0)} images/s`,
    batch === batches ? 'testing' : timeLeft(batch, batches - batch, seconds),
    `loss ${loss.toFixed(4)}`,
    `acc ${(100 * accuracy).toFixed(2)}%`,
  ].join('  ');
}
