/**
 * A figure as JSON can hold it. JSON makes something else of much that JavaScript has, without a word: of a typed array an
 * object, of a Map nothing. Here it becomes what Plotly would read in it, or is refused.
 */
import { ChartError } from '../errors';
import type { Figure, FigureLayout, FigureLike } from './figure';

/** CSS pixels of a chart without a size; Plotly's own. */
const WIDTH = 700;
const HEIGHT = 450;

/** Most values of a figure. More would be a notebook of hundreds of megabytes, and no browser draws them. */
const MOST_VALUES = 10_000_000;

/** A figure of plain objects, arrays, strings, finite numbers, booleans and null, and what only the interactive chart uses. */
export interface PlainFigure extends Figure {
  frames?: object[];
  config?: object;
}

/**
 * A copy of a figure that JSON keeps whole, with a size.
 *
 * Typed arrays become arrays, safe bigints numbers, dates the local time in Plotly's form, NaN and infinities null, which Plotly
 * leaves out as it does them; a string that is a title becomes a title's text.
 *
 * @throws ChartError where it is no figure, or holds what a chart can't show; it names the place, as in `data[0].y`
 */
export function plainFigure(figure: FigureLike): PlainFigure {
  if (!isRecord(figure) || !('data' in figure || 'layout' in figure)) {
    throw new ChartError(
      `A figure is an object with data and layout, and this is ${kindOf(figure)}.`,
      'Give { data: [{ type: "bar", x, y }], layout: { title: "A title" } }; showImage shows an image.',
    );
  }
  const { data, layout = {}, frames, config } = figure;
  const copier = new Copier();
  const traces = records('data', data, 'Put the traces into an array: data: [{ type: "bar", x, y }].');
  if (!isRecord(layout)) {
    throw new ChartError(
      `layout is ${kindOf(layout)}.`,
      'Give an object: layout: { title: "A title", width: 700, height: 450 }.',
    );
  }
  return {
    data: traces.map((trace, i) => copier.copy(trace, ['data', i]) as object),
    layout: {
      ...(copier.copy(layout, ['layout']) as FigureLayout),
      width: side('width', layout.width ?? WIDTH),
      height: side('height', layout.height ?? HEIGHT),
    },
    ...(frames != null && {
      frames: records('frames', frames, 'Put the frames into an array.').map(
        (frame, i) => copier.copy(frame, ['frames', i]) as object,
      ),
    }),
    ...(config != null && { config: copier.copy(config, ['config']) as object }),
  };
}

function records(name: string, list: unknown, fix: string): object[] {
  if (!Array.isArray(list)) throw new ChartError(`${name} is ${kindOf(list)}.`, fix);
  return Array.from(list, (item, i) => {
    if (isRecord(item)) return item;
    throw new ChartError(`${name}[${i}] is ${kindOf(item)}.`, fix);
  });
}

/** @throws ChartError unless it is a length that Plotly takes and an image can have */
export function side(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 10 && value <= 10_000) return value;
  throw new ChartError(
    `The ${name} of the chart is ${typeof value === 'number' ? value : kindOf(value)}.`,
    `Give ${name} a number of CSS pixels from 10 to 10000.`,
  );
}

/** Names of what may hold anything, for texts that show it: a `title` in there is none of Plotly's. */
const CARRIED = new Set(['customdata', 'meta']);

class Copier {
  private values = 0;
  /** The objects that the one at hand is in. */
  private readonly open = new Set<object>();

  copy(value: unknown, path: (string | number)[]): unknown {
    switch (typeof value) {
      case 'string':
        this.count(1, path);
        return path[path.length - 1] === 'title' && !path.some((step) => CARRIED.has(String(step)))
          ? { text: value }
          : value;
      case 'number':
        this.count(1, path);
        return Number.isFinite(value) ? value : null;
      case 'boolean':
        this.count(1, path);
        return value;
      case 'bigint':
        this.count(1, path);
        if (Number.isSafeInteger(Number(value))) return Number(value);
        return refuse(
          path,
          'a bigint beyond the whole numbers that a chart can tell apart',
          'Divide it first, or give it as a string.',
        );
      case 'undefined':
        return undefined;
      case 'object':
        return value === null ? null : this.copyObject(value, path);
      default:
        return refuse(path, kindOf(value), 'Leave it out, or call it and give what it returns.');
    }
  }

