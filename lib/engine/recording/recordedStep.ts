/**
 * A function's recordings, one for each combination of input structures, types and shapes, in one session.
 */
import { EngineError, type WorkerError } from '../../errors';
import { type OperationCost, operationCosts } from '../runtime/operationCosts';
import {
  type Precision,
  type RunArguments,
  reasonOf,
  type SessionSettings,
  type Value,
} from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
import { tensorOf, valuesOf } from '../runtime/values';
import { lossOf } from '../runtime/workers';
import { RecordCheck } from './check/recordCheck';
import { Graph } from './graph';
import { printTrace } from './print';
import { type Trace, trace } from './trace';
import { mapTensors, structureOf, type TensorTree, tensorsIn } from './tree';
import { VariableStore } from './variableStore';

/** A function that can be recorded. */
export type StepFunction = (...inputs: TensorTree[]) => TensorTree;

/** What a recording keeps to, in addition to what its session does. */
export interface RecordOptions {
  check?: boolean;
  precision?: Precision;
}

/** Says why TensorFlow can't run a step that it could record. */
function refusal(cause: unknown): EngineError {
  return new EngineError(
    `This step can't be run: ${reasonOf(cause)}.`,
    'Try it with `compile: false`, which names the line.',
    { cause },
  );
}

/** Records a function at its first call with each combination of inputs, and runs the recordings. */
export class RecordedStep {
  private readonly check?: RecordCheck;
  private readonly graph: Graph;
  private readonly store: VariableStore;
  private readonly traces = new Map<string, Trace>();
  /** Bytes of the inputs of a call, at the most so far. */
  private largest = 0;
  /** Set once a worker is lost, and with it what the session had. */
  private loss?: WorkerError;

  constructor(
    private readonly fn: StepFunction,
    private readonly options: RecordOptions,
    private readonly session: SessionSettings,
  ) {
    const sessionOptions = { ...session, precision: options.precision };
    if (options.check) this.check = new RecordCheck(fn, sessionOptions);
    this.graph = this.check?.graph ?? new Graph(sessionOptions);
    this.store = new VariableStore(this.graph);
  }

  async run(inputs: TensorTree[]): Promise<TensorTree> {
    if (this.loss) throw this.loss;
    let prepared: ReturnType<RecordedStep['prepare']>;
    try {
      prepared = this.prepare(inputs);
    } catch (cause) {
      throw (await this.lossBehind(cause)) ?? cause;
    }
    const running = this.graph.session.runAsync(...prepared.call);
    this.store.assigned(prepared.assigned);
    const fetched = await running.catch(async (cause) => {
      throw (await this.lossBehind(cause)) ?? refusal(cause);
    });
    let next = 0;
    return mapTensors(prepared.output, () => tensorOf(fetched[next++]));
  }

  /** The error for a worker that was lost, where that is what a run failed by; the session is then given up. */
  private async lossBehind(cause: unknown): Promise<WorkerError | undefined> {
    const { cluster } = this.session;
    if (!cluster) return undefined;
    this.loss = await lossOf(cluster.workers, cause, cluster.timeout);
    if (this.loss) this.store.abandon();
    return this.loss;
  }

  operationCosts(inputs: TensorTree[]): OperationCost[] {
    const { assigned, call } = this.prepare(inputs);
    let metadata: Uint8Array;
    try {
      metadata = this.graph.session.profile(...call);
    } catch (cause) {
      throw refusal(cause);
    }
    this.store.assigned(assigned);
    return operationCosts(metadata, this.session.cluster?.workers);
  }

  /** The recording for some inputs with what to call the session with, which has all variables' newest values then. */
  private prepare(inputs: TensorTree[]): Trace & { call: RunArguments } {
    const tensors = inputs.flatMap((input, i) => tensorsIn(input, `input ${i}`));
    const values = tensors.map(valuesOf);
    const traced = this.traceFor(inputs, values);
    this.store.push(traced.variables, traced.assigned);
    return { ...traced, call: [traced.feeds, values, traced.fetches, traced.targets] };
  }

  /** The recording for such inputs, made at their first call. */
  private traceFor(inputs: TensorTree[], values: Value[]): Trace {
    const key = structureOf(inputs, ({ dtype, shape }: TensorFlow.Tensor) => `${dtype}[${shape}]`);
    const known = this.traces.get(key);
    if (known) {
      this.check?.verify(known, inputs);
      return known;
    }
    // To compile takes longer than the last batch of each epoch, which is smaller, saves by it.
    const size = values.reduce((sum, { data }) => sum + data.byteLength, 0);
    this.graph.skipsXla = Boolean(this.session.xla) && size < this.largest;
    this.largest = Math.max(this.largest, size);
    const traced = trace(this.fn, inputs, this.graph, this.store, this.options);
    this.check?.add(traced, this.store);
    this.traces.set(key, traced);
    const { variables, targets } = traced.initial;
    this.store.push(traced.variables, variables);
    if (targets.length > 0) this.graph.session.run(traced.feeds, values, [], targets);
    this.store.assigned(variables);
    return traced;
  }

  /** The recordings as text, one after the other. */
  print(): string {
    return [...this.traces.values()].map((traced) => printTrace(traced, this.graph, this.store)).join('\n\n');
  }

  dispose(): void {
    if (!this.loss) this.store.release();
    this.graph.session.close();
  }
}
