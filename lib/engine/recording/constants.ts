/**
 * Constants of a recording: tensors that the function uses and that are neither inputs nor variables.
 */
import { EngineError } from '../../errors';
import type { Output } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
import { valuesOf } from '../runtime/values';
import { callerLine } from './callerLine';
import type { Graph } from './graph';
import { Symbols } from './symbols';

/** A constant of this size is nearly always a slow gradient or a data set that should be an input. */
const LARGE_BYTES = 2 ** 20;

/** Adds each constant once, however often it is used. */
export class Constants {
  private readonly outputs = new Map<string, Output>();

  /** @param warns of large ones */
  constructor(
    private readonly graph: Graph,
    private readonly warns: boolean,
  ) {}

  /**
   * @throws EngineError for a tensor of another recording, which has no values
   */
  outputOf(tensor: TensorFlow.Tensor): Output {
    if (Symbols.isAbstract(tensor.dataId)) {
      throw new EngineError(
        `This step uses a tensor that was made while another step was recorded (${callerLine()}).`,
        'Return it from that step, and pass it to this one as an input.',
      );
    }
    const value = valuesOf(tensor);
    const { buffer, byteOffset, byteLength } = value.data;
    if (byteLength > LARGE_BYTES && this.warns) {
      process.emitWarning(
        `A constant of ${(byteLength / 2 ** 20).toFixed(1)} MB, [${tensor.shape}], is recorded into a step (${callerLine()}). ` +
          'Pass it as an input, or keep it in a tf.Variable.',
        'EngineWarning',
      );
    }
    const bytes = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
    const key = `${value.dtype}[${value.shape}]${bytes}`;
    let output = this.outputs.get(key);
    if (!output) {
      output = [this.graph.constant(value).node, 0];
      this.outputs.set(key, output);
    }
    return output;
  }
}
