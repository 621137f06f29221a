/**
 * Keeps TensorFlow.js's variables and a session's copies of them equal, moving values only when somebody needs them.
 *
 * A run that assigns variables leaves the newest values in the session. They stay there, from step to step, until
 * something else reads the variable: an operation of TensorFlow.js, `dataSync`, a checkpoint, another session. That read
 * brings them over. The other way, a variable that was assigned outside is sent before the session's next run.
 */
import { EngineError, WorkerError } from '../../errors';
import { type DataId, nativeBackend } from '../runtime/backend';
import { type FetchedValue, type Output, reasonOf } from '../runtime/session';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { arrayOf, isRegistered, typeNumber, valuesOf } from '../runtime/values';
import type { Graph } from './graph';

/** One variable in the session, and the nodes that read and write it as a whole. */
interface Entry {
  variable: TensorFlow.Variable;
  handle: Output;
  pull: Output;
  feed: Output;
  push: number;
  /** Which of the variable's values the session has: another `dataId` was assigned outside, another version elsewhere. */
  dataId: DataId | null;
  version: number;
}

/** Which store alone holds the newest values of a tensor. */
const newest = new WeakMap<DataId, VariableStore>();

/** How often sessions have assigned a tensor's values. */
const versions = new WeakMap<DataId, number>();

function versionOf(dataId: DataId): number {
  return versions.get(dataId) ?? 0;
}

let watching = false;

/** Makes TensorFlow.js's backend ask the stores before it reads a tensor. */
function watchReads(): void {
  if (watching) return;
  watching = true;
  const backend = nativeBackend();
  const getInputTensorIds = backend.getInputTensorIds.bind(backend);
  const readSync = backend.readSync.bind(backend);
  backend.getInputTensorIds = (tensors) => {
    for (const { dataId } of tensors) newest.get(dataId)?.pull();
    return getInputTensorIds(tensors);
  };
  backend.readSync = (dataId) => {
    newest.get(dataId)?.pull();
    return readSync(dataId);
  };
}

/**
 * Gives a variable values that no other tensor shares.
 *
 * TensorFlow.js lets tensors share values: a variable with the tensor that it was made of or assigned, and with its clones. It never
 * changes values in place, so nobody notices. A session does: what shares a variable's values would change with it.
 */
export function unshareValues(variable: TensorFlow.Variable): void {
  const backend = nativeBackend();
  if (variable.dtype === 'string' || backend.tensorMap.get(variable.dataId).refCount === 1) return;
  const values = backend.readSync(variable.dataId) as Float32Array;
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, variable.dtype)));
}

/** The variables of one session. */
export class VariableStore {
  private readonly entries = new Map<TensorFlow.Variable, Entry>();

  constructor(private readonly graph: Graph) {
    watchReads();
  }

  /**
   * The session's handle of a variable, made at its first use.
   *
   * @param device where the variable is to be, for the first use
   */
  handleOf(variable: TensorFlow.Variable, device?: string): Output {
    return (this.entries.get(variable) ?? this.add(variable, device)).handle;
  }

  private add(variable: TensorFlow.Variable, device?: string): Entry {
    const type = { dtype: typeNumber(variable.dtype), shape: variable.shape };
    const handle: Output = [this.graph.variable(type, device).node, 0];
    const feed: Output = [this.graph.placeholder(type).node, 0];
    const entry: Entry = {
      variable,
      handle,
      pull: this.read(handle, type.dtype),
      feed,
      push: this.assign(handle, feed, type.dtype),
      dataId: null,
      version: 0,
    };
    this.entries.set(variable, entry);
    return entry;
  }

  /** Adds a node that reads a variable, after the nodes that update it. */
  read(handle: Output, dtype: number, after: number[] = []): Output {
    const { binding } = nativeBackend();
    const attribute = { name: 'dtype', type: binding.TF_ATTR_TYPE, value: dtype };
    return [this.graph.add('ReadVariableOp', [handle], [attribute], { after }).node, 0];
  }

