/**
 * Lookahead: an optimizer that goes some steps ahead, and slow weights that follow it a part of the way.
 */
import { checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { choose } from '../../engine/operations/choose';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { checkOptimizer, Optimizer, type Rates, type Setting, type Share } from './optimizer';

/** What `Lookahead` takes. */
export interface LookaheadOptions {
  /** Steps after which the slow weights follow. Default 5. */
  k?: number;
  /** The share of the way that they go. Default 0.5. */
  alpha?: number;
}

/**
 * Takes the steps of another optimizer, and after each k of them goes back to a share `alpha` of the way.
 *
 * @throws ConfigError for a k that is no positive integer, and for an alpha outside of 0..1
 * @see Zhang et al. 2019, "Lookahead Optimizer: k steps forward, 1 step back"
 */
export class Lookahead extends Optimizer {
  readonly inner: Optimizer;
  readonly k: number;
  readonly alpha: number;

  constructor(inner: Optimizer, options: LookaheadOptions = {}) {
    checkOptimizer(inner);
    const { k = 5, alpha = 0.5 } = checkForm(
      'options',
      options,
      {},
      'Give for example { k: 5, alpha: 0.5 }.',
    );
    super({ lr: inner.lr, momentum: inner.momentum });
    checkPositiveInteger('k', k);
    checkNumber('alpha', alpha, 0, 1);
    this.inner = inner;
    this.k = k;
    this.alpha = alpha;
  }

  override get settings(): Readonly<Record<string, Setting>> {
    return { ...this.inner.settings, lr: this.lr, momentum: this.momentum, k: this.k, alpha: this.alpha };
  }

  override apply(
    grads: TensorFlow.NamedTensorMap,
    params: readonly TensorFlow.Variable[],
    rates: Rates,
    when?: TensorFlow.Scalar,
  ): void {
    tf.tidy(() => {
      const step = tf.mod(this.countStep(when), this.k);
      const isAt = (place: number) => {
        const isThere = tf.equal(step, place);
        return (when ? tf.logicalAnd(isThere, when) : isThere) as TensorFlow.Scalar;
      };
      const [begins, ends] = [isAt(1 % this.k), isAt(0)];
      for (const param of params) {
        const slow = this.state(param, 'slow');
        slow.assign(choose(begins, tf.clone(param), tf.clone(slow)));
      }
      this.inner.apply(grads, params, rates, when);
      for (const param of params) {
        const slow = this.state(param, 'slow');
        const behind = tf.add(slow, tf.mul(tf.sub(param, slow), this.alpha));
        param.assign(choose(ends, behind, tf.clone(param)));
      }
    });
  }

  /** The inner optimizer's. */
  override update(): void {}

  override shares(params: readonly TensorFlow.Variable[]): Share[] {
    const inner = this.inner.shares(params).map((share) => ({ ...share, name: `inner.${share.name}` }));
    return [...super.shares(params), ...inner];
  }

  override dispose(): void {
    super.dispose();
    this.inner.dispose();
  }
}
