/**
 * The order of a recording's reads and updates of variables. A graph runs its nodes in any order that their inputs allow, so a read
 * has to be told which update it comes after, and an update which reads.
 */
import type { Output } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';

/** Keeps the reads and the updates in place of each variable. */
export class VariableUpdates {
  private readonly reads = new Map<TensorFlow.Variable, Output>();
  private readonly updates = new Map<TensorFlow.Variable, number[]>();
  /** Nodes whose values depend on a variable that was updated in place. */
  private readonly dependents = new Set<number>();

  /** Notes a node that was added. */
  addNode(node: number, inputs: readonly Output[]): void {
    if (inputs.some(([input]) => this.dependents.has(input))) this.dependents.add(node);
  }

  /** Notes a read of a variable's newest value. */
  addRead(variable: TensorFlow.Variable, output: Output): void {
    this.reads.set(variable, output);
    if (this.updates.has(variable)) this.dependents.add(output[0]);
  }

  /** Notes an update; a later read is of the new value. */
  addUpdate(variable: TensorFlow.Variable, node: number): void {
    this.updates.set(variable, [...this.of(variable), node]);
    this.reads.delete(variable);
  }

  /** The updates of a variable so far, in their order. */
  of(variable: TensorFlow.Variable): number[] {
    return this.updates.get(variable) ?? [];
  }

  /** The nodes that have to run before a variable changes. */
  before(variable: TensorFlow.Variable): number[] {
    const read = this.reads.get(variable);
    return [...this.of(variable), ...(read ? [read[0]] : [])];
  }

  /** Whether a node's value depends on an update. */
  isDependent(node: number): boolean {
    return this.dependents.has(node);
  }

  /** The variables that were updated in place, and the nodes that do it. */
  all(): { variables: TensorFlow.Variable[]; targets: number[] } {
    return { variables: [...this.updates.keys()], targets: [...this.updates.values()].flat() };
  }
}
