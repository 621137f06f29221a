/**
 * Tensors as text: type, shape and values, of many values the first and the last, as PyTorch and NumPy print them.
 */

import { isRecording } from './recording/active';
import { type TensorFlow, tf } from './runtime/tensorflow';

/** Up to so many values are read whole. */
const FEW = 1000;
/** Lines of values. */
const MOST_LINES = 20;
/** Characters in a line. */
const WIDTH = 100;
/** A last dimension of so many values is shown whole. */
const WHOLE_ROW = 10;

/** Where a dimension is shown: all of it, or so many places at each of its ends. */
type Shown = { at: number[]; isWhole: boolean };

/** The text of each value at the places that are shown. */
type ValueText = (place: readonly number[]) => string;

/** `Tensor float32 [2, 3]`, `Variable 'conv1/kernel' float32 [3, 3, 16, 16]`. */
function nameOf(tensor: TensorFlow.Tensor): string {
  const kind = tensor instanceof tf.Variable ? `Variable '${tensor.name}'` : 'Tensor';
  return `${kind} ${tensor.dtype}${tensor.shape.length === 0 ? '' : ` [${tensor.shape.join(', ')}]`}`;
}

/** A number with as many digits as float32 holds. */
function plainNumber(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** How PyTorch prints floating-point numbers: all of a tensor alike. */
function floatFormat(values: readonly number[]): (value: number) => string {
  const sizes = values.map(Math.abs).filter((size) => size > 0 && Number.isFinite(size));
  const [smallest, largest] = sizes.reduce(
    ([low, high], size) => [Math.min(low, size), Math.max(high, size)],
    [Number.POSITIVE_INFINITY, 0],
  );
  if (largest < 1e8 && sizes.every(Number.isInteger)) return String;
  const isWide = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000;
  const print = (value: number) => (isWide ? value.toExponential(4) : value.toFixed(4));
  return (value) => (Number.isFinite(value) ? print(value) : String(value));
}

/** The texts of values, all as wide as the widest. */
function textsOf(values: readonly unknown[], dtype: TensorFlow.DataType): string[] {
  const format: (value: never) => string = {
    float32: floatFormat(values as number[]),
    int32: String,
    bool: (value: unknown) => String(Boolean(value)),
    string: (value: string) => JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value),
    complex64: ([real, imaginary]: [number, number]) =>
      `${plainNumber(real)} ${imaginary < 0 ? '-' : '+'} ${plainNumber(Math.abs(imaginary))}i`,
  }[dtype];
  const texts = values.map((value) => format(value as never));
  if (dtype === 'string') return texts;
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/** A tensor's values one by one; of complex numbers, pairs. */
function valuesOf(tensor: TensorFlow.Tensor): unknown[] {
  const data = Array.from(tensor.dataSync() as ArrayLike<unknown>);
  if (tensor.dtype !== 'complex64') return data;
  return Array.from({ length: tensor.size }, (_, i) => [data[2 * i], data[2 * i + 1]]);
}

/** The places of each dimension that are shown, with so many at each end of a long one. */
function shownPlaces(shape: readonly number[], edge: number): Shown[] {
  return shape.map((length, axis) => {
    const isWhole = length <= 2 * edge || (axis === shape.length - 1 && length <= WHOLE_ROW);
    const places = Array.from({ length: isWhole ? length : 2 * edge }, (_, i) =>
      isWhole || i < edge ? i : length - 2 * edge + i,
    );
    return { at: places, isWhole };
  });
}

/** All combinations of one entry of each list, the last one's changing first. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((one) => list.map((entry) => [...one, entry])), [[]]);
}

/** The values at the places that are shown. Of a large tensor only its corners are read. */
function valueTexts(tensor: TensorFlow.Tensor, shown: readonly Shown[]): ValueText {
  const { shape, dtype } = tensor;
  const places = combinations(shown.map(({ at }) => at));
  const byPlace = new Map<string, unknown>();
  if (tensor.size <= FEW || dtype === 'string') {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const values = valuesOf(tensor);
    for (const place of places) {
      byPlace.set(String(place), values[place.reduce((sum, at, axis) => sum + at * strides[axis], 0)]);
    }
  } else {
    const halves = shown.map(({ at, isWhole }) =>
      isWhole ? [at] : [at.slice(0, at.length / 2), at.slice(at.length / 2)],
    );
    for (const corner of combinations(halves)) {
      const begin = corner.map(([first]) => first);
      const size = corner.map(({ length }) => length);
      const part = tf.slice(tensor, begin, size);
      const values = valuesOf(part);
      part.dispose();
      for (const [i, place] of combinations(corner).entries()) byPlace.set(String(place), values[i]);
    }
  }
  const texts = textsOf([...byPlace.values()], dtype);
  const textAt = new Map([...byPlace.keys()].map((place, i) => [place, texts[i]]));
  return (place) => textAt.get(String(place))!;
}

/** The values in brackets, a line for each innermost row, longer ones wrapped. */
function bracketed(shown: readonly Shown[], text: ValueText, place: readonly number[] = []): string[] {
  const { at, isWhole } = shown[place.length];
  const isRow = place.length === shown.length - 1;
  const parts = at.map((i) => (isRow ? [text([...place, i])] : bracketed(shown, text, [...place, i])));
  if (!isWhole) parts.splice(at.length / 2, 0, ['...']);
  for (const part of parts.slice(0, -1)) part.push(`${part.pop()},`);
  const lines = isRow ? wrapped(parts.flat(), WIDTH - shown.length) : parts.flat();
  if (lines.length === 0) return ['[]'];
  return lines.map((line, i) => `${i === 0 ? '[' : ' '}${line}${i === lines.length - 1 ? ']' : ''}`);
}

/** Words in lines of a width. */
function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.pop();
    if (last === undefined) lines.push(word);
    else if (last.length + word.length < width) lines.push(`${last} ${word}`);
    else lines.push(last, word);
  }
  return lines;
}

