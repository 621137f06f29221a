/**
 * Records a step: runs its function once on tensors that have a type and a shape but no values, while every operation
 * that TensorFlow.js asks of the backend becomes a node of a graph instead.
 *
 * What enters the graph from outside is one of three: an input of the step, which becomes a placeholder; a variable,
 * which becomes one of the session's; any other tensor, which becomes a constant. A variable that the function assigned
 * gets an assignment, behind the reads of its old value.
 */
import { EngineError } from '../errors';
import { type AttributeList, type DataId, nativeBackend, typeAttribute } from './backend';
import { callerLine } from './callerLine';
import type { Graph } from './graph';
import type { Output, OutputType } from './graphSession';
import { withRecordedRandomness } from './randomness';
import { type StepOutput, tensorsIn } from './stepOutput';
import { type TensorFlow, tf } from './tensorflow';
import { typeName, typeNumber, valuesOf } from './values';
import type { VariableStore } from './variableStore';

/** A constant of this size is nearly always a slow gradient or a data set that should be an input. */
const LARGE_CONSTANT_BYTES = 2 ** 20;

/** A recorded step: what to feed, fetch and run in the session. */
export interface Trace {
  feeds: Output[];
  fetches: Output[];
  /** What the function returned: tensors without values, one for each fetch. */
  output: StepOutput;
  /** The assignments. */
  targets: number[];
  /** Assignments to run once, before the first run: first values of variables that the function made. */
  initial: { variables: TensorFlow.Variable[]; targets: number[] };
  /** Variables that the step reads or assigns. */
  variables: TensorFlow.Variable[];
  /** Those of them that it assigns. */
  assigned: TensorFlow.Variable[];
}

// An output that only the operation's own gradient takes, of a shape that TensorFlow leaves open.
const OPAQUE_OUTPUTS = new Set(['FusedBatchNormV3:5']);

// Tensors made while recording; their values exist only in the session.
const abstract = new WeakSet<DataId>();

class Recorder {
  readonly variables = new Set<TensorFlow.Variable>();
  private readonly outputs = new Map<DataId, Output>();
  private readonly fed = new Set<Output>();
  private readonly constants = new Map<string, Output>();
  private readonly owners: Map<DataId, TensorFlow.Variable>;
  private readonly reads = new Map<TensorFlow.Variable, Output>();
  /** First values, computed in the graph, of variables that the function made. */
  private readonly initial: { variable: TensorFlow.Variable; value: Output }[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly store: VariableStore,
    variables: readonly TensorFlow.Variable[],
  ) {
    this.owners = new Map(variables.map((variable) => [variable.dataId, variable]));
  }

  /** Whether a tensor's values are those of a run, so that there are none yet. */
  isSymbolic(dataId: DataId): boolean {
    return abstract.has(dataId) || this.owners.has(dataId);
  }

  /** A tensor that stands for a node's output. */
  abstractTensor(output: Output, { dtype, shape }: OutputType, op: string): TensorFlow.Tensor {
    if (shape === null || shape.includes(-1)) {
      throw new EngineError(
        `The shape of what ${op} gives depends on values, so it can't be recorded (${callerLine()}).`,
        'Compute this part outside the step, or use an operation whose shape is known beforehand.',
      );
    }
    const dataId: DataId = {};
    abstract.add(dataId);
    this.outputs.set(dataId, output);
    nativeBackend().tensorMap.set(dataId, { shape, dtype, values: null, id: -1, refCount: 1 });
    return engine.makeTensorFromTensorInfo({ dataId, shape, dtype: typeName(dtype) });
  }

  placeholder(tensor: TensorFlow.Tensor): { feed: Output; tensor: TensorFlow.Tensor } {
    const type = { dtype: typeNumber(tensor.dtype), shape: tensor.shape };
    const feed: Output = [this.graph.placeholder(type).node, 0];
    this.fed.add(feed);
    return { feed, tensor: this.abstractTensor(feed, type, 'Placeholder') };
  }

  execute(op: string, attributes: AttributeList, inputs: TensorFlow.Tensor[]): TensorFlow.Tensor[] {
    const refs = inputs.map((input) => this.outputOf(input));
    let added: ReturnType<Graph['add']>;
    try {
      added = this.graph.add(op, refs, attributes);
    } catch (cause) {
      throw new EngineError(
        `${op} can't be recorded: ${(cause as Error).message} (${callerLine()}).`,
        'Compute this part outside the step, or run the step with `compile: false`.',
        { cause },
      );
    }
    return added.outputs.map((type, i) => {
      const known = OPAQUE_OUTPUTS.has(`${op}:${i}`) ? { ...type, shape: [0] } : type;
      return this.abstractTensor([added.node, i], known, op);
    });
  }

  /** The node's output that a tensor stands for. */
  outputOf(tensor: TensorFlow.Tensor): Output {
    // TensorFlow.js passes 64-bit integers to a few operations in a class of its own.
    if ('valueArray' in tensor) {
      const data = (tensor as unknown as { valueArray: BigInt64Array }).valueArray;
      return [this.graph.constant({ dtype: nativeBackend().binding.TF_INT64, shape: [], data }).node, 0];
    }
    const known = this.outputs.get(tensor.dataId);
    if (known) return known;
    const variable = this.owners.get(tensor.dataId);
    const output = variable ? this.read(variable) : this.constant(tensor);
    this.outputs.set(tensor.dataId, output);
    return output;
  }

  private read(variable: TensorFlow.Variable): Output {
    this.variables.add(variable);
    const output = this.store.read(this.store.handleOf(variable), typeNumber(variable.dtype));
    this.reads.set(variable, output);
    return output;
  }

