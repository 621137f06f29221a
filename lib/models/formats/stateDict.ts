/**
 * A network's weights as PyTorch's state dict: the names and layouts that PyTorch has for them, from and to files.
 *
 * PyTorch's filters are [out, in, height, width], and its matrices [out, in].
 */
import { checkChoice, checkForm, filePath } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { computedNumbers } from '../../engine/runtime/values';
import { ModelError } from '../../errors';
import { readRegularFile } from '../../files';
import { layersOf } from '../walk';
import { checkNotDisposed, variableOf } from '../weights';
import { readPyTorchFile } from './pytorchFile';
import { readSafetensors, writeSafetensors } from './safetensors';
import { floatsOf, type TensorData } from './tensorData';
import { writeFormat } from './writeFormat';
import { isZip } from './zip';

/** Whose names weights have: `layer1.0.features.0.weight` in the article, `layer1.0.conv1.weight` in torchvision. */
export type StateDictNames = 'article' | 'torchvision';

/** What `saveStateDict` takes. */
export interface StateDictOptions {
  /** Default `article`. */
  names?: StateDictNames;
}

/** A layer's name in PyTorch. */
type Rename = (name: string) => string;

const RENAMES: Readonly<Record<StateDictNames | 'own', Rename>> = {
  article: (name) =>
    name
      .replace(/\bconv(\d)$/, (_, part) => `features.${3 * (part - 1)}`)
      .replace(/\bbn(\d)$/, (_, part) => `features.${3 * (part - 1) + 1}`)
      .replace(/\bconv$/, '0')
      .replace(/\bbn$/, '1')
      // The article's own spelling.
      .replace(/^classifier$/, 'classifer'),
  torchvision: (name) =>
    name
      .replace(/^features\.(conv|bn)$/, '$11')
      .replace(/shortcut\.conv$/, 'downsample.0')
      .replace(/shortcut\.bn$/, 'downsample.1')
      .replace(/^classifier$/, 'fc'),
  own: (name) => name,
};

/** One tensor of PyTorch's, and the weight of the network that it is. */
interface Entry {
  name: string;
  shape: number[];
  /** The weight; undefined for what the network takes as given: a factor of 1. */
  weight?: TensorFlow.LayerVariable;
  /** Axes of the network's weight in PyTorch's order. */
  order: number[];
}

const CONVOLUTION = [3, 2, 0, 1];
const MATRIX = [1, 0];
const VECTOR = [0];

/** What PyTorch calls the weights of a batch normalization. */
const NORM: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/** What a weight is in its layer; names of weights have a number behind them where there was one before. */
function partOf({ originalName }: TensorFlow.LayerVariable): string {
  return originalName.split('/').at(-1)!;
}

/** All tensors that a network has in PyTorch. */
function entriesOf(net: TensorFlow.LayersModel, rename: Rename): Entry[] {
  return layersOf(net).flatMap((layer): Entry[] => {
    if (layer.weights.length === 0) return [];
    const kind = layer.getClassName();
    const name = rename(layer.name);
    const entry = (weight: TensorFlow.LayerVariable, part: string, order: number[]): Entry => {
      const shape = order.map((axis) => weight.shape[axis] as number);
      return { name: `${name}.${part}`, shape, weight, order };
    };
    if (kind === 'Conv2D' || kind === 'Dense') {
      checkFlattened(net, layer);
      const [kernel, bias] = layer.weights;
      const order = kind === 'Conv2D' ? CONVOLUTION : MATRIX;
      return [entry(kernel, 'weight', order), ...(bias ? [entry(bias, 'bias', VECTOR)] : [])];
    }
    if (kind === 'BatchNormalization') {
      const own = layer.weights.map((weight) => entry(weight, NORM[partOf(weight)], VECTOR));
      const lacking = ['weight', 'bias'].filter((part) => !own.some((had) => had.name === `${name}.${part}`));
      const { shape } = own[0];
      return [...own, ...lacking.map((part) => ({ name: `${name}.${part}`, shape, order: VECTOR }))];
    }
    throw new ModelError(
      `${net.name} has a layer ${layer.name} of ${kind}, whose weights PyTorch has other names for.`,
      'Give a network of convolutions, batch normalizations and linear layers.',
    );
  });
}

/** Behind a flattened map the order of a matrix's inputs is of heights and widths, which PyTorch has behind the channels. */
function checkFlattened(net: TensorFlow.LayersModel, layer: TensorFlow.layers.Layer): void {
  if (layer.getClassName() !== 'Dense') return;
  const flatten = net.layers.find((candidate) => candidate.getClassName() === 'Flatten');
  const [, height, width] = (flatten?.input as TensorFlow.SymbolicTensor | undefined)?.shape ?? [];
  if (height === undefined || width === undefined || (height === 1 && width === 1)) return;
  throw new ModelError(
    `${net.name} flattens a map of ${height}×${width}, whose order is another one in PyTorch.`,
    'Take the mean or the maximum of each channel before it is flattened.',
  );
}

