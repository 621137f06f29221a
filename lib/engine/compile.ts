/**
 * The one function through which all training, evaluation and prediction runs: it records a step and runs it as one call.
 */
import { setImmediate } from 'node:timers/promises';
import { checkChoice } from '../checks';
import { ConfigError, EngineError } from '../errors';
import { usesGpu } from './device';
import { Graph } from './graph';
import { type RunArguments, reasonOf, type SessionOptions, type Value } from './graphSession';
import { installKernels } from './install';
import { PRECISIONS, type Precision } from './precision';
import { type OperationCost, operationCosts } from './profile';
import { RecordCheck } from './recordCheck';
import { mapTensors, type StepOutput } from './stepOutput';
import { type TensorFlow, tf } from './tensorflow';
import { type Trace, trace } from './trace';
import { tensorOf, valuesOf } from './values';
import { VariableStore } from './variableStore';

export type { OperationCost, Precision, StepOutput };

/** A compiled step: called like the function it was made from, and awaited. */
export interface Step<Inputs extends TensorFlow.Tensor[], Output extends StepOutput> {
  (...inputs: Inputs): Promise<Output>;
  /**
   * Takes a step, and tells what each operation of TensorFlow cost in it, the dearest first.
   *
   * @throws EngineError where the function is not recorded
   */
  profile(...inputs: Inputs): Promise<OperationCost[]>;
  /** Frees the session and its memory. Variables keep their newest values; the step can't be called afterwards. */
  dispose(): void;
}

/** How a step runs. */
export interface CompileOptions {
  /** Record the step, and run the record. With `false` the function itself runs at each call, for debugging. Default true. */
  compile?: boolean;
  /**
   * Record the function anew at each later call too, only to compare: a call is refused where a number, a tensor or a
   * branch of JavaScript has changed, which the record keeps as it was. Slow, for debugging. Default false.
   */
  check?: boolean;
  /** What convolutions and products are computed in; only a record can do it in 16 bits. Default `tf32`, as TensorFlow does. */
  precision?: Precision;
}

/** What the rooms of this library, and its benchmarks, tell besides. */
export interface StepOptions extends CompileOptions, SessionOptions {}

type StepFunction = (...inputs: TensorFlow.Tensor[]) => StepOutput;

/** A way to run a step. */
interface Runner {
  run(inputs: TensorFlow.Tensor[]): Promise<StepOutput>;
  profile(inputs: TensorFlow.Tensor[]): OperationCost[];
  dispose(): void;
}

/** The function itself, operation by operation. */
class Eager implements Runner {
  constructor(private readonly fn: StepFunction) {}

  async run(inputs: TensorFlow.Tensor[]): Promise<StepOutput> {
    // The caller disposes what it is given, which must not be an input or a variable itself.
    const output = tf.tidy(() => mapTensors(this.fn(...inputs), (tensor) => tensor.clone()));
    // A recorded step lets the event loop turn while it runs; without that, nothing could interrupt a training run.
    await setImmediate();
    return output;
  }

  profile(): never {
    throw new EngineError(
      'Only a recorded step tells what its operations cost.',
      'Compile it without `compile: false`.',
    );
  }

  dispose(): void {}
}

/** Says why TensorFlow can't run a step that it could record. */
function refuse(cause: unknown): never {
  throw new EngineError(
    `This step can't be run: ${reasonOf(cause)}.`,
    'Try it with `compile: false`, which names the line.',
    { cause },
  );
}

/** The recorded forms of one function, one for each combination of input shapes, in one session. */
class Recorded implements Runner {
  private readonly check?: RecordCheck;
  private readonly graph: Graph;
  private readonly store: VariableStore;
  private readonly traces = new Map<string, Trace>();

  constructor(
    private readonly fn: StepFunction,
    private readonly options: StepOptions,
  ) {
    if (options.check) this.check = new RecordCheck(fn, options);
    this.graph = this.check?.graph ?? new Graph(options);
    this.store = new VariableStore(this.graph);
  }

  async run(inputs: TensorFlow.Tensor[]): Promise<StepOutput> {
    const { output, assigned, call } = this.prepare(inputs);
    const running = this.graph.session.runAsync(...call);
    this.store.assigned(assigned);
    const fetched = await running.catch(refuse);
    let next = 0;
    return mapTensors(output, () => tensorOf(fetched[next++]));
  }

  profile(inputs: TensorFlow.Tensor[]): OperationCost[] {
    const { assigned, call } = this.prepare(inputs);
    let metadata: Uint8Array;
    try {
      metadata = this.graph.session.profile(...call);
    } catch (cause) {
      refuse(cause);
    }
    this.store.assigned(assigned);
    return operationCosts(metadata);
  }

  /** The record for some inputs with what to call the session with, which has all variables' newest values then. */
  private prepare(inputs: TensorFlow.Tensor[]): Trace & { call: RunArguments } {
    const values = inputs.map(valuesOf);
    const traced = this.traceFor(inputs, values);
    this.store.push(traced.variables, traced.assigned);
    return { ...traced, call: [traced.feeds, values, traced.fetches, traced.targets] };
  }

  /** The record for inputs of these shapes, made at their first call. */
  private traceFor(inputs: TensorFlow.Tensor[], values: Value[]): Trace {
    const key = inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join();
    const known = this.traces.get(key);
    if (known) {
      this.check?.verify(known, inputs);
      return known;
    }
    const traced = trace(this.fn, inputs, this.graph, this.store, this.options);
    this.check?.add(traced, this.store);
    this.traces.set(key, traced);
    const { variables, targets } = traced.initial;
    this.store.push(traced.variables, variables);
    if (targets.length > 0) this.graph.session.run(traced.feeds, values, [], targets);
    this.store.assigned(variables);
    return traced;
  }

  dispose(): void {
    this.store.release();
    this.graph.session.close();
  }
}

function runnerOf(fn: StepFunction, options: StepOptions): Runner {
  const { compile = true, precision = 'tf32' } = options;
  checkChoice('precision', precision, PRECISIONS);
  if (compile) return new Recorded(fn, options);
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
 * @param fn takes tensors, returns tensors; none of its inputs is disposed
 * @returns the step. Its outputs belong to the caller, who disposes them.
 * @throws EngineError when called, for what can't be recorded, naming the line
 * @throws ConfigError for a precision that isn't one, or that needs a record
 */
export function compile<Inputs extends TensorFlow.Tensor[], Output extends StepOutput>(
  fn: (...inputs: Inputs) => Output,
  options: StepOptions = {},
): Step<Inputs, Output> {
  installKernels();
  const run = fn as unknown as StepFunction;
  let runner: Runner | undefined = runnerOf(run, options);
  const alive = () => {
    if (runner) return runner;
    throw new EngineError(
      'This step was disposed.',
      'Compile the function again, or dispose the step later.',
    );
  };
  const step = async (...inputs: Inputs) => (await alive().run(inputs)) as Output;
  const profile = async (...inputs: Inputs) => alive().profile(inputs);
  const dispose = () => {
    runner?.dispose();
    runner = undefined;
  };
  return Object.assign(step, { profile, dispose });
}