  private constant(tensor: TensorFlow.Tensor): Output {
    if (abstract.has(tensor.dataId)) {
      throw new EngineError(
        `This step uses a tensor that was made while another step was recorded (${callerLine()}).`,
        'Return it from that step, and pass it to this one as an input.',
      );
    }
    const value = valuesOf(tensor);
    const { buffer, byteOffset, byteLength } = value.data;
    if (byteLength > LARGE_CONSTANT_BYTES) {
      process.emitWarning(
        `A constant of ${(byteLength / 2 ** 20).toFixed(1)} MB, [${tensor.shape}], is recorded into a step (${callerLine()}). ` +
          'Pass it as an input, or keep it in a tf.Variable.',
        'EngineWarning',
      );
    }
    const bytes = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
    const key = `${value.dtype}[${value.shape}]${bytes}`;
    let output = this.constants.get(key);
    if (!output) {
      output = [this.graph.constant(value).node, 0];
      this.constants.set(key, output);
    }
    return output;
  }

  /** Takes in a variable that the function made. Its first values may be computed in the graph. */
  adopt(variable: TensorFlow.Variable): void {
    const value = this.outputs.get(variable.dataId);
    if (value) {
      this.initial.push({ variable, value });
      tf.tidy(() => variable.assign(tf.zeros(variable.shape, variable.dtype)));
      abstract.delete(variable.dataId);
    }
    this.owners.set(variable.dataId, variable);
  }

  /** Adds the assignments of first values that are computed in the graph. */
  assignInitial(): Trace['initial'] {
    return {
      variables: this.initial.map(({ variable }) => variable),
      targets: this.initial.map(({ variable, value }) => this.assign(variable, value)),
    };
  }

  /** The output to fetch for a tensor. What is fed can't be fetched, so an input goes through a node of its own. */
  fetch(tensor: TensorFlow.Tensor): Output {
    const output = this.outputOf(tensor);
    if (!this.fed.has(output)) return output;
    return [this.graph.add('Identity', [output], [typeAttribute('T', typeNumber(tensor.dtype))]).node, 0];
  }

  /** Adds the assignment of a variable, by default of what it holds now. */
  assign(variable: TensorFlow.Variable, value: Output = this.outputOf(variable)): number {
    this.variables.add(variable);
    const read = this.reads.get(variable);
    return this.store.assign(
      this.store.handleOf(variable),
      value,
      typeNumber(variable.dtype),
      read ? [read[0]] : [],
    );
  }
}

interface Engine {
  registeredVariables: Record<string, TensorFlow.Variable>;
  makeTensorFromTensorInfo(info: object): TensorFlow.Tensor;
  makeVariable(...args: unknown[]): TensorFlow.Variable;
}

const engine = tf.engine() as unknown as Engine;

/** Runs `record` with every operation, new variable and random number going to the recorder. */
function redirected<T>(
  recorder: Recorder,
  adopt: (variable: TensorFlow.Variable) => void,
  record: () => T,
): T {
  const backend = nativeBackend();
  const { executeSingleOutput, executeMultipleOutputs, readSync } = backend;
  const { makeVariable } = engine;
  backend.executeSingleOutput = (op, attributes, inputs) => recorder.execute(op, attributes, inputs)[0];
  backend.executeMultipleOutputs = (op, attributes, inputs) => recorder.execute(op, attributes, inputs);
  backend.readSync = (dataId) => {
    if (!recorder.isSymbolic(dataId)) return readSync.call(backend, dataId);
    throw new EngineError(
      `A step reads the value of a tensor (${callerLine()}); while it is recorded there is none.`,
      'Return the tensor and read it outside the step. For a choice by value use tf.where.',
    );
  };
  engine.makeVariable = (...args) => {
    const variable = makeVariable.apply(engine, args);
    adopt(variable);
    return variable;
  };
  try {
    return withRecordedRandomness(record);
  } finally {
    Object.assign(backend, { executeSingleOutput, executeMultipleOutputs, readSync });
    engine.makeVariable = makeVariable;
  }
}

/**
 * Records a function into a graph. All variables hold afterwards what they held before.
 *
 * @param inputs give the types and shapes; their values don't matter
 * @throws EngineError for what can't be recorded, naming the line
 */
export function trace(
  fn: (...inputs: TensorFlow.Tensor[]) => StepOutput,
  inputs: readonly TensorFlow.Tensor[],
  graph: Graph,
  store: VariableStore,
): Trace {
  const before = new Map<TensorFlow.Variable, TensorFlow.Tensor>();
  const remember = (variable: TensorFlow.Variable) => before.set(variable, tf.keep(variable.clone()));
  Object.values(engine.registeredVariables).forEach(remember);
  const recorder = new Recorder(graph, store, [...before.keys()]);
  const adopt = (variable: TensorFlow.Variable) => {
    recorder.adopt(variable);
    remember(variable);
  };
  try {
    let result!: Trace;
    tf.tidy(() => {
      result = redirected(recorder, adopt, () => {
        const placeholders = inputs.map((input) => recorder.placeholder(input));
        const output = fn(...placeholders.map(({ tensor }) => tensor));
        const fetches = tensorsIn(output).map((tensor) => recorder.fetch(tensor));
        const assigned = [...before].filter(([variable, { dataId }]) => variable.dataId !== dataId);
        const targets = assigned.map(([variable]) => recorder.assign(variable));
        return {
          feeds: placeholders.map(({ feed }) => feed),
          fetches,
          output,
          targets,
          initial: recorder.assignInitial(),
          assigned: assigned.map(([variable]) => variable),
          variables: [...recorder.variables],
        };
      });
    });
    return result;
  } finally {
    for (const [variable, tensor] of before) {
      if (variable.dataId !== tensor.dataId) variable.assign(tensor);
      tensor.dispose();
    }
  }
}
