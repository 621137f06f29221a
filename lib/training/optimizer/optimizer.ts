/**
 * What all optimizers have in common: rates, and the variables that they keep for each parameter.
 */
import { checkForm, checkNumber, kindOf } from '../../checks';
import { choose } from '../../engine/operations/choose';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { isRegistered } from '../../engine/runtime/values';
import { ConfigError } from '../../errors';
import { showAs } from '../../showAs';
import { checkGroups, checkGroupsFit, groupSettings, optionsOf, type ParameterGroup } from './groups';
import { Slots } from './slots';

/** A setting as a plain value. */
export type Setting = string | number | boolean | null | readonly number[];

/** What every optimizer takes. */
export interface OptimizerOptions {
  /** Learning rate. */
  lr: number;
  /** Default 0. */
  momentum?: number;
  /** Pull of every parameter towards 0. Default 0. */
  weightDecay?: number;
  /** Other options for some of the parameters: `[{ params: ({ shape }) => shape.length === 1, weightDecay: 0 }]`. Default none. */
  groups?: readonly ParameterGroup[];
}

/** What of an optimizer changes as training goes on, but for the variables that it keeps for the parameters. */
export interface OptimizerState {
  lr: number;
  momentum: number;
  /** Steps taken. */
  steps: number;
}

/** The rates of a step, as tensors. */
export interface Rates {
  lr: TensorFlow.Scalar;
  momentum: TensorFlow.Scalar;
}

/** A parameter's part of a step. */
export interface ParameterStep extends Rates {
  /** The learning rate, of the parameter's group. */
  readonly lr: TensorFlow.Scalar;
  readonly weightDecay: number;
  /** Steps taken, this one included. */
  readonly steps: TensorFlow.Scalar;
  /** A bool, whether the step is to be taken, for optimizers with `ratesOfNoStep`. */
  readonly when?: TensorFlow.Scalar;
  /** A variable that the optimizer keeps for the parameter by a name of its choice: of the same shape, zeros before its first step. */
  state(name: string): TensorFlow.Variable;
}

/** An optimizer and the parameters that it is for. */
export interface Share {
  /** Empty, or of the optimizer within the one that was asked: `rest.`. */
  name: string;
  optimizer: Optimizer;
  params: readonly TensorFlow.Variable[];
}

/**
 * Checks that a value is an optimizer of this library's.
 *
 * @param name what the caller calls it
 * @throws ConfigError, which says what to use in the place of one of TensorFlow.js's
 */
export function checkOptimizer(optimizer: unknown, name = 'optimizer'): void {
  const { minimize, applyGradients } = Object(optimizer) as Partial<TensorFlow.Optimizer>;
  if (typeof minimize === 'function' && typeof applyGradients === 'function') {
    throw new ConfigError(
      `The ${name} is ${kindOf(optimizer)}, one of tf.train, which reads its rate only once in a recorded step and isn't saved with a run.`,
      'Give new SGD({ lr: 0.1, momentum: 0.9 }), new Adam(), new AdamW() or new Muon(...), or extend Optimizer.',
    );
  }
  checkForm(
    name,
    optimizer,
    { lr: 'number', momentum: 'number', apply: 'function' },
    'Give for example new SGD({ lr: 0.1, momentum: 0.9 }).',
  );
}

/** Calls `update`, and has the parameter and its state hold what they held before where `when` doesn't hold. */
function updateWhen(
  when: TensorFlow.Scalar,
  param: TensorFlow.Variable,
  step: ParameterStep,
  update: (step: ParameterStep) => void,
): void {
  const before = new Map([[param, tf.clone(param)]]);
  const state = (name: string) => {
    const variable = step.state(name);
    if (!before.has(variable)) before.set(variable, tf.clone(variable));
    return variable;
  };
  update({ ...step, state });
  for (const [variable, was] of before) variable.assign(choose(when, tf.clone(variable), was));
}

/**
 * An optimizer: turns gradients into steps. Extend it to write one of your own, by its `update` alone:
 *
 *     class SignSGD extends Optimizer {
 *       update(parameter, gradient, { lr, momentum, state }) {
 *         const velocity = state('velocity');
 *         velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
 *         parameter.assign(tf.sub(parameter, tf.mul(tf.sign(velocity), lr)));
 *       }
 *     }
 *
 * `train` records it into its step, saves what it keeps into checkpoints, and leaves a step out whose loss isn't finite.
 */
export abstract class Optimizer {
  readonly weightDecay: number;
  readonly groups: readonly ParameterGroup[];
  private learningRate!: number;
  private momentumShare!: number;
  private readonly slots = new Slots();
  private stepsTaken?: TensorFlow.Variable;

  static {
    showAs(Optimizer.prototype, {
      full: (optimizer) => {
        const settings = Object.entries(optimizer.settings).map(([name, value]) => `${name}: ${value}`);
        return `${optimizer.constructor.name} { ${settings.join(', ')} }`;
      },
    });
  }

