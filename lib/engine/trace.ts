/**
 * Records a step: runs its function once on tensors that have a type and a shape but no values, while every operation
 * that TensorFlow.js asks of the backend becomes a node of a graph instead.
 *
 * A variable that the function assigned gets an assignment in the graph, behind the reads of its old value.
 */
import { EngineError } from '../errors';
import { type AttributeList, nativeBackend } from './backend';
import { callerLine } from './callerLine';
import type { Graph } from './graph';
import type { Output } from './graphSession';
import { ownValues } from './ownValues';
import type { Precision } from './precision';
import { withRecordedRandomness } from './randomness';
import { Recorder, type RecorderOptions } from './recorder';
import { type StepOutput, tensorsIn } from './stepOutput';
import { type TensorFlow, tf } from './tensorflow';
import type { VariableStore } from './variableStore';

/** A recorded step: what to feed, fetch and run in the session. */
export interface Trace {
  feeds: Output[];
  fetches: Output[];
  /** What the function returned: tensors without values, one for each fetch. */
  output: StepOutput;
  /** The assignments. */
  targets: number[];
  /** Assignments to run once, before the first run: first values of variables that the function made. */
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

const engine = tf.engine() as unknown as Engine;

/** The recorder of the step that is being recorded. */
let active: Recorder | undefined;

/** Whether a step is being recorded. */
export function isRecording(): boolean {
  return active !== undefined;
}

/**
 * Updates variables in place by an operation that takes them as resources, which only a recorded step can.
 *
 * @returns false where nothing was done: no step is being recorded, or what the variables hold has to stay for clones, or
 *   was assigned in this step
 */
export function recordUpdate(
  op: string,
  variables: TensorFlow.Variable[],
  inputs: TensorFlow.Tensor[],
  attributes: AttributeList,
): boolean {
  const recorder = active;
  if (!recorder || !variables.every((variable) => recorder.isUpdatable(variable))) return false;
  recorder.update(op, variables, inputs, attributes);
  return true;
}

/**
 * Remembers what tensors stand for at this place of the step that is being recorded.
 *
 * @returns tells whether they still do: a variable's value is another after an update
 */
export function standing(tensors: readonly TensorFlow.Tensor[]): () => boolean {
  const recorder = active;
  const outputs = tensors.map((tensor) => recorder?.outputOf(tensor));
  return () =>
    recorder !== undefined && tensors.every((tensor, i) => recorder.outputOf(tensor) === outputs[i]);
}

/** What convolutions and products are computed in: as the step that is being recorded says. */
export function recordingPrecision(): Precision | undefined {
  return active?.precision;
}

/**
 * Has what `record` does computed by a device, in the step that is being recorded.
 *
 * @param device `cpu:1`, `gpu:0`
 */
export function onDevice<T>(device: string, record: () => T): T {
  return active ? active.recordAt({ device: `/device:${device.toUpperCase()}` }, record) : record();
}

/** Has what `record` does run no sooner than a tensor is there, in the step that is being recorded. */
export function recordAfter<T>(tensor: TensorFlow.Tensor, record: () => T): T {
  return active ? active.recordAfter(tensor, record) : record();
}

/**
 * Executes an operation, or records it, whose result's shape TensorFlow can't tell beforehand.
 *
 * @param shape the result's, which the caller knows
 */
export function execute(
  op: string,
  attributes: AttributeList,
  inputs: TensorFlow.Tensor[],
  shape: number[],
): TensorFlow.Tensor {
  return (
    active?.executeShaped(op, attributes, inputs, shape) ??
    nativeBackend().executeSingleOutput(op, attributes, inputs)
  );
}

/** Runs `record` with every operation, new variable and random number going to the recorder. */
function redirected<T>(
  recorder: Recorder,
  adopt: (variable: TensorFlow.Variable) => void,
  record: () => T,
): T {
  const backend = nativeBackend();
  const { executeSingleOutput, executeMultipleOutputs, readSync } = backend;
  const { makeVariable } = engine;
  backend.executeSingleOutput = (op, attributes, inputs) => recorder.execute(op, attributes, inputs)[0];
  backend.executeMultipleOutputs = (op, attributes, inputs) => recorder.execute(op, attributes, inputs);
  backend.readSync = (dataId) => {
    if (!recorder.isSymbolic(dataId)) return readSync.call(backend, dataId);
    throw new EngineError(
      `A step reads the value of a tensor (${callerLine()}); while it is recorded there is none.`,
      'Return the tensor and read it outside the step. For a choice by value use tf.where.',
    );
  };
  engine.makeVariable = (...args) => {
    const variable = makeVariable.apply(engine, args);
    adopt(variable);
    return variable;
  };
  active = recorder;
  try {
    return withRecordedRandomness(record);
  } finally {
    active = undefined;
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
  fn: (...inputs: TensorFlow.Tensor[]) => StepOutput,
  inputs: readonly TensorFlow.Tensor[],
  graph: Graph,
  store: VariableStore,
  { again = false, precision = 'tf32' }: Partial<RecorderOptions> = {},
): Trace {
  const before = new Map<TensorFlow.Variable, TensorFlow.Tensor>();
  const remember = (variable: TensorFlow.Variable) => before.set(variable, tf.keep(variable.clone()));
  const variables = Object.values(engine.registeredVariables);
  // The recorder knows a variable by its values.
  variables.forEach(ownValues);
  variables.forEach(remember);
  const recorder = new Recorder(graph, store, variables, { again, precision });
  const adopt = (variable: TensorFlow.Variable) => {
    try {
      recorder.adopt(variable);
    } catch (cause) {
      variable.dispose();
      throw cause;
    }
    remember(variable);
  };
  try {
    let result!: Trace;
    tf.tidy(() => {
      result = redirected(recorder, adopt, () => {
        const placeholders = inputs.map((input) => recorder.placeholder(input));
        const output = fn(...placeholders.map(({ tensor }) => tensor));
        const fetches = tensorsIn(output).map((tensor) => recorder.fetch(tensor));
        const assigned = [...before].flatMap(([variable, { dataId }]) =>
          variable.dataId === dataId ? [] : [variable],
        );
        const assignments = recorder.assign(assigned);
        const updated = recorder.updated();
        return {
          feeds: placeholders.map(({ feed }) => feed),
          fetches,
          output,
          targets: [...assignments, ...updated.targets],
          initial: recorder.assignInitial(),
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
