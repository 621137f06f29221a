/**
 * The symbol table of a recording: which output of the graph each tensor stands for.
 */
import { EngineError } from '../../errors';
import { type DataId, nativeBackend } from '../runtime/backend';
import type { Output, OutputType } from '../runtime/session';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { typeName } from '../runtime/values';
import { callerLine } from './callerLine';

interface Engine {
  makeTensorFromTensorInfo(info: object): TensorFlow.Tensor;
}

// Tensors made while recording; their values exist only in the session.
const abstract = new WeakSet<DataId>();

/** Maps tensors to outputs, and knows the variables by what they hold. */
export class Symbols {
  private readonly outputs = new Map<DataId, Output>();
  private readonly variables: Map<DataId, TensorFlow.Variable>;

  constructor(variables: readonly TensorFlow.Variable[]) {
    this.variables = new Map(variables.map((variable) => [variable.dataId, variable]));
  }

  /** Whether a tensor was made in a recording, this one or another. */
  static isAbstract(dataId: DataId): boolean {
    return abstract.has(dataId);
  }

  /** Whether a tensor has values only when the step runs. */
  isSymbolic(dataId: DataId): boolean {
    return abstract.has(dataId) || this.variables.has(dataId);
  }

  /**
   * Makes a tensor without values that stands for an output.
   *
   * @param op that gives it, for the error
   * @throws EngineError where its shape isn't known
   */
  tensorOf(output: Output, { dtype, shape }: OutputType, op: string): TensorFlow.Tensor {
    if (shape === null || shape.includes(-1)) {
      throw new EngineError(
        `The shape of what ${op} gives depends on values, so it can't be recorded (${callerLine()}).`,
        'Compute this part outside the step, or use an operation whose shape is known beforehand.',
      );
    }
    const dataId: DataId = {};
    abstract.add(dataId);
    this.outputs.set(dataId, output);
    nativeBackend().tensorMap.set(dataId, { shape, dtype, values: null, id: -1, refCount: 1 });
    const engine = tf.engine() as unknown as Engine;
    return engine.makeTensorFromTensorInfo({ dataId, shape, dtype: typeName(dtype) });
  }

  outputOf({ dataId }: TensorFlow.Tensor): Output | undefined {
    return this.outputs.get(dataId);
  }

  set({ dataId }: TensorFlow.Tensor, output: Output): void {
    this.outputs.set(dataId, output);
  }

  /** Forgets a variable's output, which is another after an update. */
  forget({ dataId }: TensorFlow.Variable): void {
    this.outputs.delete(dataId);
  }

  addVariable(variable: TensorFlow.Variable): void {
    this.variables.set(variable.dataId, variable);
  }

  /** The variable that held these values when the recording began or when the variable was made. */
  variableOf({ dataId }: TensorFlow.Tensor): TensorFlow.Variable | undefined {
    return this.variables.get(dataId);
  }
}