  /** @throws ConfigError for a number that is negative or not finite, and for groups of another form */
  constructor(options: OptimizerOptions) {
    const {
      lr,
      momentum = 0,
      weightDecay = 0,
      groups = [],
    } = checkForm('options', options, { lr: 'number' }, 'Give at least { lr: 0.1 }.');
    checkNumber('weightDecay', weightDecay, 0);
    checkGroups(groups);
    this.lr = lr;
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.groups = groups;
  }

  /**
   * Takes one parameter's step: assigns the parameter and what is kept for it. It becomes part of a step that is recorded once, so it is
   * made of tensor operations alone and reads no values.
   *
   * @param gradient of the parameter's shape
   */
  abstract update(parameter: TensorFlow.Variable, gradient: TensorFlow.Tensor, step: ParameterStep): void;

  /** What it was made with, as plain values, for `resume` to tell what differs. */
  get settings(): Readonly<Record<string, Setting>> {
    const { lr, momentum, weightDecay, groups } = this;
    return {
      lr,
      momentum,
      weightDecay,
      ...groupSettings(groups),
    };
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
   * One step: assigns every parameter and what is kept for it. It is made to be part of a compiled step: it reads no values, and takes as
   * tensors what changes from step to step.
   *
   * @param grads by the name of the parameter's variable, as `tf.variableGrads` gives them
   * @param params what to change
   * @param rates this step's
   * @param when a bool: whether to take the step at all. Without it, it is taken.
   */
  apply(
    grads: TensorFlow.NamedTensorMap,
    params: readonly TensorFlow.Variable[],
    rates: Rates,
    when?: TensorFlow.Scalar,
  ): void {
    tf.tidy(() => {
      const steps = this.countStep(when);
      const neutral = when && this.ratesOfNoStep(rates, when);
      const { lr, momentum } = neutral ?? rates;
      for (const param of params) {
        const { lrScale = 1, weightDecay = this.weightDecay } = optionsOf(param, this.groups);
        const step: ParameterStep = {
          lr: lrScale === 1 ? lr : (tf.mul(lr, lrScale) as TensorFlow.Scalar),
          momentum,
          weightDecay,
          steps,
          state: (name) => this.state(param, name),
          when,
        };
        const update = (own: ParameterStep) => this.update(param, grads[param.name], own);
        if (when && !neutral) updateWhen(when, param, step, update);
        else update(step);
      }
    });
  }

  /**
   * Rates by which `update` changes nothing where `when` doesn't hold, given `when` too; undefined for an optimizer that has none. That
   * spares a choice for each variable.
   */
  protected ratesOfNoStep(_rates: Rates, _when: TensorFlow.Scalar): Rates | undefined {
    return undefined;
  }

  /** Counts a step that is taken, and gives how many there are. */
  protected countStep(when?: TensorFlow.Scalar): TensorFlow.Scalar {
    const counter = this.counter();
    const steps = tf.add(counter, when ? tf.cast(when, 'float32') : 1) as TensorFlow.Scalar;
    counter.assign(steps);
    return steps;
  }

  private counter(): TensorFlow.Variable {
    if (!this.stepsTaken || !isRegistered(this.stepsTaken)) {
      this.stepsTaken = tf.variable(tf.scalar(0), false);
    }
    return this.stepsTaken;
  }

  /** The optimizers that share parameters: this one, and those that it has for some of them. */
  shares(params: readonly TensorFlow.Variable[]): Share[] {
    return [{ name: '', optimizer: this, params }];
  }

  /**
   * Checks that each of its own groups is for some of the parameters.
   *
   * @throws ConfigError
   */
  checkGroups(params: readonly TensorFlow.Variable[]): void {
    checkGroupsFit(this.groups, params);
  }

  /** What changes as training goes on, but for the variables that are kept for the parameters. */
  stateDict(): OptimizerState {
    return { lr: this.lr, momentum: this.momentum, steps: this.counter().dataSync()[0] };
  }

  /** Takes over what `stateDict` gave. */
  loadStateDict({ lr, momentum, steps = 0 }: OptimizerState): void {
    this.lr = lr;
    this.momentum = momentum;
    tf.tidy(() => this.counter().assign(tf.scalar(steps)));
  }

  /** The names of what is kept for parameters. */
  stateNames(params: readonly TensorFlow.Variable[]): string[] {
    return this.slots.names(params);
  }

  /** What is kept for parameters, by name: for each parameter its numbers, zeros for one that has taken no step. */
  readState(params: readonly TensorFlow.Variable[]): Record<string, Float32Array[]> {
    return this.slots.read(params);
  }

  /** Takes over what `readState` gave for the same parameters. */
  writeState(params: readonly TensorFlow.Variable[], state: Readonly<Record<string, Float32Array[]>>): void {
    this.slots.write(params, state);
  }

  /** A variable that is kept for a parameter. */
  protected state(param: TensorFlow.Variable, name: string): TensorFlow.Variable {
    return this.slots.of(param, name);
  }

  /** Frees what is kept. A later step begins anew. */
  dispose(): void {
    this.slots.dispose();
    this.stepsTaken?.dispose();
    this.stepsTaken = undefined;
  }
}
