/**
 * Stochastic gradient descent: what turns gradients into steps.
 */
import { checkForm, checkNumber, type Form } from '../../checks';
import { choose, orZeros } from '../../engine/operations/choose';
import { applyMomentum } from '../../engine/operations/momentum';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { isRegistered } from '../../engine/runtime/values';
import { ConfigError } from '../../errors';
import { showAs } from '../../showAs';

/** What `SGD` takes; the names are PyTorch's. */
export interface SGDOptions {
  /** Learning rate. */
  lr: number;
  /** Share of the last step that is taken again. Default 0; 0.9 is usual. */
  momentum?: number;
  /** Pull of every parameter towards 0, biases and batch normalization included. Default 0. */
  weightDecay?: number;
  /** Look ahead along the momentum. Default false. */
  nesterov?: boolean;
}

/** What of an optimizer changes as training goes on. */
export interface SGDState {
  lr: number;
  momentum: number;
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
export class SGD {
  readonly weightDecay: number;
  readonly nesterov: boolean;
  private learningRate!: number;
  private momentumShare!: number;
  private readonly velocityMap = new Map<TensorFlow.Variable, TensorFlow.Variable>();

  static {
    showAs(SGD.prototype, {
      full: ({ lr, momentum, weightDecay, nesterov }) =>
        `SGD { lr: ${lr}, momentum: ${momentum}, weightDecay: ${weightDecay}, nesterov: ${nesterov} }`,
    });
  }

  constructor(options: SGDOptions) {
    const form: Form = { lr: 'number' };
    const {
      lr,
      momentum = 0,
      weightDecay = 0,
      nesterov = false,
    } = checkForm('options', options, form, 'Give at least { lr: 0.1 }.');
    checkNumber('weightDecay', weightDecay, 0);
    this.lr = lr;
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.nesterov = nesterov;
    if (nesterov && momentum === 0) {
      throw new ConfigError(
        'nesterov needs a momentum, which is 0.',
        'Give momentum 0.9, or leave nesterov out.',
      );
    }
  }

  /** Learning rate of the next step; schedulers write it. */
  get lr(): number {
    return this.learningRate;
  }

  set lr(value: number) {
    checkNumber('lr', value, 0);
    this.learningRate = value;
  }

  /** Momentum of the next step; `OneCycleLR` writes it. */
  get momentum(): number {
    return this.momentumShare;
  }

  set momentum(value: number) {
    checkNumber('momentum', value, 0);
    this.momentumShare = value;
  }

  /**
   * One step: assigns every parameter and its velocity. It is made to be part of a compiled step: it reads no values, and
   * takes as tensors what changes from step to step.
   *
   * @param grads by the name of the parameter's variable, as `tf.variableGrads` gives them
   * @param params what to change; a parameter's first step makes its velocity
   * @param lr this step's learning rate
   * @param momentum this step's momentum
   * @param when a bool: whether to take the step at all. Without it, it is taken.
   */
  apply(
    grads: TensorFlow.NamedTensorMap,
    params: readonly TensorFlow.Variable[],
    lr: TensorFlow.Scalar,
    momentum: TensorFlow.Scalar,
    when?: TensorFlow.Scalar,
  ): void {
    const { nesterov } = this;
    tf.tidy(() => {
      // A step left out is one of length 0 that keeps all of its momentum.
      const rates = when
        ? { lr: orZeros(when, lr), momentum: choose(when, momentum, tf.scalar(1)), nesterov }
        : { lr, momentum, nesterov };
      for (const param of params) {
        const gradient = grads[param.name];
        const decayed = this.weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(param, this.weightDecay));
        const taken = when ? orZeros(when, decayed) : decayed;
        applyMomentum(param, this.velocityOf(param), taken, rates);
      }
    });
  }

  /** What changes as training goes on, but for the velocities. */
  stateDict(): SGDState {
    return { lr: this.lr, momentum: this.momentum };
  }

  /** Takes over what `stateDict` gave. */
  loadStateDict({ lr, momentum }: SGDState): void {
    this.lr = lr;
    this.momentum = momentum;
  }

  /** The velocities of parameters, zeros for one that has taken no step. */
  velocities(params: readonly TensorFlow.Variable[]): Float32Array[] {
    return params.map((param) => {
      const velocity = this.velocityMap.get(param);
      const isKept = velocity !== undefined && isRegistered(velocity);
      return isKept ? (velocity.dataSync() as Float32Array) : new Float32Array(param.size);
    });
  }

  /** Takes over what `velocities` gave for the same parameters. */
  setVelocities(params: readonly TensorFlow.Variable[], values: readonly Float32Array[]): void {
    tf.tidy(() => {
      params.forEach((param, i) => {
        this.velocityOf(param).assign(tf.tensor(values[i], param.shape));
      });
    });
  }

  private velocityOf(param: TensorFlow.Variable): TensorFlow.Variable {
    let velocity = this.velocityMap.get(param);
    if (!velocity || !isRegistered(velocity)) {
      velocity = tf.variable(tf.zerosLike(param), false);
      this.velocityMap.set(param, velocity);
    }
    return velocity;
  }

  /** Frees the velocities. A later step begins without momentum. */
  dispose(): void {
    for (const velocity of this.velocityMap.values()) velocity.dispose();
    this.velocityMap.clear();
  }
}