/** What a tensor without a weight holds in PyTorch. */
const given = ({ name }: Entry) => (name.endsWith('.weight') ? 1 : 0);

/**
 * Saves a network's weights as a state dict in safetensors, which PyTorch loads:
 * `net.load_state_dict(safetensors.torch.load_file(path))`.
 *
 * @param options `names: 'torchvision'` for torchvision's `ResNet`; without it for the article's
 * @throws ModelError where the network has layers that PyTorch has other weights for, or the file can't be written
 */
export async function saveStateDict(
  net: TensorFlow.LayersModel,
  path: string | URL,
  options: StateDictOptions = {},
): Promise<void> {
  checkNotDisposed(net);
  const { names = 'article' } = checkForm(
    'options',
    options,
    {},
    "Give for example { names: 'torchvision' }.",
  );
  checkChoice('names', names, ['article', 'torchvision']);
  const tensors = new Map<string, TensorData>();
  for (const entry of entriesOf(net, RENAMES[names])) {
    const { name, shape, weight, order } = entry;
    const values = weight
      ? computedNumbers(() => tf.transpose(weight.read(), order))
      : new Float32Array(shape[0]).fill(given(entry));
    tensors.set(name, {
      kind: 'F32',
      shape,
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    });
    if (name.endsWith('.running_var')) {
      const counted = name.replace(/running_var$/, 'num_batches_tracked');
      tensors.set(counted, { kind: 'I64', shape: [], bytes: new Uint8Array(8) });
    }
  }
  await writeFormat(path, writeSafetensors(tensors));
}

/** Names without what `nn.DataParallel` and `torch.compile` put in front of all. */
function withoutPrefix(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const names = [...tensors.keys()];
  const prefix = ['module.', '_orig_mod.'].find((candidate) =>
    names.every((name) => name.startsWith(candidate)),
  );
  if (!prefix || names.length === 0) return new Map(tensors);
  return withoutPrefix(new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])));
}

/** Some names, for a message. */
function some(names: readonly string[]): string {
  return names.length <= 3
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

/**
 * Loads weights that PyTorch saved into a network of the same layers, as its `load_state_dict`: of a `.safetensors` file, or of a `.pth` or
 * `.pt` file of torch.save, whose pickle is read without running anything of it. Names may be the article's, torchvision's, or this library's.
 *
 * @throws ModelError where the file isn't sound, wants to run something, or has other tensors than the network; no weight is changed then
 */
export async function loadStateDict(net: TensorFlow.LayersModel, path: string | URL): Promise<void> {
  checkNotDisposed(net);
  const file = filePath(path, ModelError);
  const bytes = await readRegularFile(file).catch((cause: Error) => {
    throw new ModelError(`${file} can't be read: ${cause.message}.`, 'Check the path.', { cause });
  });
  const read = isZip(bytes) ? readPyTorchFile : readSafetensors;
  const tensors = withoutPrefix(read(bytes, file));
  for (const name of tensors.keys()) if (name.endsWith('.num_batches_tracked')) tensors.delete(name);
  const { entries } = Object.values(RENAMES)
    .map((rename) => {
      const all = entriesOf(net, rename);
      return { entries: all, found: all.filter(({ name }) => tensors.has(name)).length };
    })
    .reduce((best, next) => (next.found > best.found ? next : best));
  checkEntries(net, file, entries, tensors);
  const values = entries.map(({ name }) => floatsOf(tensors.get(name)!, name));
  entries.forEach((entry, i) => {
    if (entry.weight || values[i].every((value) => value === given(entry))) return;
    throw new ModelError(
      `${net.name} has no weight for ${entry.name} of ${file}, which isn't ${given(entry)} throughout.`,
      'Make the network with the layers that the file is of.',
    );
  });
  tf.tidy(() => {
    entries.forEach(({ weight, shape, order }, i) => {
      if (!weight) return;
      const back = order.map((_, axis) => order.indexOf(axis));
      variableOf(weight).assign(tf.transpose(tf.tensor(values[i], shape), back));
    });
  });
}

function checkEntries(
  net: TensorFlow.LayersModel,
  file: string,
  entries: readonly Entry[],
  tensors: ReadonlyMap<string, TensorData>,
): void {
  const names = new Set(entries.map(({ name }) => name));
  const missing = [...names].filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter((name) => !names.has(name));
  const faults = [
    ...(missing.length > 0 ? [`it lacks ${some(missing)}`] : []),
    ...(unexpected.length > 0 ? [`it has ${some(unexpected)}, which the network hasn't`] : []),
    ...entries.flatMap(({ name, shape }) => {
      const found = tensors.get(name)?.shape;
      return found && String(found) !== String(shape) ? [`${name} is [${found}], not [${shape}]`] : [];
    }),
  ];
  if (faults.length === 0) return;
  throw new ModelError(
    `${file} doesn't fit ${net.name}: ${faults.slice(0, 3).join('; ')}.`,
    'Make the network with the depth, width, stem and classes that the file is of; with other classes, replaceHead follows the loading.',
  );
}
