/**
 * The native backend behind TensorFlow.js, with the parts of it that this library uses, as types.
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

/** Identifies a tensor's values; several tensors may share them. */
export type DataId = object;

/** The addon's constants and functions; TensorFlow's enums keep their C names. */
interface Binding {
  [constant: `TF_${string}`]: number;
  deleteTensor(id: number): void;
}

/** What the backend keeps of a tensor: values in JavaScript, or else the id of a tensor in TensorFlow. */
export interface TensorRecord {
  shape: number[];
  dtype: number;
  values: ArrayBufferView | null;
  id: number;
  refCount: number;
}

export interface NativeBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: {
    get(dataId: DataId): TensorRecord;
    set(dataId: DataId, record: TensorRecord): void;
    has(dataId: DataId): boolean;
  };
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
  getInputTensorIds(tensors: TensorFlow.Tensor[]): number[];
  getDTypeInteger(dtype: TensorFlow.DataType): number;
  readSync(dataId: DataId): ArrayBufferView;
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

/** Whether TensorFlow computes on a GPU. */
export function usesGpu(): boolean {
  return nativeBackend().isUsingGpuDevice;
}
