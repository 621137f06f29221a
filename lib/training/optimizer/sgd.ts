/**
 * Stochastic gradient descent.
 */
import { choose, orZeros } from '../../engine/operations/choose';
import { applyMomentum } from '../../engine/operations/momentum';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import { Optimizer, type OptimizerOptions, type ParameterStep, type Rates, type Setting } from './optimizer';

/** What `SGD` takes; the names are PyTorch's. */
export interface SGDOptions extends OptimizerOptions {
  /** Share of the last step that is taken again. Default 0; 0.9 is usual. */
  momentum?: number;
  /** Look ahead along the momentum. Default false. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent with momentum, weight decay and Nesterov's variant, as PyTorch's `torch.optim.SGD`:
 *
 *     g = gradient + weightDecay * parameter
 *     v = momentum * v + g
 *     parameter -= lr * (nesterov ? g + momentum * v : v)
 *
 * @throws ConfigError for a number that is negative or not finite, and for Nesterov without momentum
 * @see Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"
 */
export class SGD extends Optimizer {
  readonly nesterov: boolean;

  constructor(options: SGDOptions) {
    super(options);
    this.nesterov = options.nesterov ?? false;
    if (this.nesterov && this.momentum === 0) {
      throw new ConfigError(
        'nesterov needs a momentum, which is 0.',
        'Give momentum 0.9, or leave nesterov out.',
      );
    }
  }

  override get settings(): Readonly<Record<string, Setting>> {
    return { ...super.settings, nesterov: this.nesterov };
  }

  override update(parameter: TensorFlow.Variable, gradient: TensorFlow.Tensor, step: ParameterStep): void {
    const { lr, momentum, weightDecay, state, when } = step;
    const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
    const taken = when ? orZeros(when, decayed) : decayed;
    applyMomentum(parameter, state('velocity'), taken, { lr, momentum, nesterov: this.nesterov });
  }

  /** No step is one of length 0 that keeps all of its momentum. */
  protected override ratesOfNoStep({ lr, momentum }: Rates, when: TensorFlow.Scalar): Rates {
    return { lr: orZeros(when, lr), momentum: choose(when, momentum, tf.scalar(1)) };
  }
}
