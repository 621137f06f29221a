/**
 * What a recording computes, without the numbers of its nodes: two recordings of one function have the same outline.
 *
 * Only what the outputs and the assignments depend on is in it. A function's first recording has more nodes than later ones, for the
 * initial values of variables that it makes.
 */
import type { AttributeList } from '../../runtime/backend';
import type { Output, Value } from '../../runtime/session';
import { captureStack } from '../callerLine';
import { type Added, Graph, type Node, type Placement } from '../graph';
import type { Trace } from '../trace';
import { structureOf } from '../tree';
import type { VariableStore } from '../variableStore';

/** A graph that remembers from where each node was added. */
export class TracedGraph extends Graph {
  readonly stacks: Error[] = [];

  override add(op: string, inputs: Output[], attributes: AttributeList, placement: Placement = {}): Added {
    const added = super.add(op, inputs, attributes, placement);
    this.stacks[added.node] = captureStack();
    return added;
  }
}

interface VariableSource {
  kind: 'variable';
  id: number;
  name: string;
  /** The updates in place that it is read after. */
  after: number[];
}

/** What an operation takes: an input of the step, a variable, a constant, or what another operation gives. */
export type Source =
  | { kind: 'input'; index: number }
  | VariableSource
  | { kind: 'constant'; value: Value }
  | { kind: 'operation'; index: number; output: number };

/** One operation of a recording, an assignment, or the output. */
export interface Operation {
  op: string;
  attributes: AttributeList;
  sources: Source[];
  /** Operations that run before, though nothing is taken of them. */
  after: number[];
  /** Where it was added; an assignment and the output have none. */
  stack?: Error;
}

/** Operations in the order in which they were added, then the assignments, then the output. */
export type Outline = readonly Operation[];

export const OUTPUT = 'the output';

/** A constant's value, copied: it may lie in an array that somebody writes to. */
function constantOf({ attributes }: Node): Value {
  const value = attributes.find(({ name }) => name === 'value')!.value as Value;
  return { ...value, data: (value.data as Float32Array).slice() };
}

/** The outline of a recording. */
export function outlineOf(
  { feeds, fetches, targets, variables, output }: Trace,
  graph: TracedGraph,
  store: VariableStore,
): Outline {
  const { nodes, stacks } = graph;
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
  for (const number of graph.withDependencies([...fetches.map(([node]) => node), ...targets])) {
    const { op, attributes, inputs, ...node } = nodes[number];
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
      operations.push({ op, attributes, sources, after, stack: stacks[number] });
    }
  }
  const structure = { name: 'structure', type: 0, value: structureOf(output) };
  return [
    ...operations,
    // Variables that the function makes come last in its first recording only.
    ...[...assignments].sort(([a], [b]) => a - b).map(([, assignment]) => assignment),
    { op: OUTPUT, attributes: [structure], sources: fetches.map(sourceOf), after: [] },
  ];
}
