/**
 * The native backend behind TensorFlow.js, with the parts of it that this room uses spelled out as types.
 *
 * TensorFlow.js exports neither: they are its internals, and this file is where a new version would be checked.
 */
import { type TensorFlow, tf } from './tensorflow';

/** One attribute of a TensorFlow operation, in the form that the addon takes. */
export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

export type AttributeList = Attribute[];

/** The addon's constants and functions; TensorFlow's enums keep their C names. */
export interface Binding {
  [constant: `TF_${string}`]: number;
  TF_Version: never;
  isUsingGpuDevice(): boolean;
}

export interface NativeBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(
    name: string,
    attributes: AttributeList,
    inputs: TensorFlow.Tensor[],
  ): TensorFlow.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: AttributeList,
    inputs: TensorFlow.Tensor[],
    outputs: number,
  ): TensorFlow.Tensor[];
}

/** The backend that runs TensorFlow.js's operations on libtensorflow. */
export function nativeBackend(): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}

/** TensorFlow's number for float32. */
export function floatType(): number {
  return nativeBackend().binding.TF_FLOAT;
}

/** An attribute that holds a data type. */
export function typeAttribute(name: string, type: number): Attribute {
  return { name, type: nativeBackend().binding.TF_ATTR_TYPE, value: type };
}
