/**
 * Traces a function: runs it once on tensors that have a type and a shape but no values, while every operation that TensorFlow.js
 * asks of the backend becomes a node of a graph instead.
 *
 * A variable that the function assigned gets an assignment in the graph, after the reads of its old value.
 */
import { EngineError } from '../../errors';
import { nativeBackend } from '../runtime/backend';
import type { Output } from '../runtime/session';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { withRecorder } from './active';
import { callerLine } from './callerLine';
import type { Graph } from './graph';
import { withRecordedRandomness } from './randomness';
import { Recorder, type RecorderOptions } from './recorder';
import { mapTensors, type TensorTree, tensorsIn } from './tree';
import { unshareValues, type VariableStore } from './variableStore';

/** A recorded step: what to feed, fetch and run in the session. */
export interface Trace {
  /** One for each tensor of the inputs. */
  feeds: Output[];
  fetches: Output[];
  /** What the function returned: tensors without values, one for each fetch. */
  output: TensorTree;
  /** The assignments. */
  targets: number[];
  /** Assignments to run once, before the first run: initial values of variables that the function made. */
  initial: { variables: TensorFlow.Variable[]; targets: number[] };
  /** Variables that the step reads or assigns. */
  variables: TensorFlow.Variable[];
  /** Those of them that it assigns. */
  assigned: TensorFlow.Variable[];
}

interface Engine {
  registeredVariables: Record<string, TensorFlow.Variable>;
  makeVariable(...args: unknown[]): TensorFlow.Variable;
}

/** Runs `record` with every operation, new variable and random number going to the recorder. */
function redirected<T>(
  recorder: Recorder,
  addVariable: (variable: TensorFlow.Variable) => void,
  record: () => T,
): T {
  const backend = nativeBackend();
  const engine = tf.engine() as unknown as Engine;
  const { executeSingleOutput, executeMultipleOutputs, readSync } = backend;
  const { makeVariable } = engine;
  backend.executeSingleOutput = (op, attributes, inputs) => recorder.execute(op, attributes, inputs)[0];
  backend.executeMultipleOutputs = (op, attributes, inputs) => recorder.execute(op, attributes, inputs);
  backend.readSync = (dataId) => {
    if (!recorder.symbols.isSymbolic(dataId)) return readSync.call(backend, dataId);
    throw new EngineError(
      `A step reads the value of a tensor (${callerLine()}); while it is recorded there is none.`,
      'Return the tensor and read it outside the step. For a choice by value use tf.where.',
    );
  };
  engine.makeVariable = (...args) => {
    const variable = makeVariable.apply(engine, args);
    addVariable(variable);
    return variable;
  };
  try {
    return withRecorder(recorder, () => withRecordedRandomness(record));
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
  fn: (...inputs: TensorTree[]) => TensorTree,
  inputs: readonly TensorTree[],
  graph: Graph,
  store: VariableStore,
  { isRepeated = false, precision = 'tf32' }: Partial<RecorderOptions> = {},
): Trace {
  const before = new Map<TensorFlow.Variable, TensorFlow.Tensor>();
  const remember = (variable: TensorFlow.Variable) => before.set(variable, tf.keep(variable.clone()));
  const variables = Object.values((tf.engine() as unknown as Engine).registeredVariables);
  // The recorder knows a variable by its values.
  variables.forEach(unshareValues);
  variables.forEach(remember);
  const recorder = new Recorder(graph, store, variables, { isRepeated, precision });
  const addVariable = (variable: TensorFlow.Variable) => {
    try {
      recorder.addVariable(variable);
    } catch (cause) {
      variable.dispose();
      throw cause;
    }
    remember(variable);
  };
  try {
    let result!: Trace;
    tf.tidy(() => {
      result = redirected(recorder, addVariable, () => {
        const feeds: Output[] = [];
        const placeholders = mapTensors(inputs, (input) => {
          const { feed, tensor } = recorder.placeholder(input);
          feeds.push(feed);
          return tensor;
        });
        const output = fn(...placeholders);
        const fetches = tensorsIn(output, 'the output').map((tensor) => recorder.fetch(tensor));
        const assigned = [...before].flatMap(([variable, { dataId }]) =>
          variable.dataId === dataId ? [] : [variable],
        );
        const assignments = recorder.assign(assigned);
        const updated = recorder.updates.all();
        return {
          feeds,
          fetches,
          output,
          targets: [...assignments, ...updated.targets, ...recorder.sends],
          initial: recorder.assignInitialValues(),
          assigned: [...assigned, ...updated.variables],
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
