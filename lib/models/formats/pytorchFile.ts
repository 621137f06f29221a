/**
 * Files of torch.save: an archive of a pickle and the memory of tensors.
 */
import { ModelError } from '../../errors';
import { Call, Named, Persistent, Unpickler } from './pickle';
import { BYTES, isShape, type NumberKind, sizeOf, type TensorData } from './tensorData';
import { readZip } from './zip';

/** Kinds of memory. */
const STORAGES: Readonly<Record<string, NumberKind>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

const TENSOR = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';
const ALLOWED = new Set(['collections.OrderedDict', TENSOR, PARAMETER, ...Object.keys(STORAGES)]);

/** Tensors may share memory: all together are at most so many times the file. */
const MOST_SHARED = 8;

/** Where training scripts put the weights beside other things. */
const WITHIN = ['state_dict', 'model_state_dict', 'model', 'net', 'weights'];

/**
 * Reads the tensors of a file that torch.save wrote of a state dict, or of a checkpoint that has one. Nothing that its pickle names is run.
 *
 * @param file its name, for messages
 * @throws ModelError where the file isn't sound, has no state dict, or its pickle names anything but tensors
 */
export function readPyTorchFile(bytes: Uint8Array, file: string): Map<string, TensorData> {
  const files = readZip(bytes, file);
  const pickle = [...files.keys()].find((name) => /(^|\/)data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new ModelError(
      `${file} is an archive, but none of torch.save.`,
      'Give a .pth, .pt or .safetensors file.',
    );
  }
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`);
  if (order && Buffer.from(order()).toString('latin1') !== 'little') {
    throw new ModelError(
      `${file} was written on a machine of another byte order.`,
      'Save it by safetensors.',
    );
  }
  const root = new Unpickler(files.get(pickle)!(), file, (name) => ALLOWED.has(name)).read();
  const memories = new Map<string, Uint8Array>();
  const memoryOf = (key: string): Uint8Array => {
    const read = files.get(`${folder}data/${key}`);
    if (!read)
      throw new ModelError(`${file} lacks the tensor memory ${key}.`, 'Get or write the file again.');
    const memory = memories.get(key) ?? read();
    memories.set(key, memory);
    return memory;
  };
  const tensors = new Map<string, TensorData>();
  let total = 0;
  for (const [name, value] of stateDictIn(root, file)) {
    const call = value instanceof Call && value.name === PARAMETER ? value.args[0] : value;
    if (!(call instanceof Call && call.name === TENSOR)) continue;
    const tensor = tensorOf(call, String(name), file, memoryOf);
    tensors.set(String(name), tensor);
    total += tensor.bytes.length;
    if (total > MOST_SHARED * bytes.length) {
      throw new ModelError(
        `The tensors of ${file} are many times as large as it is.`,
        'Get or write the file again.',
      );
    }
  }
  return tensors;
}

const hasTensors = (value: unknown): value is Map<unknown, unknown> =>
  value instanceof Map && [...value.values()].some((item) => item instanceof Call);

function stateDictIn(root: unknown, file: string): Map<unknown, unknown> {
  if (hasTensors(root)) return root;
  const within = root instanceof Map ? WITHIN.map((key) => root.get(key)).find(hasTensors) : undefined;
  if (within) return within;
  throw new ModelError(
    `${file} has no state dict: neither it nor ${WITHIN.join(', ')} in it has tensors by name.`,
    'Save one by torch.save(net.state_dict(), path).',
  );
}

/** A tensor of a part of a memory, row by row, however it lies there. */
function tensorOf(
  { args }: Call,
  name: string,
  file: string,
  memoryOf: (key: string) => Uint8Array,
): TensorData {
  const [storage, offset, shape, strides] = args;
  const [, type, key] = storage instanceof Persistent && Array.isArray(storage.id) ? storage.id : [];
  const kind = type instanceof Named ? STORAGES[type.name] : undefined;
  const isSound =
    kind !== undefined &&
    typeof key === 'string' &&
    isShape([offset]) &&
    isShape(shape) &&
    isShape(strides) &&
    strides.length === shape.length;
  if (!isSound)
    throw new ModelError(`${file} has a tensor ${name} that isn't sound.`, 'Get or write the file again.');
  const [first, size, width] = [offset as number, sizeOf(shape), BYTES[kind]];
  const memory = memoryOf(key);
  const last = shape.reduce((at, length, i) => at + (length - 1) * strides[i], first);
  if (
    size > 0 &&
    !(Number.isSafeInteger(last) && (last + 1) * width <= memory.length && size * width <= memory.length)
  ) {
    throw new ModelError(
      `The tensor ${name} of ${file} reaches over the end of its memory.`,
      'Get or write the file again.',
    );
  }
  // Numbers that lie side by side are copied together: all of them, unless axes are in another order.
  let [run, axes] = [1, shape.length];
  while (axes > 0 && (shape[axes - 1] === 1 || strides[axes - 1] === run)) run *= shape[--axes];
  const bytes = new Uint8Array(size * width);
  const index = shape.slice(0, axes).map(() => 0);
  for (let i = 0; i < size; i += run) {
    const from = index.reduce((at, place, axis) => at + place * strides[axis], first);
    bytes.set(memory.subarray(from * width, (from + run) * width), i * width);
    for (let axis = axes - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { kind, shape, bytes };
}
