/**
 * A training run as event files, which TensorBoard draws while they grow.
 */
import { tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import type { TrainEvent } from './events';
import type { EpochRecord } from './history';

type BatchEvent = Extract<TrainEvent, { kind: 'batch' }>;

/** Writes a training run's curves. TensorFlow.js keeps a folder's writer for the life of the process. */
export class TensorBoardLog {
  private readonly writer: ReturnType<typeof tf.node.summaryFileWriter>;
  /**
   * @param logDir a folder of the run's own; made if it isn't there. TensorBoard is given this folder, or one above it.
   * @param step batches trained so far, of all epochs
   * @throws ModelError where it can't be written
   */
  constructor(
    private readonly logDir: string,
    private step = 0,
  ) {
    this.writer = this.safely(() => tf.node.summaryFileWriter(logDir));
  }

  /** Writes what a batch event says, by the number of batches so far. */
  writeBatch({ loss, accuracy, learningRate }: BatchEvent): void {
    this.scalars(++this.step, {
      'batch/loss': loss,
      'batch/accuracy': accuracy,
      'batch/learning_rate': learningRate,
    });
  }

  /** Writes what an epoch came to, by its number, and has the file hold all so far. */
  writeEpoch({ epoch, trainLoss, testLoss, trainAccuracy, testAccuracy, seconds }: EpochRecord): void {
    this.scalars(epoch, {
      'loss/train': trainLoss,
      'loss/test': testLoss,
      'accuracy/train': trainAccuracy,
      'accuracy/test': testAccuracy,
      'epoch/seconds': seconds,
    });
    this.safely(() => this.writer.flush());
  }

  private scalars(step: number, values: Record<string, number>): void {
    this.safely(() => {
      for (const [name, value] of Object.entries(values)) this.writer.scalar(name, value, step);
    });
  }

  private safely<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      throw new ModelError(
        `Event files can't be written to ${this.logDir}: ${(cause as Error).message.split('\n')[0]}`,
        'Give a logDir that may be written, on a disk with free space.',
        { cause },
      );
    }
  }
}
