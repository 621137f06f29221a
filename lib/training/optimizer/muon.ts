/**
 * Muon: momentum whose matrix is made orthogonal, for the filters of convolutions; another optimizer for everything else.
 */
import { checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { checkMatrix, gram } from '../../engine/operations/eigen';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import {
  checkOptimizer,
  Optimizer,
  type OptimizerOptions,
  type ParameterStep,
  type Rates,
  type Setting,
  type Share,
} from './optimizer';

/** What `Muon` takes; the names and defaults are those of Keller Jordan's. */
export interface MuonOptions extends OptimizerOptions {
  /** Learning rate of the filters. */
  lr: number;
  /** Share of the last step that is taken again. Default 0.95. */
  momentum?: number;
  /** Look ahead along the momentum. Default true. */
  nesterov?: boolean;
  /** Pull of every filter towards 0, beside its step. Default 0. */
  weightDecay?: number;
  /** Steps of Newton's and Schulz's iteration. Default 5. */
  newtonSchulzSteps?: number;
  /** Scale each filter to a norm of sqrt(output channels) before its step, as airbench does. Default false. */
  normalizeFilters?: boolean;
  /**
   * The optimizer of all parameters that are no filters: biases, batch normalization, dense layers. Its learning rate follows Muon's: it stays
   * the same multiple of it as when Muon was made. `groups` of its own count, and only they.
   */
  rest: Optimizer;
}

/** The coefficients of the iteration: x to a x + b x³ + c x⁵, which takes singular values of 0 to 1 near to 1 in a few steps. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

const EPSILON = 1e-7;

/**
 * Nearly the orthogonal matrix that is nearest to one: all of its singular values near to 1.
 *
 * @param matrix `[rows, columns]`
 * @throws ConfigError for what is no matrix
 * @see Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", https://kellerjordan.github.io/posts/muon
 */
export function orthogonalized(matrix: TensorFlow.Tensor2D, steps = 5): TensorFlow.Tensor2D {
  checkMatrix(matrix);
  checkPositiveInteger('steps', steps);
  return tf.tidy(() => {
    const [rows, columns] = matrix.shape;
    // The product of the iteration is that of the shorter side.
    const isTall = rows > columns;
    let x = tf.div(matrix, tf.add(tf.norm(matrix), EPSILON)) as TensorFlow.Tensor2D;
    for (let i = 0; i < steps; i++) {
      const square = gram(x);
      const polynomial = tf.add(
        tf.mul(square, B),
        tf.mul(tf.matMul(square, square), C),
      ) as TensorFlow.Tensor2D;
      x = tf.add(tf.mul(x, A), isTall ? tf.matMul(x, polynomial) : tf.matMul(polynomial, x));
    }
    return x;
  });
}

/**
 * Muon for the filters of convolutions, `[h, w, in, out]`, each taken as a matrix of [h * w * in, out]:
 *
 *     v = momentum * v + gradient
 *     g = nesterov ? gradient + momentum * v : v
 *     filter -= lr * sqrt(max(1, out / (h * w * in))) * orthogonalized(g)
 *
 * @throws ConfigError for a number out of its range
 * @see Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", https://kellerjordan.github.io/posts/muon
 */
export class Muon extends Optimizer {
  readonly nesterov: boolean;
  readonly newtonSchulzSteps: number;
  readonly normalizeFilters: boolean;
  readonly rest: Optimizer;
  /** The rest's learning rate over Muon's own. */
  private readonly restScale: number;

  constructor(options: MuonOptions) {
    const fix = 'Give at least { lr: 0.02, rest: new SGD({ lr: 0.01, momentum: 0.9 }) }.';
    const {
      nesterov = true,
      newtonSchulzSteps = 5,
      normalizeFilters = false,
      rest,
    } = checkForm('options', options, { lr: 'number' }, fix);
    super({ momentum: 0.95, ...options });
    checkPositiveInteger('newtonSchulzSteps', newtonSchulzSteps);
    checkNumber('lr', this.lr, Number.MIN_VALUE);
    checkOptimizer(rest, 'rest');
    this.nesterov = nesterov;
    this.newtonSchulzSteps = newtonSchulzSteps;
    this.normalizeFilters = normalizeFilters;
    this.rest = rest;
    this.restScale = rest.lr / this.lr;
  }

  override get settings(): Readonly<Record<string, Setting>> {
    const { nesterov, newtonSchulzSteps, normalizeFilters, rest } = this;
    const others = Object.entries({ optimizer: rest.constructor.name, ...rest.settings });
    return {
      ...super.settings,
      nesterov,
      newtonSchulzSteps,
      normalizeFilters,
      ...Object.fromEntries(others.map(([name, value]) => [`rest.${name}`, value])),
    };
  }

  override apply(
    grads: TensorFlow.NamedTensorMap,
    params: readonly TensorFlow.Variable[],
    rates: Rates,
    when?: TensorFlow.Scalar,
  ): void {
    const [filters, others] = this.shares(params);
    super.apply(grads, filters.params, rates, when);
    tf.tidy(() => {
      const lr = tf.mul(rates.lr, this.restScale) as TensorFlow.Scalar;
      this.rest.apply(grads, others.params, { lr, momentum: tf.scalar(this.rest.momentum) }, when);
    });
  }

  override update(filter: TensorFlow.Variable, gradient: TensorFlow.Tensor, step: ParameterStep): void {
    const { lr, momentum, weightDecay, state } = step;
    const velocity = state('velocity');
    velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
    const direction = this.nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
    const out = filter.shape[3]!;
    const matrix = tf.reshape(direction, [-1, out]) as TensorFlow.Tensor2D; // [h * w * in, out]
    const scale = Math.sqrt(Math.max(1, out / matrix.shape[0]));
    const change = tf.mul(orthogonalized(matrix, this.newtonSchulzSteps), tf.mul(lr, scale));
    const norm = this.normalizeFilters ? tf.div(Math.sqrt(out), tf.norm(filter)) : tf.scalar(1);
    const kept = tf.mul(norm, tf.sub(1, tf.mul(lr, weightDecay)));
    filter.assign(tf.sub(tf.mul(filter, kept), tf.reshape(change, filter.shape)));
  }

  override shares(params: readonly TensorFlow.Variable[]): Share[] {
    return [
      ...super.shares(params.filter(({ shape }) => shape.length === 4)),
      ...this.rest
        .shares(params.filter(({ shape }) => shape.length !== 4))
        .map((share) => ({ ...share, name: `rest.${share.name}` })),
    ];
  }

  override dispose(): void {
    super.dispose();
    this.rest.dispose();
  }
}
