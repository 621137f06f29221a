/**
 * What a figure may hold: it reaches the chart as it is meant, or is refused with its place in the figure.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { figureToPng } from '../../lib/charts/drawing/figureToPng';
import type { FigureLike } from '../../lib/charts/figure';
import { plainFigure } from '../../lib/charts/plainFigure';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { ChartError, ConfigError } from '../../lib/errors';
import { show } from '../../lib/notebook/display/show';
import { playKernel } from '../helpers/playedKernel';

const numbers = [3, 1, 4, 1, 5];
const typed: Record<string, object> = {
  Int8Array: Int8Array.from(numbers),
  Uint8Array: Uint8Array.from(numbers),
  Uint8ClampedArray: Uint8ClampedArray.from(numbers),
  Int16Array: Int16Array.from(numbers),
  Uint16Array: Uint16Array.from(numbers),
  Int32Array: Int32Array.from(numbers),
  Uint32Array: Uint32Array.from(numbers),
  Float32Array: Float32Array.from(numbers),
  Float64Array: Float64Array.from(numbers),
  BigInt64Array: BigInt64Array.from(numbers, BigInt),
  BigUint64Array: BigUint64Array.from(numbers, BigInt),
  Buffer: Buffer.from(numbers),
  'a part of a Float32Array': Float32Array.of(9, ...numbers, 9).subarray(1, 6),
  'a Float32Array on shared memory': new Float32Array(new SharedArrayBuffer(20)).map((_, i) => numbers[i]),
  'a frozen array': Object.freeze([...numbers]),
};

/** A copy of it with nothing in it but what JSON has. */
const inJson = (figure: unknown) => JSON.parse(JSON.stringify(figure));

describe('typed arrays', () => {
  for (const [name, values] of Object.entries(typed)) {
    test(`typed arrays ${name} is the array of its numbers, wherever it stands in a figure`, () => {
      const figureOf = (list: unknown) => ({
        data: [
          {
            type: 'scatter',
            y: list,
            marker: { color: list, line: { width: list } },
            customdata: [list, [list]],
          },
          { type: 'heatmap', z: [list, list] },
          { type: 'parcats', dimensions: [{ values: list }] },
        ],
        layout: {
          width: 500,
          height: 300,
          xaxis: { tickvals: list },
          shapes: [{ label: { texts: list } }],
          meta: list,
        },
        frames: [{ data: [{ y: list }] }],
        config: { modeBarButtonsToRemove: list },
      });
      assert.deepEqual(inJson(plainFigure(figureOf(values))), figureOf(numbers));
    });
  }

  test('typed arrays draw the image that their numbers draw, and the interactive chart has the numbers', async () => {
    const figureOf = (list: ArrayLike<number>) => ({
      data: [
        { type: 'scatter', x: [0, 1, 2, 3, 4], y: list },
        { type: 'bar', y: list, xaxis: 'x2' },
        { type: 'histogram', x: list, xaxis: 'x3' },
      ],
      layout: { width: 600, height: 250, grid: { rows: 1, columns: 3 } },
    });
    const expected = await figureToPng(figureOf(numbers));
    assert.notDeepEqual(await figureToPng(figureOf([0, 1, 2, 3, 4])), expected, 'the numbers count');
    assert.deepEqual(await figureToPng(figureOf(Float32Array.from(numbers))), expected);

    const { charts } = playKernel();
    await show(figureOf(Int32Array.from(numbers)));
    const { data } = charts[0].content;
    assert.deepEqual(inJson(data['application/vnd.plotly.v1+json']), figureOf(numbers));
  });
});

describe('values that JSON has no form for', () => {
  const yOf = (y: unknown) => (plainFigure({ data: [{ y }] }).data[0] as { y: unknown }).y;

  test('values that JSON has no form for NaN, infinities, holes and undefined are gaps', () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested.
    const list = [1, Number.NaN, Number.POSITIVE_INFINITY, , undefined, null, 2];
    assert.deepEqual(yOf(list), [1, null, null, null, null, null, 2]);
    assert.deepEqual(yOf(Float32Array.of(1, Number.NaN, Number.NEGATIVE_INFINITY)), [1, null, null]);
  });

  test('values that JSON has no form for a setting that is undefined is left out', () => {
    assert.deepEqual(plainFigure({ data: [{ y: [1], name: undefined }] }).data, [{ y: [1] }]);
  });

  test('values that JSON has no form for a date is its local time, as Plotly itself exports dates', () => {
    assert.deepEqual(yOf([new Date(2024, 1, 29, 13, 5, 7, 250)]), ['2024-02-29 13:05:07.250']);
  });

  test('values that JSON has no form for a safe bigint is its number', () => {
    assert.deepEqual(yOf([1n, -7n]), [1, -7]);
  });

  test('values that JSON has no form for an object that knows its own JSON is asked for it', () => {
    assert.equal(yOf(new URL('https://example.org/a')), 'https://example.org/a');
  });

  test('values that JSON has no form for one object in two places stands in both', () => {
    const line = { width: 2 };
    assert.deepEqual(plainFigure({ data: [{ line }, { line }] }).data, [{ line }, { line }]);
  });

  test('values that JSON has no form for the figure that was given stays as it is', () => {
    const figure = { data: [{ y: Float32Array.of(1) }], layout: { title: 'A' } };
    plainFigure(figure);
    assert.deepEqual(figure, { data: [{ y: Float32Array.of(1) }], layout: { title: 'A' } });
  });
});