/** How many lines the values of some places take, if no row is wrapped. */
function linesOf(shown: readonly Shown[]): number {
  return shown
    .slice(0, -1)
    .reduceRight((lines, { at, isWhole }) => Math.max(1, at.length * lines + (isWhole ? 0 : 1)), 1);
}

/** The values in at most so many lines; undefined where that can't be. */
function valueLines(tensor: TensorFlow.Tensor, most: number): string[] | undefined {
  const { shape, size } = tensor;
  const edges = [...(size <= FEW ? [Number.POSITIVE_INFINITY] : []), 3, 2, 1];
  for (const edge of edges) {
    const shown = shownPlaces(shape, edge);
    if (linesOf(shown) > most) continue;
    const lines = bracketed(shown, valueTexts(tensor, shown));
    if (lines.length <= most) return lines;
  }
  return undefined;
}

/**
 * A tensor as text, in at most 21 lines. It is read no further than it is shown, and not at all where it has no values: after `dispose`, and
 * in a step that is being recorded.
 *
 * @param most lines of values
 */
export function tensorText(tensor: TensorFlow.Tensor, most: number = MOST_LINES): string {
  const name = nameOf(tensor);
  if (tensor.isDisposed) return `${name}, disposed`;
  // Whatever is computed now would become a part of the step.
  if (isRecording() && (tensor.size > FEW || !hasValues(tensor))) {
    return `${name}, without values while a step is recorded`;
  }
  try {
    if (tensor.rank === 0) {
      const [value] = valuesOf(tensor);
      const text =
        tensor.dtype === 'float32' ? plainNumber(value as number) : textsOf([value], tensor.dtype)[0];
      return `${name}: ${text}`;
    }
    const lines = valueLines(tensor, most);
    if (!lines) return name;
    return lines.length === 1 ? `${name}: ${lines[0]}` : [`${name}:`, ...lines].join('\n');
  } catch {
    return `${name}, without values`;
  }
}

/** A tensor as text within an array or an object: a line, or a few of a small matrix. */
export function shortTensorText(tensor: TensorFlow.Tensor): string {
  return tensorText(tensor, tensor.rank === 2 ? 6 : 1);
}

function hasValues(tensor: TensorFlow.Tensor): boolean {
  try {
    tensor.dataSync();
    return true;
  } catch {
    return false;
  }
}
