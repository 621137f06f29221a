/**
 * What a record computes, apart from how its nodes are numbered: two records of one function have the same outline.
 *
 * Only what the outputs and the assignments depend on is in it. A function's first record has more nodes than later ones,
 * for the first values of variables that it makes.
 */
import type { AttributeList } from './backend';
import { wayToHere } from './callerLine';
import { type Added, Graph, type Placement } from './graph';
import type { Output, Value } from './graphSession';
import type { StepOutput } from './stepOutput';
import { tf } from './tensorflow';
import type { Trace } from './trace';
import type { VariableStore } from './variableStore';

/** A node as it was added, and from where. */
interface Node {
  op: string;
  inputs: Output[];
  attributes: AttributeList;
  after: number[];
  way: Error;
}

/** A graph that can be outlined: it remembers its nodes. */
export class RememberedGraph extends Graph {
  readonly nodes: Node[] = [];

  override add(op: string, inputs: Output[], attributes: AttributeList, placement: Placement = {}): Added {
    const added = super.add(op, inputs, attributes, placement);
    this.nodes[added.node] = { op, inputs, attributes, after: placement.after ?? [], way: wayToHere() };
    return added;
  }
}

interface VariableSource {
  kind: 'variable';
  id: number;
  name: string;
  /** The updates in place that it is read behind. */
  after: number[];
}

/** What an operation takes: an input of the step, a variable, a constant, or what another operation gives. */
export type Source =
  | { kind: 'input'; index: number }
  | VariableSource
  | { kind: 'constant'; value: Value }
  | { kind: 'operation'; index: number; output: number };

/** One operation of a record, or one of what it is for: an assignment or the output. */
export interface Operation {
  op: string;
  attributes: AttributeList;
  sources: Source[];
  /** Operations that run before, though nothing is taken of them. */
  after: number[];
  /** The way to where it was added; an assignment and the output have none. */
  way?: Error;
}

/** Operations in the order in which they were added, then the assignments, then the output. */
export type Outline = readonly Operation[];

export const OUTPUT = 'the output';

/** Some nodes and all that they depend on, in the order in which they were added. */
function withDependencies(nodes: readonly Node[], some: number[]): number[] {
  const found = new Set<number>();
  const open = [...some];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...nodes[node].inputs.map(([input]) => input), ...nodes[node].after);
  }
  return [...found].sort((a, b) => a - b);
}

/** A constant's value, copied: it may lie in an array that somebody writes to. */
function constantOf({ attributes }: Node): Value {
  const value = attributes.find(({ name }) => name === 'value')!.value as Value;
  return { ...value, data: (value.data as Float32Array).slice() };
}

/** The structure of an output, as text. */
function structureOf(output: StepOutput): string {
  return JSON.stringify(output, (_, part) => (part instanceof tf.Tensor ? 'tensor' : part));
}

/** Outlines a record. */
export function outlineOf(
  { feeds, fetches, targets, variables, output }: Trace,
  { nodes }: RememberedGraph,
  store: VariableStore,
): Outline {
  const outside = new Map<number, Source>();
  feeds.forEach(([node], index) => {
    outside.set(node, { kind: 'input', index });
  });
  for (const variable of variables) {
    const { id, name } = variable;
    outside.set(store.handleOf(variable)[0], { kind: 'variable', id, name, after: [] });
  }
  const indices = new Map<number, number>();
  const sourceOf = ([node, output]: Output): Source =>
    outside.get(node) ?? { kind: 'operation', index: indices.get(node)!, output };

  const operations: Operation[] = [];
  const assignments = new Map<number, Operation>();
  for (const number of withDependencies(nodes, [...fetches.map(([node]) => node), ...targets])) {
    const { op, attributes, inputs, way, ...node } = nodes[number];
    const sources = inputs.map(sourceOf);
    const after = node.after.flatMap((before) => indices.get(before) ?? []);
    if (outside.has(number)) continue;
    if (op === 'Const') {
      outside.set(number, { kind: 'constant', value: constantOf(nodes[number]) });
    } else if (op === 'ReadVariableOp') {
      outside.set(number, { ...(sources[0] as VariableSource), after });
    } else if (op === 'Identity') {
      // How an input is returned.
      outside.set(number, sources[0]);
    } else if (op === 'AssignVariableOp') {
      const { id, name } = sources[0] as VariableSource;
      assignments.set(id, {
        op: `the assignment to the variable ${name}`,
        attributes: [],
        sources,
        after: [],
      });
    } else {
      indices.set(number, operations.length);
      operations.push({ op, attributes, sources, after, way });
    }
  }
  const structure = { name: 'structure', type: 0, value: structureOf(output) };
  return [
    ...operations,
    // Variables that the function makes stand last in its first record only.
    ...[...assignments].sort(([a], [b]) => a - b).map(([, assignment]) => assignment),
    { op: OUTPUT, attributes: [structure], sources: fetches.map(sourceOf), after: [] },
  ];
}