describe('what a chart can’t show is refused with its place in the figure', () => {
  const loop: Record<string, unknown> = { name: 'a' };
  loop.self = { loop };
  const cases: Record<string, [unknown, FigureLike | object]> = {
    'a Map': ['data[0].y is a Map', { data: [{ y: new Map([[1, 2]]) }] }],
    'a Set': ['data[1].marker.color is a Set', { data: [{}, { marker: { color: new Set([1]) } }] }],
    'an ArrayBuffer': ['data[0].y is an ArrayBuffer', { data: [{ y: new ArrayBuffer(8) }] }],
    'a SharedArrayBuffer': ['data[0].y is a SharedArrayBuffer', { data: [{ y: new SharedArrayBuffer(8) }] }],
    'a DataView': ['data[0].z[1] is a DataView', { data: [{ z: [[1], new DataView(new ArrayBuffer(8))] }] }],
    'a function': [
      'layout.xaxis.tickformat is a function',
      { data: [], layout: { xaxis: { tickformat: () => '' } } },
    ],
    'a symbol': ['data[0].name is a symbol', { data: [{ name: Symbol('a') }] }],
    'a bigint that no number equals': ['data[0].y[1] is a bigint', { data: [{ y: [1n, 2n ** 60n] }] }],
    'such a bigint in a typed array': [
      'data[0].y[0] is a bigint',
      { data: [{ y: BigInt64Array.of(2n ** 60n) }] },
    ],
    'an invalid date': ['data[0].x[0] is an invalid date', { data: [{ x: [new Date(Number.NaN)] }] }],
    'an object in itself': ['data[0].self.loop is an object that holds itself', { data: [loop] }],
    'a promise': ['data[0].y is a Promise', { data: [{ y: Promise.resolve([1]) }] }],
    'a tensor': ['data[0].y is a tensor', { data: [{ y: tf.tensor1d([1, 2]) }] }],
    'a generator': ['data[0].y is a Generator', { data: [{ y: (function* () {})() }] }],
    'a regular expression': ['layout["my title"] is a RegExp', { data: [], layout: { 'my title': /a/ } }],
    'eleven million values': [
      'The figure holds more than 10,000,000 values; data[0].y',
      { data: [{ y: new Uint8Array(11e6) }] },
    ],
  };
  for (const [name, [problem, figure]] of Object.entries(cases)) {
    test(`what a chart can’t show is refused with its place in the figure ${name}`, async () => {
      const isMeant = (error: Error) => {
        assert.ok(error instanceof ChartError);
        assert.ok(error.message.startsWith(String(problem)), error.message);
        assert.ok(error.fix.length > 5 && error.message.length <= 600);
        return true;
      };
      await assert.rejects(figureToPng(figure as FigureLike), isMeant);
      await assert.rejects(show(figure as FigureLike), isMeant);
    });
  }
});

describe('a figure', () => {
  for (const [name, given] of Object.entries({
    undefined: undefined,
    null: null,
    'a number': 5,
    'an array of traces': [{ y: [1] }],
    'a trace': { type: 'bar', y: [1] },
    'a tensor': tf.scalar(1),
    'data that is a trace': { data: { y: [1] } },
    'a trace that is an array': { data: [[1, 2]] },
    'a hole among the traces': { data: [undefined] },
    'no data': { layout: {} },
    'a layout that is a string': { data: [], layout: 'wide' },
    'frames that are no array': { data: [], frames: {} },
    'a width in words': { data: [], layout: { width: '700' } },
    'a width of 0': { data: [], layout: { width: 0 } },
    'a height of NaN': { data: [], layout: { height: Number.NaN } },
    'a height of a million': { data: [], layout: { height: 1e6 } },
  })) {
    test(`a figure is refused where there is ${name} in its place`, async () => {
      await assert.rejects(show(given as unknown as FigureLike), ChartError);
      await assert.rejects(figureToPng(given as unknown as FigureLike), ChartError);
    });
  }

  test('a figure without sizes has 700 by 450 CSS pixels, in the image and in the interactive chart', async () => {
    const { charts } = playKernel();
    await show({ data: [{ y: [1, 2] }] });
    const { data, metadata } = charts[0].content;
    assert.deepEqual(data['application/vnd.plotly.v1+json'], {
      data: [{ y: [1, 2] }],
      layout: { width: 700, height: 450 },
    });
    assert.deepEqual(metadata, { 'image/png': { width: 700, height: 450 } });
    assert.equal(Buffer.from(data['image/png'] as string, 'base64').readUInt32BE(16), 700);
  });

  test('a figure may have strings for titles, which this version of Plotly leaves out', async () => {
    const figureOf = (title: (text: string) => unknown) =>
      ({
        data: [
          {
            y: [1, 2],
            marker: { color: [1, 2], colorbar: { title: title('Bar') } },
            customdata: [{ title: 'kept' }],
          },
        ],
        layout: {
          width: 400,
          height: 300,
          title: title('Heading'),
          xaxis: { title: title('Epoch') },
          meta: { title: 'kept' },
        },
      }) as FigureLike;
    const long = figureOf((text) => ({ text }));
    assert.deepEqual(plainFigure(figureOf((text) => text)), plainFigure(long));
    const { charts } = playKernel();
    await show(figureOf((text) => text));
    assert.equal(charts[0].content.data['text/plain'], 'Heading');
  });

  test('a figure is drawn at a size and scale that an image can have, else refused', async () => {
    const figure = { data: [{ y: [1, 2] }] };
    for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1000]) {
      await assert.rejects(figureToPng(figure, { scale }), ConfigError, `scale ${scale}`);
    }
    for (const width of [0, -5, Number.NaN, 1e9]) {
      await assert.rejects(figureToPng(figure, { width }), ChartError, `width ${width}`);
    }
  });
});