  /** Adds a node that assigns a variable, after the nodes that read its old value. */
  assign(handle: Output, value: Output, dtype: number, after: number[] = []): number {
    const { binding } = nativeBackend();
    const attribute = { name: 'dtype', type: binding.TF_ATTR_TYPE, value: dtype };
    return this.graph.add('AssignVariableOp', [handle, value], [attribute], { after }).node;
  }

  /**
   * Sends the session what was assigned outside since its last run.
   *
   * @param assigned those of the variables that the run will assign
   * @throws EngineError when a variable was disposed meanwhile
   */
  push(variables: readonly TensorFlow.Variable[], assigned: readonly TensorFlow.Variable[]): void {
    const disposed = variables.find((variable) => variable.isDisposed || !isRegistered(variable));
    if (disposed) {
      throw new EngineError(
        `The variable ${disposed.name}, which this step uses, was disposed.`,
        'Dispose the step together with its variables, and compile a new one for new variables.',
      );
    }
    assigned.forEach(unshareValues);
    const changed = variables
      .map((variable) => this.entries.get(variable)!)
      .filter(
        ({ variable: { dataId }, ...sent }) => sent.dataId !== dataId || sent.version !== versionOf(dataId),
      );
    if (changed.length === 0) return;
    // What the session is about to lose may live on in a clone.
    if (changed.some((entry) => this.hasNewest(entry))) this.pull();
    const values = changed.map(({ variable }) => valuesOf(variable));
    this.graph.session.run(
      changed.map(({ feed }) => feed),
      values,
      [],
      changed.map(({ push }) => push),
    );
    for (const entry of changed) this.note(entry);
  }

  private note(entry: Entry): void {
    entry.dataId = entry.variable.dataId;
    entry.version = versionOf(entry.dataId);
  }

  /** Notes that a run, just asked for, leaves the newest values of these variables in the session. */
  assigned(variables: readonly TensorFlow.Variable[]): void {
    for (const variable of variables) {
      versions.set(variable.dataId, versionOf(variable.dataId) + 1);
      newest.set(variable.dataId, this);
      this.note(this.entries.get(variable)!);
    }
  }

  /** Whether the session alone has values that a tensor, the variable or a clone of it, still stands for. */
  private hasNewest({ dataId }: Entry): boolean {
    return dataId !== null && newest.get(dataId) === this && nativeBackend().tensorMap.has(dataId);
  }

  /** Brings over all values that only the session has. Waits for a run under way. */
  pull(): void {
    const entries = [...this.entries.values()].filter((entry) => this.hasNewest(entry));
    if (entries.length === 0) return;
    for (const { dataId } of entries) newest.delete(dataId!);
    const fetched = this.fetched(entries);
    const backend = nativeBackend();
    entries.forEach(({ dataId }, i) => {
      const record = backend.tensorMap.get(dataId!);
      if (record.id >= 0) backend.binding.deleteTensor(record.id);
      record.id = -1;
      record.values = arrayOf(fetched[i]);
    });
  }

  private fetched(entries: readonly Entry[]): FetchedValue[] {
    const fetches = entries.map(({ pull }) => pull);
    try {
      return this.graph.session.run([], [], fetches, []);
    } catch (cause) {
      if (!this.graph.cluster) throw cause;
      this.abandon();
      throw new WorkerError(
        `What ${this.graph.cluster.workers.join(', ')} computed can't be fetched: ${reasonOf(cause)}.`,
        'See whether they run; go on from the newest checkpoint with `resume: true`.',
        { cause },
      );
    }
  }

  /** Brings everything over and forgets the session. */
  release(): void {
    this.pull();
    this.entries.clear();
  }

  /** Forgets a session that is lost: its variables have the values that were brought over last. */
  abandon(): void {
    for (const { dataId } of this.entries.values()) {
      if (dataId !== null && newest.get(dataId) === this) newest.delete(dataId);
    }
    this.entries.clear();
  }
}