  private copyObject(value: object, path: (string | number)[]): unknown {
    if (ArrayBuffer.isView(value) && !(value instanceof DataView) && Symbol.iterator in value) {
      const { length } = value as unknown as ArrayLike<number>;
      this.count(length, path);
      return Array.from(value as Iterable<number | bigint>, (item, i) =>
        typeof item === 'number' && Number.isFinite(item) ? item : this.copy(item, [...path, i]),
      );
    }
    if (this.open.has(value)) return refuse(path, 'an object that holds itself', 'Leave it out.');
    this.open.add(value);
    try {
      if (Array.isArray(value)) return this.copyArray(value, path);
      if (kindName(value) === 'Date') return localTime(value as Date, path);
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === 'function') return this.copy(toJSON.call(value, path[path.length - 1]), path);
      if (!isRecord(value)) return refuse(path, kindOf(value), remedy(value));
      return this.copyRecord(value, path);
    } finally {
      this.open.delete(value);
    }
  }

  private copyArray(list: unknown[], path: (string | number)[]): unknown[] {
    const at = [...path, 0];
    // Holes as well: JSON has none, and Plotly leaves a gap for null.
    return Array.from(list, (item, i) => {
      at[at.length - 1] = i;
      return this.copy(item, at) ?? null;
    });
  }

  private copyRecord(record: object, path: (string | number)[]): object {
    return Object.fromEntries(
      Object.entries(record)
        .map(([key, item]) => [key, this.copy(item, [...path, key])])
        .filter(([, item]) => item !== undefined),
    );
  }

  private count(values: number, path: (string | number)[]): void {
    this.values += values;
    if (this.values > MOST_VALUES) {
      throw new ChartError(
        `The figure holds more than ${MOST_VALUES.toLocaleString('en')} values; ${place(path)} goes beyond.`,
        'Draw a part of them, every hundredth for instance, or a histogram that you count yourself.',
      );
    }
  }
}

function refuse(path: (string | number)[], what: string, fix: string): never {
  throw new ChartError(`${place(path)} is ${what}, which a chart can't show.`, fix);
}

/** `data[0].marker.color`, as one writes it. */
function place(path: (string | number)[]): string {
  const text = path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join('');
  return text.length <= 120 ? text : `${text.slice(0, 80)}…${text.slice(-39)}`;
}

/** The name that JavaScript itself has for the kind of an object, whichever realm it comes from. */
const kindName = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

const isTensor = (value: object): boolean => 'dataSync' in value && 'shape' in value;

/** Whether what it holds is in its own properties, and nowhere else. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    kindName(value) === 'Object' &&
    !isTensor(value) &&
    !(Symbol.iterator in value)
  );
}

/** A value's kind with its article: `a number`, `an array`, `a Map`. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (isTensor(value)) return 'a tensor';
  const own = value.constructor?.name;
  const name = kindName(value) === 'Object' && own ? own : kindName(value);
  if (name === 'Object') return 'an object without data';
  if (name === 'Array') return 'an array';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name.slice(0, 60)}`;
}

/** What to give in the place of an object that is no record. */
function remedy(value: object): string {
  if (isTensor(value)) return 'Give its values: await tensor.array().';
  switch (kindName(value)) {
    case 'Promise':
      return 'Await it.';
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
    case 'DataView':
      return 'Give a typed array of it: new Float32Array(buffer).';
    case 'Map':
      return 'Give its keys and its values, each as an array: [...map.keys()], [...map.values()].';
    default:
      return Symbol.iterator in value
        ? 'Give an array of it: [...it].'
        : 'Give numbers, strings, arrays or plain objects.';
  }
}

/** A date as Plotly writes it: the hours that clocks show here. */
function localTime(date: Date, path: (string | number)[]): string {
  const time = date.getTime();
  if (Number.isNaN(time))
    return refuse(path, 'an invalid date', 'Give a date that is one, or null for a gap.');
  const local = new Date(time - date.getTimezoneOffset() * 60_000);
  return local.toISOString().replace('T', ' ').replace('Z', '');
}
