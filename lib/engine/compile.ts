/**
 * The one function through which all training, evaluation and prediction runs: it records a step and runs it as one call.
 */
import { setImmediate } from 'node:timers/promises';
import { checkChoice, checkForm, kindOf } from '../checks';
import { ConfigError, EngineError } from '../errors';
import { showAs } from '../showAs';
import { installKernels } from './kernels/install';
import { RecordedStep, type StepFunction } from './recording/recordedStep';
import { mapTensors, type TensorTree, tensorsIn } from './recording/tree';
import { usesGpu } from './runtime/backend';
import { fastestPrecision } from './runtime/device';
import type { OperationCost } from './runtime/operationCosts';
import { PRECISIONS, type Precision, type SessionOptions } from './runtime/session';
import { tf } from './runtime/tensorflow';

export type { OperationCost, Precision, SessionOptions, TensorTree };

/** A compiled step: called like the function it was made from, and awaited. */
export interface Step<Inputs extends TensorTree[], Output extends TensorTree> {
  (...inputs: Inputs): Promise<Output>;
  /**
   * Takes a step, and tells what each operation of TensorFlow cost in it, the most expensive first.
   *
   * @throws EngineError where the function is not recorded
   */
  operationCosts(...inputs: Inputs): Promise<OperationCost[]>;
  /**
   * The recorded operations as text, one a line, with the types and shapes of what they give and what they were fused with. A
   * function that is recorded for several shapes has one text after the other.
   *
   * @throws EngineError where the function is not recorded
   */
  toString(): string;
  /** Frees the session and its memory. Variables keep their newest values; the step can't be called afterwards. */
  dispose(): void;
}

/** How a step runs. */
export interface CompileOptions {
  /** Record the step, and run the recording. With `false` the function itself runs at each call, for debugging. Default true. */
  compile?: boolean;
  /**
   * Record the function again at each later call, only to compare: a call is refused where a number, a tensor or a
   * branch of JavaScript has changed, which the recording keeps as it was. Slow, for debugging. Default false.
   */
  check?: boolean;
  /**
   * What convolutions and products are computed in, and on a GPU in 16 bits what follows them; only a recorded step can do it in 16 bits.
   * Default `tf32`, as TensorFlow does.
   */
  precision?: Precision;
  /**
   * Has TensorFlow's XLA compile the step for a GPU, as `tf.function(jit_compile=True)` does in Python: half a minute or more at the first
   * call, then two to three times as fast. Calls with smaller inputs than one before aren't compiled. Default false; for the steps of
   * `train`, but not for its tests, true on a GPU for runs of 400,000 images or more without `devices`.
   */
  jitCompile?: boolean;
}

/** A way to run a step. */
interface Runner {
  run(inputs: TensorTree[]): Promise<TensorTree>;
  operationCosts(inputs: TensorTree[]): OperationCost[];
  print(): string;
  dispose(): void;
}

/** The function itself, operation by operation. */
class Eager implements Runner {
  constructor(private readonly fn: StepFunction) {}

  async run(inputs: TensorTree[]): Promise<TensorTree> {
    inputs.forEach((input, i) => void tensorsIn(input, `input ${i}`));
    // The caller disposes what it is given, which must not be an input or a variable itself.
    const output = tf.tidy(() => {
      const result = this.fn(...inputs);
      tensorsIn(result, 'the output');
      return mapTensors(result, (tensor) => tensor.clone()) as ReturnType<typeof tf.tidy>;
    });
    // A recorded step lets the event loop turn while it runs; without that, nothing could interrupt a training run.
    await setImmediate();
    return output as TensorTree;
  }

  operationCosts(): never {
    throw new EngineError(
      'Only a recorded step tells what its operations cost.',
      'Compile it without `compile: false`.',
    );
  }

  print(): never {
    throw new EngineError('Only a recorded step can be printed.', 'Compile it without `compile: false`.');
  }

  dispose(): void {}
}

/** @throws ConfigError where XLA can't compile a step */
export function checkJitCompile(
  { jitCompile = false, compile = true }: CompileOptions,
  devices: readonly string[] = [],
): void {
  if (!jitCompile) return;
  if (devices.length > 0) {
    throw new ConfigError('jitCompile is for a step of one device.', 'Leave out jitCompile, or devices.');
  }
  if (!compile) {
    throw new ConfigError(
      'Only a recorded step can be compiled.',
      'Leave out jitCompile, or `compile: false`.',
    );
  }
  if (!usesGpu()) {
    throw new ConfigError(
      'jitCompile is for a GPU, and steps run on the CPU here.',
      "Leave it out: on a CPU the library's own kernels are faster.",
    );
  }
}

function runnerOf(fn: StepFunction, options: CompileOptions, session: SessionOptions): Runner {
  const { compile = true, precision: asked = 'tf32', check, jitCompile = false } = options;
  checkChoice('precision', asked, PRECISIONS);
  const precision = asked === 'fast' ? fastestPrecision() : asked;
  checkJitCompile(options);
  if (compile) return new RecordedStep(fn, { precision, check }, { ...session, xla: jitCompile });
  // On a CPU, tf32 is float32.
  if (precision === 'tf32' || (precision === 'float32' && !usesGpu())) return new Eager(fn);
  throw new ConfigError(
    `Only a compiled step can compute in ${precision}.`,
    'Leave out precision, or `compile: false`.',
  );
}

/**
 * Makes a step of a function over tensors and variables. It is recorded at its first call with each combination of input
 * shapes; every call then is one call of TensorFlow, on a thread of its own.
 *
 * The function may read any `tf.Variable`, assign variables, make variables, and draw random numbers with `tf`. It may not
 * read a tensor's value, nor depend on anything else that changes between calls: pass that as an input. Other tensors
 * are recorded as constants, and `console.log` prints while recording only. `check` finds what changes all the same.
 *
 * @param fn takes and returns tensors, on their own or nested in arrays and objects; none of its inputs is disposed
 * @param session for benchmarks and for steps that are spread over devices
 * @returns the step. Its outputs belong to the caller, who disposes them.
 * @throws EngineError when called, for what can't be recorded, naming the line
 * @throws ConfigError for a precision that isn't one, or that needs a recorded step
 */
export function compile<Inputs extends TensorTree[], Output extends TensorTree>(
  fn: (...inputs: Inputs) => Output,
  options: CompileOptions = {},
  session: SessionOptions = {},
): Step<Inputs, Output> {
  if (typeof fn !== 'function') {
    throw new ConfigError(`compile was given ${kindOf(fn)}.`, 'Give it a function of tensors.');
  }
  checkForm('options', options, { 'jitCompile?': 'boolean' }, 'Give for example { check: true }.');
  checkForm('session', session, {}, 'Leave it out.');
  installKernels();
  let runner: Runner | undefined = runnerOf(fn as unknown as StepFunction, options, session);
  const alive = () => {
    if (runner) return runner;
    throw new EngineError(
      'This step was disposed.',
      'Compile the function again, or dispose the step later.',
    );
  };
  const step = async (...inputs: Inputs) => (await alive().run(inputs)) as Output;
  const operationCosts = async (...inputs: Inputs) => alive().operationCosts(inputs);
  const dispose = () => {
    runner?.dispose();
    runner = undefined;
  };
  const name = fn.name ? `Step '${fn.name}'` : 'Step';
  return showAs(Object.assign(step, { operationCosts, toString: () => alive().print(), dispose }), {
    full: () => `${name}${runner ? '' : ', disposed'}: call it with tensors, and await what it gives.`,
  });
}
