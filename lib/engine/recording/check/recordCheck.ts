/**
 * Finds what a record keeps although it has changed: records the function again, and compares.
 *
 * A record keeps the numbers, tensors and branches that JavaScript had when it was made. Recording computes nothing, so
 * that a second record costs little enough to be made at each call, and leaves no trace.
 */
import { EngineError } from '../../../errors';
import type { SessionSettings } from '../../runtime/session';
import { type Trace, trace } from '../trace';
import type { TensorTree } from '../tree';
import { VariableStore } from '../variableStore';
import { type Outline, outlineOf, TracedGraph } from './outline';
import { outlineChanges } from './outlineChanges';

/** Checks the records of one function. */
export class RecordCheck {
  /** What the function is to be recorded into. */
  readonly graph: TracedGraph;
  private readonly outlines = new Map<Trace, Outline>();

  constructor(
    private readonly fn: (...inputs: TensorTree[]) => TensorTree,
    private readonly options: SessionSettings,
  ) {
    this.graph = new TracedGraph(options);
  }

  /** Takes in a record that was just made. */
  add(traced: Trace, store: VariableStore): void {
    this.outlines.set(traced, outlineOf(traced, this.graph, store));
  }

  /**
   * Compares a record with what its function does now.
   *
   * @throws EngineError where it does something else, naming the lines
   */
  verify(traced: Trace, inputs: readonly TensorTree[]): void {
    // The function can't run on a variable that was disposed, as the run itself will say.
    if (traced.variables.some(({ isDisposed }) => isDisposed)) return;
    const changes = outlineChanges(this.outlines.get(traced)!, this.outlineNow(inputs));
    if (changes.length === 0) return;
    const more = changes.length > 3 ? `; and ${changes.length - 3} more` : '';
    throw new EngineError(
      `This step does something else than its record: ${changes.slice(0, 3).join('; ')}${more}.`,
      'Pass what changes as an input, or keep it in a tf.Variable; choose by value with tf.where, or compile a step for each case.',
    );
  }

  private outlineNow(inputs: readonly TensorTree[]): Outline {
    const graph = new TracedGraph(this.options);
    try {
      const store = new VariableStore(graph);
      return outlineOf(
        trace(this.fn, inputs, graph, store, { ...this.options, isRepeated: true }),
        graph,
        store,
      );
    } finally {
      graph.session.close();
    }
  }
}
