/**
 * A graph under construction, in the terms of TensorFlow.js's kernels: an operation's name, attributes and flat inputs.
 */
import type { Attribute, AttributeList } from '../runtime/backend';
import { nativeBackend } from '../runtime/backend';
import {
  type GraphSession,
  newGraphSession,
  type Output,
  type OutputType,
  type SessionSettings,
  type Value,
} from '../runtime/session';

/** What is known of an operation's inputs: for each, how many of the flat inputs it takes, and which attribute is its type. */
interface ArgumentDefinition {
  getNumberAttr(): string;
  getTypeAttr(): string;
  getTypeListAttr(): string;
}

// The protocol buffer classes that TensorFlow.js ships.
const messages: {
  OpDef: { deserializeBinary(bytes: Uint8Array): { getInputArgList(): ArgumentDefinition[] } };
} = require('@tensorflow/tfjs-node-gpu/dist/proto/api_pb');

/** A node that was added: its number, and the types of its outputs. */
export interface Added {
  node: number;
  outputs: OutputType[];
}

/** What decides where and when a node runs, in addition to its inputs. */
export interface Placement {
  /** Nodes that have to run before. */
  after?: number[];
  /** The device, as TensorFlow names it: `/device:CPU:1`. */
  device?: string;
}

/** A node of a graph. */
export interface Node extends Added {
  op: string;
  inputs: Output[];
  attributes: AttributeList;
  after: number[];
  device: string;
}

/** Grows a graph for one session. */
export class Graph {
  readonly session: GraphSession;
  /** By their numbers. */
  readonly nodes: Node[] = [];
  private readonly definitions = new Map<string, ArgumentDefinition[]>();
  private count = 0;
  /** Whether XLA leaves out the nodes that are added from now on. */
  skipsXla = false;

  /** The workers that the session runs on. */
  readonly cluster: SessionSettings['cluster'];

  constructor(options: SessionSettings = {}) {
    this.session = newGraphSession(options);
    this.cluster = options.cluster;
  }

  /**
   * Adds a node.
   *
   * @param inputs one after the other, the members of an input that is a list too, as TensorFlow.js's kernels pass them
   */
  add(
    op: string,
    inputs: Output[],
    attributes: AttributeList,
    { after = [], device = '' }: Placement = {},
  ): Added {
    // TensorFlow refuses names that begin with an underscore, as those of its inner operations do.
    const name = `${op.replace(/^_/, '')}_${this.count++}`;
    // TensorFlow infers the types of inputs. TensorFlow.js's kernels give some of them wrong, which eager execution overlooks.
    const inferred = new Set(
      inputs.length > 0 ? this.argumentsOf(op).map((input) => input.getTypeAttr()) : [],
    );
    const needed = attributes.filter((attribute) => !inferred.has(attribute.name));
    if (this.skipsXla)
      needed.push({ name: '_XlaCompile', type: nativeBackend().binding.TF_ATTR_BOOL, value: false });
    const grouped = this.grouped(op, inputs, attributes);
    const added = this.session.addNode(op, name, grouped, needed, after, device);
    this.nodes[added.node] = { ...added, op, inputs, attributes, after, device };
    return added;
  }

  /** Adds a constant. */
  constant(value: Value): Added {
    const { binding } = nativeBackend();
    return this.add(
      'Const',
      [],
      [
        { name: 'dtype', type: binding.TF_ATTR_TYPE, value: value.dtype },
        // TensorFlow.js's addon has no name for this kind of attribute; in TF_AttrType it comes after TF_ATTR_SHAPE.
        { name: 'value', type: binding.TF_ATTR_SHAPE + 1, value },
      ],
    );
  }

  /** Adds a placeholder, which is fed at each run. */
  placeholder({ dtype, shape }: Omit<Value, 'data'>): Added {
    return this.add('Placeholder', [], this.typeAndShape(dtype, shape));
  }

  /** Adds a variable of the session, without a value; its output is a handle for the operations on it. */
  variable({ dtype, shape }: Omit<Value, 'data'>, device?: string): Added {
    const name: Attribute = {
      name: 'shared_name',
      type: nativeBackend().binding.TF_ATTR_STRING,
      value: `variable_${this.count}`,
    };
    return this.add('VarHandleOp', [], [...this.typeAndShape(dtype, shape), name], { device });
  }

  private typeAndShape(dtype: number, shape: readonly number[]): AttributeList {
    const { binding } = nativeBackend();
    return [
      { name: 'dtype', type: binding.TF_ATTR_TYPE, value: dtype },
      { name: 'shape', type: binding.TF_ATTR_SHAPE, value: shape },
    ];
  }

  /** Flat inputs as the operation defines them: lists as lists. */
  private grouped(op: string, inputs: Output[], attributes: AttributeList): (Output | Output[])[] {
    if (inputs.length === 0) return [];
    const grouped: (Output | Output[])[] = [];
    let next = 0;
    for (const argument of this.argumentsOf(op)) {
      if (argument.getNumberAttr()) {
        const count = attributes.find(({ name }) => name === argument.getNumberAttr())!.value as number;
        grouped.push(inputs.slice(next, next + count));
        next += count;
      } else if (argument.getTypeListAttr()) {
        grouped.push(inputs.slice(next));
        next = inputs.length;
      } else {
        grouped.push(inputs[next++]);
      }
    }
    return grouped;
  }

  /** Nodes and all that they depend on, in the order in which they were added. */
  withDependencies(some: readonly number[]): number[] {
    const found = new Set<number>();
    const open = [...some];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (found.has(node)) continue;
      found.add(node);
      open.push(...this.nodes[node].inputs.map(([input]) => input), ...this.nodes[node].after);
    }
    return [...found].sort((a, b) => a - b);
  }

  private argumentsOf(op: string): ArgumentDefinition[] {
    let known = this.definitions.get(op);
    if (!known) {
      known = messages.OpDef.deserializeBinary(this.session.opDef(op)).getInputArgList();
      this.definitions.set(op, known);
    }
    return known;
  }
}
