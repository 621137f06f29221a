/**
 * How tensors cross from one device to another. An edge of the graph is enough, but where it would lead to a node that isn't recorded yet:
 * there TensorFlow's inner operations `_Send` and `_Recv` find each other by name when the step runs.
 */
import { type AttributeList, floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import type { Output } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
import { reducedType } from './precision';
import type { Recorder } from './recorder';

/** What a tensor crosses by. */
export interface Crossing {
  /** Unique within a run. */
  name: string;
  /** A device, as in a placement. */
  from: string;
  to: string;
}

/** The whole name of the device of a placement. */
function deviceName(place: string): string {
  return place.startsWith('/job:')
    ? place.replace('/task:', '/replica:0/task:')
    : `/job:localhost/replica:0/task:0${place}`;
}

/** The attributes of both operations, but for the type. */
function crossingAttributes({ name, from, to }: Crossing): AttributeList {
  const { TF_ATTR_STRING, TF_ATTR_INT } = nativeBackend().binding;
  const texts = { tensor_name: name, send_device: deviceName(from), recv_device: deviceName(to) };
  return [
    ...Object.entries(texts).map(([key, value]) => ({ name: key, type: TF_ATTR_STRING, value })),
    // 0 has TensorFlow find out the sender's.
    { name: 'send_device_incarnation', type: TF_ATTR_INT, value: 0 },
  ];
}

/** Sends a tensor of float32 from the device that is recorded for to another, whose `receive` may be recorded before or after. */
export function send(recorder: Recorder, tensor: TensorFlow.Tensor, crossing: Crossing): void {
  const attributes = [typeAttribute('T', floatType()), ...crossingAttributes(crossing)];
  recorder.sends.push(recorder.addNode('_Send', attributes, [recorder.outputOf(tensor)]).node);
}

/** What another device sends to the one that is recorded for: a tensor of float32. */
export function receive(recorder: Recorder, crossing: Crossing, shape: number[]): TensorFlow.Tensor {
  const attributes = [typeAttribute('tensor_type', floatType()), ...crossingAttributes(crossing)];
  const { node } = recorder.addNode('_Recv', attributes, []);
  const shaped = recorder.ensureShape([node, 0], shape);
  return recorder.symbols.tensorOf([shaped.node, 0], shaped.outputs[0], '_Recv');
}

/** A tensor of float32 that crosses to another device as bfloat16. */
export function sendAsBfloat16(recorder: Recorder, tensor: TensorFlow.Tensor, to: string): TensorFlow.Tensor {
  const type = reducedType('bfloat16')!;
  const cast = (output: Output, from: number, into: number) =>
    recorder.addNode('Cast', [typeAttribute('SrcT', from), typeAttribute('DstT', into)], [output]);
  const { node } = cast(recorder.outputOf(tensor), floatType(), type);
  const arrived = recorder.recordAt({ device: to }, () => cast([node, 0], type, floatType()));
  return recorder.symbols.tensorOf([arrived.node, 0], arrived.outputs[0], 'Cast');
}
