/**
 * What a step is recorded with: it maps tensors without values to outputs of a graph's nodes.
 *
 * What enters the graph from outside is one of three: an input of the step, which becomes a placeholder; a variable,
 * which becomes one of the session's; any other tensor, which becomes a constant.
 */
import { EngineError } from '../errors';
import { type AttributeList, type DataId, nativeBackend, typeAttribute } from './backend';
import { callerLine } from './callerLine';
import { usesGpu } from './device';
import type { Added, Graph, Placement } from './graph';
import { type Output, type OutputType, reasonOf } from './graphSession';
import { ownValues } from './ownValues';
import { castAttributes, isReducible, type Precision, reducedType, withType } from './precision';
import { type TensorFlow, tf } from './tensorflow';
import { typeName, typeNumber, valuesOf } from './values';
import type { VariableStore } from './variableStore';

/** A constant of this size is nearly always a slow gradient or a data set that should be an input. */
const LARGE_CONSTANT_BYTES = 2 ** 20;

interface Engine {
  makeTensorFromTensorInfo(info: object): TensorFlow.Tensor;
}

const engine = tf.engine() as unknown as Engine;

// An output that only the operation's own gradient takes, of a shape that TensorFlow leaves open.
const OPAQUE_OUTPUTS = new Set(['FusedBatchNormV3:5']);

// Tensors made while recording; their values exist only in the session.
const abstract = new WeakSet<DataId>();

/** How a function is recorded. */
export interface RecorderOptions {
  /** It was recorded before: it may make no more variables, and isn't warned. */
  again: boolean;
  /** What convolutions and products are computed in. */
  precision: Precision;
}

/** Turns what TensorFlow.js does into nodes of a graph. */
export class Recorder {
  readonly variables = new Set<TensorFlow.Variable>();
  private readonly outputs = new Map<DataId, Output>();
  private readonly fed = new Set<Output>();
  private readonly constants = new Map<string, Output>();
  private readonly owners: Map<DataId, TensorFlow.Variable>;
  private readonly reads = new Map<TensorFlow.Variable, Output>();
  /** The nodes that update a variable in place, in their order. */
  private readonly updates = new Map<TensorFlow.Variable, number[]>();
  /** Nodes whose values come from a variable that was updated in place. */
  private readonly late = new Set<number>();
  /** Where what is recorded now is to stand. */
  private placement: Placement = {};
  /** Outputs in fewer bits. */
  private readonly reduced = new Map<Output, Output>();
  /** First values, computed in the graph, of variables that the function made. */
  private readonly initial: { variable: TensorFlow.Variable; value: Output }[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly store: VariableStore,
    variables: readonly TensorFlow.Variable[],
    private readonly options: RecorderOptions,
  ) {
    this.owners = new Map(variables.map((variable) => [variable.dataId, variable]));
  }

  get precision(): Precision {
    return this.options.precision;
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
    const added = this.add(op, attributes, inputs);
    return added.outputs.map((type, i) => {
      const known = OPAQUE_OUTPUTS.has(`${op}:${i}`) ? { ...type, shape: [0] } : type;
      return this.abstractTensor([added.node, i], known, op);
    });
  }

  /** Records an operation whose result TensorFlow leaves open, with the shape that it has. */
  executeShaped(
    op: string,
    attributes: AttributeList,
    inputs: TensorFlow.Tensor[],
    shape: number[],
  ): TensorFlow.Tensor {
    const open: Output = [this.add(op, attributes, inputs).node, 0];
    const { binding } = nativeBackend();
    const known = this.addNode(
      'EnsureShape',
      [typeAttribute('T', binding.TF_FLOAT), { name: 'shape', type: binding.TF_ATTR_SHAPE, value: shape }],
      [open],
    );
    return this.abstractTensor([known.node, 0], known.outputs[0], op);
  }

  /** Has what `record` adds run no sooner than a tensor is there. */
  recordAfter<T>(tensor: TensorFlow.Tensor, record: () => T): T {
    return this.recordAt({ after: [this.outputOf(tensor)[0]] }, record);
  }

  /** Has what `record` adds stand where `placement` says. */
  recordAt<T>(placement: Placement, record: () => T): T {
    const outer = this.placement;
    this.placement = { ...outer, ...placement };
    try {
      return record();
    } finally {
      this.placement = outer;
    }
  }

  private add(op: string, attributes: AttributeList, inputs: TensorFlow.Tensor[]): Added {
    const refs = inputs.map((input) => this.outputOf(input));
    try {
      const type = isReducible(op) ? reducedType(this.options.precision) : undefined;
      return type === undefined
        ? this.addNode(op, attributes, refs)
        : this.addReduced(op, attributes, inputs, type);
    } catch (cause) {
      throw new EngineError(
        `${op} can't be recorded: ${reasonOf(cause)} (${callerLine()}).`,
        'Compute this part outside the step, or run the step with `compile: false`.',
        { cause },
      );
    }
  }

