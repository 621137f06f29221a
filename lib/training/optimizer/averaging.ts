/**
 * The average of a network's weights along a run, which is tested and saved in their place.
 */
import { checkNumber, checkPositiveInteger } from '../../checks';
import { recordUpdate } from '../../engine/recording/active';
import { floatType, typeAttribute } from '../../engine/runtime/backend';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import { variableOf } from '../../models/weights';

/** How weights are averaged. The network that is tested after each epoch, saved, and left at the end has the averages. */
export interface AveragingOptions {
  /**
   * Exponential moving average of all weights and statistics, after each step: the share of the average that stays, 0.999 for example.
   * Default: none.
   */
  ema?: number;
  /** Stochastic weight averaging: the mean of the weights and statistics at the end of this epoch and of each after it. Default: none. */
  swaStart?: number;
}

/** @throws ConfigError for what is out of range, and for two averages at once */
export function checkAveraging({ ema, swaStart }: AveragingOptions): void {
  if (ema !== undefined) checkNumber('ema', ema, 0, 1);
  if (swaStart !== undefined) checkPositiveInteger('swaStart', swaStart);
  if (ema !== undefined && swaStart !== undefined) {
    throw new ConfigError('A run has one average of its weights.', 'Leave out ema, or swaStart.');
  }
}

/** The average of a run. Who made it disposes it. */
export class WeightAverage {
  private readonly weights: TensorFlow.Variable[];
  private readonly averages: TensorFlow.Variable[];
  /** How often the weights were added to an equal average. */
  private count = 0;

  /** Begins with the weights as they are. */
  constructor(
    net: TensorFlow.LayersModel,
    private readonly options: AveragingOptions,
  ) {
    this.weights = net.weights.map(variableOf);
    this.averages = tf.tidy(() =>
      this.weights.map((weight) => tf.variable(tf.tensor(weight.dataSync(), weight.shape), false)),
    );
  }

  /** The average of a run that asks for one. */
  static of(net: TensorFlow.LayersModel, options: AveragingOptions): WeightAverage | undefined {
    const asked = options.ema !== undefined || options.swaStart !== undefined;
    return asked ? new WeightAverage(net, options) : undefined;
  }

  /**
   * Adds the weights as they are after a step, as a part of that.
   *
   * @param when a bool: whether the step was taken
   * @see Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"
   */
  addStep(when: TensorFlow.Scalar): void {
    const { ema } = this.options;
    if (ema === undefined) return;
    tf.tidy(() => {
      const share = tf.mul(tf.cast(when, 'float32'), 1 - ema);
      this.weights.forEach((weight, i) => {
        const average = this.averages[i];
        const change = tf.mul(tf.sub(average, weight), share);
        const attributes = [typeAttribute('dtype', floatType())];
        if (!recordUpdate('AssignSubVariableOp', [average], [change], attributes)) {
          average.assign(tf.sub(average, change));
        }
      });
    });
  }

  /**
   * Adds the weights as they are after an epoch.
   *
   * @see Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"
   */
  addEpoch(epoch: number): void {
    const { swaStart } = this.options;
    if (swaStart === undefined || epoch < swaStart) return;
    this.count++;
    tf.tidy(() => {
      this.weights.forEach((weight, i) => {
        const average = this.averages[i];
        average.assign(tf.add(average, tf.div(tf.sub(weight, average), this.count)));
      });
    });
  }

  /** Whether there is an average yet. */
  get isBegun(): boolean {
    return this.options.ema !== undefined || this.count > 0;
  }

  /** Calls `work` while the network has the averages. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isBegun) return work();
    this.exchange();
    try {
      return await work();
    } finally {
      this.exchange();
    }
  }

  /** Gives the network the averages. */
  finish(): void {
    if (this.isBegun) this.exchange();
  }

  private exchange(): void {
    tf.tidy(() => {
      this.weights.forEach((weight, i) => {
        const [own, average] = [weight, this.averages[i]].map((variable) =>
          tf.tensor(variable.dataSync(), variable.shape),
        );
        weight.assign(average);
        this.averages[i].assign(own);
      });
    });
  }

  /** What changes as training goes on, but for the averages. */
  stateDict(): { count: number } {
    return { count: this.count };
  }

  /** Takes over what `stateDict` gave. */
  loadStateDict({ count }: { count: number }): void {
    this.count = count;
  }

  /** The averages, in the order of the network's weights. */
  read(): Float32Array[] {
    return this.averages.map((average) => average.dataSync() as Float32Array);
  }

  /** Takes over what `read` gave. */
  write(values: readonly Float32Array[]): void {
    tf.tidy(() => {
      this.averages.forEach((average, i) => {
        average.assign(tf.tensor(values[i], average.shape));
      });
    });
  }

  dispose(): void {
    tf.dispose(this.averages);
  }
}
