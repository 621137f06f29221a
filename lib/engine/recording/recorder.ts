/**
 * Turns what TensorFlow.js does into nodes of a graph.
 *
 * What enters the graph from outside is one of three: an input of the step, which becomes a placeholder; a variable, which becomes
 * one of the session's; any other tensor, which becomes a constant.
 */
import { EngineError } from '../../errors';
import { type AttributeList, floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import { type Output, type Precision, reasonOf } from '../runtime/session';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { typeNumber } from '../runtime/values';
import { callerLine } from './callerLine';
import { Constants } from './constants';
import type { Added, Graph, Placement } from './graph';
import { outputsOf, ReducedPrecision, reducedType, type TypedOutput } from './precision';
import { Symbols } from './symbols';
import { unshareValues, type VariableStore } from './variableStore';
import { VariableUpdates } from './variableUpdates';

// An output that only the operation's own gradient takes, of a shape that TensorFlow leaves open.
const OPAQUE_OUTPUTS = new Set(['FusedBatchNormV3:5', 'DirectConv2DMaxPool:1']);

/** How a function is recorded. */
export interface RecorderOptions {
  /** It was recorded before: it may make no more variables, and doesn't warn again. */
  isRepeated: boolean;
  /** What convolutions and products are computed in. */
  precision: Precision;
}

/** Records one function. */
export class Recorder {
  /** The variables that the function reads, updates or assigns. */
  readonly variables = new Set<TensorFlow.Variable>();
  readonly symbols: Symbols;
  readonly updates = new VariableUpdates();
  private readonly constants: Constants;
  private readonly reduced?: ReducedPrecision;
  private readonly fed = new Set<Output>();
  /** What nodes take. */
  private readonly used = new Set<Output>();
  /** Initial values, computed in the graph, of variables that the function made. */
  private readonly initial: { variable: TensorFlow.Variable; value: Output }[] = [];
  /** Nodes that nothing takes, and that run all the same. */
  readonly sends: number[] = [];
  private replicaGroups = 0;
  /** Where the next nodes are placed. */
  private placement: Placement = {};

  constructor(
    private readonly graph: Graph,
    private readonly store: VariableStore,
    variables: readonly TensorFlow.Variable[],
    private readonly options: RecorderOptions,
  ) {
    this.symbols = new Symbols(variables);
    this.constants = new Constants(graph, !options.isRepeated);
    const type = reducedType(options.precision);
    if (type !== undefined) this.reduced = new ReducedPrecision(type, (...node) => this.addNode(...node));
  }

  get precision(): Precision {
    return this.options.precision;
  }

  /** Where the next nodes are placed, if that is a worker's device. */
  get workerDevice(): string | undefined {
    return this.placement.device?.startsWith('/job:') ? this.placement.device : undefined;
  }

  /** Adds an input of the step, of a tensor's type and shape. */
  placeholder({ dtype, shape }: TensorFlow.Tensor): { feed: Output; tensor: TensorFlow.Tensor } {
    const type = { dtype: typeNumber(dtype), shape };
    const feed: Output = [this.graph.placeholder(type).node, 0];
    this.fed.add(feed);
    return { feed, tensor: this.symbols.tensorOf(feed, type, 'Placeholder') };
  }

  execute(op: string, attributes: AttributeList, inputs: TensorFlow.Tensor[]): TensorFlow.Tensor[] {
    return this.tensorsOf(this.add(op, attributes, inputs), op);
  }

  private tensorsOf(results: TypedOutput[], op: string, first = 0): TensorFlow.Tensor[] {
    return results.slice(first).map(({ output, type }, i) => {
      const known = OPAQUE_OUTPUTS.has(`${op}:${first + i}`) ? { ...type, shape: [0] } : type;
      return this.symbols.tensorOf(output, known, op);
    });
  }

  /** Records an operation whose first output's shape TensorFlow doesn't infer. */
  executeShaped(
    op: string,
    attributes: AttributeList,
    inputs: TensorFlow.Tensor[],
    shape: number[],
  ): TensorFlow.Tensor[] {
    const results = this.add(op, attributes, inputs);
    const shaped = this.ensureShape(results[0].output, shape);
    return [
      this.symbols.tensorOf([shaped.node, 0], shaped.outputs[0], op),
      ...this.tensorsOf(results, op, 1),
    ];
  }

  /** Has a tensor that nothing was computed from stand for what another one does. */
  replace(tensor: TensorFlow.Tensor, other: TensorFlow.Tensor): void {
    this.symbols.set(tensor, this.outputOf(other));
  }

  /** Whether something was computed from a tensor. */
  isUsed(tensor: TensorFlow.Tensor): boolean {
    return this.used.has(this.outputOf(tensor));
  }

  /** Has what `record` adds run after a tensor was computed. */
  recordAfter<T>(tensor: TensorFlow.Tensor, record: () => T): T {
    return this.recordAt({ after: [this.outputOf(tensor)[0]] }, record);
  }

  /** A number for replicas that are recorded together, which no others of this step have. */
  nextReplicaGroup(): number {
    return this.replicaGroups++;
  }

  /** Adds the shape of an output of float32 that TensorFlow doesn't infer. */
  ensureShape(output: Output, shape: number[]): Added {
    const { TF_ATTR_SHAPE } = nativeBackend().binding;
    const attributes = [
      typeAttribute('T', floatType()),
      { name: 'shape', type: TF_ATTR_SHAPE, value: shape },
    ];
    return this.addNode('EnsureShape', attributes, [output]);
  }

  /** Places what `record` adds. */
  recordAt<T>(placement: Placement, record: () => T): T {
    const outer = this.placement;
    this.placement = { ...outer, ...placement };
    try {
      return record();
    } finally {
      this.placement = outer;
    }
  }

  private add(op: string, attributes: AttributeList, inputs: TensorFlow.Tensor[]): TypedOutput[] {
    const outputs = inputs.map((input) => this.outputOf(input));
    try {
      if (this.reduced) return this.reduced.add(op, attributes, outputs, inputs);
      return outputsOf(this.addNode(op, attributes, outputs));
    } catch (cause) {
      throw new EngineError(
        `${op} can't be recorded: ${reasonOf(cause)} (${callerLine()}).`,
        'Compute this part outside the step, or run the step with `compile: false`.',
        { cause },
      );
    }
  }

  /** Adds a node with its inputs as they are, where the next ones are placed. */
  addNode(op: string, attributes: AttributeList, inputs: Output[]): Added {
    for (const input of inputs) this.used.add(input);
    const added = this.graph.add(op, inputs, attributes, this.placement);
    this.updates.addNode(added.node, inputs);
    return added;
  }

  /** The node's output that a tensor stands for. */
  outputOf(tensor: TensorFlow.Tensor): Output {
    // TensorFlow.js passes 64-bit integers to a few operations in a class of its own.
    if ('valueArray' in tensor) {
      const data = (tensor as unknown as { valueArray: BigInt64Array }).valueArray;
      return [this.graph.constant({ dtype: nativeBackend().binding.TF_INT64, shape: [], data }).node, 0];
    }
    const known = this.symbols.outputOf(tensor);
    if (known) return known;
    const variable = this.symbols.variableOf(tensor);
    const output = variable ? this.read(variable) : this.constants.outputOf(tensor);
    this.symbols.set(tensor, output);
    return output;
  }

  private read(variable: TensorFlow.Variable): Output {
    this.variables.add(variable);
    const handle = this.store.handleOf(variable, this.workerDevice);
    const output = this.store.read(handle, typeNumber(variable.dtype), this.updates.of(variable));
    this.updates.addRead(variable, output);
    return output;
  }

  /**
   * Adds a variable that the function made. Its initial values may be computed in the graph.
   *
   * @throws EngineError for one that the first call didn't make, and for one made of values that were updated
   */
  addVariable(variable: TensorFlow.Variable): void {
    if (this.options.isRepeated) {
      throw new EngineError(
        `A step makes a variable at a call after its first (${callerLine()}); its record keeps what the first call made.`,
        'Make the variable once: outside of the step, or at its first call alone.',
      );
    }
    if (this.symbols.isSymbolic(variable.dataId)) {
      const value = this.outputOf(variable);
      if (this.updates.isDependent(value[0])) {
        // Initial values are computed on their own, before the first step, which would update twice.
        throw new EngineError(
          `A step makes a variable of values that it has updated before (${callerLine()}).`,
          'Make the variable before the update, or outside of the step.',
        );
      }
      this.initial.push({ variable, value });
      tf.tidy(() => variable.assign(tf.zeros(variable.shape, variable.dtype)));
    } else {
      unshareValues(variable);
    }
    this.symbols.addVariable(variable);
  }

  /** Adds the assignments of initial values. They run on their own, before the first step. */
  assignInitialValues(): { variables: TensorFlow.Variable[]; targets: number[] } {
    return {
      variables: this.initial.map(({ variable }) => variable),
      // A value may have been computed of what other devices send.
      targets:
        this.initial.length === 0
          ? []
          : [...this.initial.map(({ variable, value }) => this.assignment(variable, value)), ...this.sends],
    };
  }

  /** Whether a variable may be updated in place: it holds what the session holds, and no clone is to keep that. */
  isUpdatable(variable: TensorFlow.Variable): boolean {
    // `trace` remembers the variable's values by a clone of its own.
    return (
      this.symbols.variableOf(variable) === variable &&
      nativeBackend().tensorMap.get(variable.dataId).refCount === 2
    );
  }

  /**
   * Adds an operation that updates variables in place, after the nodes that read their old values.
   *
   * @param inputs what the operation takes after the variables
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
    const after = variables.flatMap((variable) => this.updates.before(variable));
    const { node } = this.graph.add(op, [...handles, ...values], attributes, { after });
    for (const variable of variables) {
      this.updates.addUpdate(variable, node);
      this.symbols.forget(variable);
    }
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
    return variables.map((variable, i) =>
      this.assignment(variable, values[i], this.updates.before(variable)),
    );
  }

  private assignment(variable: TensorFlow.Variable, value: Output, after: number[] = []): number {
    this.variables.add(variable);
    return this.store.assign(this.store.handleOf(variable), value, typeNumber(variable.dtype), after);
  }
}
