/**
 * Adam and AdamW: steps of about the same size for every parameter, whatever the size of its gradient.
 */
import { checkForm, checkNumber, type Form } from '../../checks';
import { applyAdam } from '../../engine/operations/adam';
import { choose, orZeros } from '../../engine/operations/choose';
import { applyDecay } from '../../engine/operations/decay';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { Optimizer, type OptimizerOptions, type ParameterStep, type Rates, type Setting } from './optimizer';

/** What `Adam` and `AdamW` take; the names and defaults are PyTorch's. */
export interface AdamOptions extends Omit<OptimizerOptions, 'lr' | 'momentum'> {
  /** Learning rate. Default 0.001. */
  lr?: number;
  /** Shares of the last moments that stay. The first is the optimizer's `momentum`, which `OneCycleLR` writes. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps?: number;
  /** Pull of every parameter towards 0: as a part of the gradient in `Adam`, default 0; beside it in `AdamW`, default 0.01. */
  weightDecay?: number;
}

/**
 * Adam, as PyTorch's `torch.optim.Adam`:
 *
 *     g = gradient + weightDecay * parameter
 *     m = beta1 * m + (1 - beta1) * g
 *     v = beta2 * v + (1 - beta2) * g ** 2
 *     parameter -= lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)
 *
 * @throws ConfigError for a number out of its range
 * @see Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1
 */
export class Adam extends Optimizer {
  readonly beta2: number;
  readonly eps: number;

  constructor(options: AdamOptions = {}) {
    const form: Form = { 'betas?': ['number'] };
    const fix = 'Give for example { lr: 0.001, weightDecay: 0.01 }.';
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, ...rest } = checkForm('options', options, form, fix);
    super({ ...rest, lr, momentum: betas[0] });
    checkNumber('betas[0]', betas[0], 0, 1);
    checkNumber('betas[1]', betas[1], 0, 1);
    checkNumber('eps', eps, 0);
    this.beta2 = betas[1];
    this.eps = eps;
  }

  override get settings(): Readonly<Record<string, Setting>> {
    return { ...super.settings, beta2: this.beta2, eps: this.eps };
  }

  override update(parameter: TensorFlow.Variable, gradient: TensorFlow.Tensor, step: ParameterStep): void {
    const { weightDecay } = step;
    const decayed = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
    this.updateBy(decayed, parameter, step);
  }

  /** Takes a step by a gradient that has all that is to be in it. */
  protected updateBy(gradient: TensorFlow.Tensor, parameter: TensorFlow.Variable, step: ParameterStep): void {
    const { lr, momentum, steps, state, when } = step;
    const beta2 = tf.scalar(this.beta2);
    // The first step may be left out.
    const taken = tf.maximum(steps, 1);
    const corrections = [momentum, beta2].map((beta) => tf.sub(1, tf.pow(beta, taken)) as TensorFlow.Scalar);
    const one = tf.scalar(1);
    applyAdam(parameter, [state('m'), state('v')], when ? orZeros(when, gradient) : gradient, {
      lr,
      beta1: when ? choose(when, momentum, one) : momentum,
      beta2: when ? choose(when, beta2, one) : beta2,
      epsilon: this.eps,
      corrections: corrections as [TensorFlow.Scalar, TensorFlow.Scalar],
    });
  }

  /** No step is one of length 0; that moments stay is `updateBy`'s. */
  protected override ratesOfNoStep({ lr, momentum }: Rates, when: TensorFlow.Scalar): Rates {
    return { lr: orZeros(when, lr), momentum };
  }
}

/**
 * Adam with the decay of weights beside its step, not in the gradient, as PyTorch's `torch.optim.AdamW`:
 *
 *     parameter -= lr * weightDecay * parameter
 *
 * and then a step of `Adam` without decay.
 *
 * @throws ConfigError for a number out of its range
 * @see Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2
 */
export class AdamW extends Adam {
  constructor(options: AdamOptions = {}) {
    super(options && { weightDecay: 0.01, ...options });
  }

  override update(parameter: TensorFlow.Variable, gradient: TensorFlow.Tensor, step: ParameterStep): void {
    if (step.weightDecay > 0) applyDecay(parameter, tf.mul(step.lr, step.weightDecay));
    this.updateBy(gradient, parameter, step);
  }
}