  /** Adds an operation with its factors and its result rounded to a type of fewer bits; the result is float32 again. */
  private addReduced(
    op: string,
    attributes: AttributeList,
    inputs: TensorFlow.Tensor[],
    type: number,
  ): Added {
    const { TF_FLOAT } = nativeBackend().binding;
    const cast = (output: Output, from: number, to: number): Output => [
      this.addNode('Cast', castAttributes(from, to), [output]).node,
      0,
    ];
    const computesIn = usesGpu() ? type : TF_FLOAT;
    const factors = inputs.map((input) => {
      const output = this.outputOf(input);
      if (input.dtype !== 'float32') return output;
      const known = this.reduced.get(output);
      if (known) return known;
      const rounded = cast(output, TF_FLOAT, type);
      const factor = computesIn === type ? rounded : cast(rounded, type, TF_FLOAT);
      this.reduced.set(output, factor);
      return factor;
    });
    const { node } = this.addNode(op, withType(attributes, computesIn), factors);
    const result: Output = computesIn === type ? [node, 0] : cast([node, 0], TF_FLOAT, type);
    return this.addNode('Cast', castAttributes(type, TF_FLOAT), [result]);
  }

  private addNode(op: string, attributes: AttributeList, inputs: Output[]): Added {
    const added = this.graph.add(op, inputs, attributes, this.placement);
    if (inputs.some(([node]) => this.late.has(node))) this.late.add(added.node);
    return added;
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
    const handle = this.store.handleOf(variable);
    const output = this.store.read(handle, typeNumber(variable.dtype), this.updates.get(variable));
    this.reads.set(variable, output);
    if (this.updates.has(variable)) this.late.add(output[0]);
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
    if (byteLength > LARGE_CONSTANT_BYTES && !this.options.again) {
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
    if (this.options.again) {
      throw new EngineError(
        `A step makes a variable at a call after its first (${callerLine()}); its record keeps what the first call made.`,
        'Make the variable once: outside of the step, or at its first call alone.',
      );
    }
    if (this.isSymbolic(variable.dataId)) {
      const value = this.outputOf(variable);
      if (this.late.has(value[0])) {
        // First values are computed on their own, before the first step, which would update twice.
        throw new EngineError(
          `A step makes a variable of values that it has updated before (${callerLine()}).`,
          'Make the variable before the update, or outside of the step.',
        );
      }
      this.initial.push({ variable, value });
      tf.tidy(() => variable.assign(tf.zeros(variable.shape, variable.dtype)));
    } else {
      ownValues(variable);
    }
    this.owners.set(variable.dataId, variable);
  }

  /** Whether a variable may be updated in place: it holds what the session holds, and no clone is to keep that. */
  isUpdatable(variable: TensorFlow.Variable): boolean {
    const { dataId } = variable;
    // `trace` remembers the variable's values by a clone of its own.
    return this.owners.get(dataId) === variable && nativeBackend().tensorMap.get(dataId).refCount === 2;
  }

  /**
   * Adds an operation that updates variables in place, after the nodes that read their old values.
   *
   * @param inputs what the operation takes behind the variables
   */
  update(
    op: string,
    variables: TensorFlow.Variable[],
    inputs: TensorFlow.Tensor[],
    attributes: AttributeList,
  ): void {
    for (const variable of variables) this.variables.add(variable);
    const handles = variables.map((variable) => this.store.handleOf(variable));
    const values = inputs.map((input) => this.outputOf(input));
    const after = variables.flatMap((variable) => this.before(variable));
    const { node } = this.graph.add(op, [...handles, ...values], attributes, { after });
    for (const variable of variables) {
      this.updates.set(variable, [...(this.updates.get(variable) ?? []), node]);
      // A later read is of the new value.
      this.reads.delete(variable);
      this.outputs.delete(variable.dataId);
    }
  }

  /** The nodes that have to run before a variable changes. */
  private before(variable: TensorFlow.Variable): number[] {
    const read = this.reads.get(variable);
    return [...(this.updates.get(variable) ?? []), ...(read ? [read[0]] : [])];
  }

  /** Which variables were updated in place, and the nodes that do it. */
  updated(): { variables: TensorFlow.Variable[]; targets: number[] } {
    return { variables: [...this.updates.keys()], targets: [...this.updates.values()].flat() };
  }

  /** Adds the assignments of first values that are computed in the graph. They run on their own, before the first step. */
  assignInitial(): { variables: TensorFlow.Variable[]; targets: number[] } {
    return {
      variables: this.initial.map(({ variable }) => variable),
      targets: this.initial.map(({ variable, value }) => {
        this.variables.add(variable);
        return this.store.assign(this.store.handleOf(variable), value, typeNumber(variable.dtype));
      }),
    };
  }

  /** The output to fetch for a tensor. What is fed can't be fetched, so an input goes through a node of its own. */
  fetch(tensor: TensorFlow.Tensor): Output {
    const type = typeNumber(tensor.dtype);
    const output = this.outputOf(tensor);
    if (!this.fed.has(output)) return output;
    return [this.graph.add('Identity', [output], [typeAttribute('T', type)]).node, 0];
  }

  /** Adds the assignments of what variables hold now. */
  assign(variables: readonly TensorFlow.Variable[]): number[] {
    // What one is assigned may be the old value of another, which has to be read before any is assigned.
    const values = variables.map((variable) => this.outputOf(variable));
    return variables.map((variable, i) => {
      this.variables.add(variable);
      const handle = this.store.handleOf(variable);
      return this.store.assign(handle, values[i], typeNumber(variable.dtype), this.before(variable));
    });
  }
}
