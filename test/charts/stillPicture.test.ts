/**
 * Drawing that can be given up: no figure holds up a cell, a program or the figures after it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { figureToPng } from '../../lib/charts/drawing/figureToPng';
import { plotly } from '../../lib/charts/drawing/plotly';
import { stillPicture } from '../../lib/charts/drawing/stillPicture';
import type { FigureLike } from '../../lib/charts/figure';
import { ChartError } from '../../lib/errors';
import { show } from '../../lib/notebook/display/show';
import { playKernel } from '../helpers/playedKernel';

const ROOT = join(__dirname, '../..');
const layout = { width: 400, height: 300 };
const simple = { data: [{ y: [1, 2] }], layout };
// Takes Plotly far longer in jsdom than the limit that the tests set.
const heavy = {
  data: [{ type: 'scatter', mode: 'markers', y: Array.from({ length: 300_000 }, (_, i) => i % 97) }],
  layout,
};

const v = Float32Array.of(3, 1, 4, 1, 5, 9, 2, 6);
const theta = [0, 45, 90, 135, 180, 225, 270, 315];
const z = [
  [1, 2, 3],
  [2, 5, 3],
  [1, 1, 4],
].map((row) => Float32Array.from(row));
const tree = {
  labels: ['a', 'b', 'c', 'd'],
  parents: ['', 'a', 'a', 'b'],
  values: Int32Array.of(10, 6, 4, 3),
};
const prices = { x: ['a', 'b', 'c'], open: [1, 2, 3], high: [4, 5, 6], low: [0, 1, 2], close: [2, 3, 5] };
const grid = { carpet: 'c', a: [4, 4, 4, 5, 5, 5, 6, 6, 6], b: [1, 2, 3, 1, 2, 3, 1, 2, 3] };
const carpet = { type: 'carpet', ...grid, y: [2, 3.5, 4, 3, 4.5, 5, 5.5, 6.5, 7.5] };

/** A trace of each type that has a still image, and what has to be there too. */
const DRAWN: Record<string, [trace: object, ...others: object[]]> = {
  scatter: [{ y: v }],
  bar: [{ y: v }],
  box: [{ y: v }],
  violin: [{ y: v, box: { visible: true }, meanline: { visible: true } }],
  heatmap: [{ z }],
  histogram: [{ x: v }],
  histogram2d: [{ x: v, y: v }],
  histogram2dcontour: [{ x: v, y: v }],
  contour: [{ z, contours: { showlabels: true } }],
  scatterternary: [{ a: [1, 2, 3], b: [2, 3, 1], c: [3, 1, 1] }],
  funnel: [{ x: [5, 3, 1] }],
  waterfall: [{ y: [5, -3, 1] }],
  image: [{ z: [[Uint8Array.of(255, 0, 0), Uint8Array.of(0, 0, 255)]] }],
  pie: [{ values: v }],
  sunburst: [tree],
  treemap: [tree],
  icicle: [tree],
  funnelarea: [{ values: v }],
  parcats: [{ dimensions: [{ values: ['a', 'b', 'a'] }, { values: ['x', 'y', 'y'] }] }],
  sankey: [
    {
      node: { label: ['a', 'b', 'c'] },
      link: { source: Uint8Array.of(0, 1), target: Uint8Array.of(1, 2), value: Float32Array.of(2, 3) },
    },
  ],
  indicator: [{ mode: 'gauge+number', value: 42 }],
  table: [{ cells: { values: [[1, 2], Int32Array.of(3, 4)], fill: { color: 'red' } } }],
  carpet: [carpet],
  scattercarpet: [{ carpet: 'c', a: [4, 5, 6], b: [1.5, 2.5, 2] }, carpet],
  contourcarpet: [{ ...grid, z: v, contours: { showlabels: true } }, carpet],
  ohlc: [prices],
  candlestick: [prices],
  scatterpolar: [{ r: v, theta }],
  barpolar: [{ r: v, theta }],
  scattersmith: [{ real: [0.5, 1], imag: [0.5, 1] }],
  quiver: [{ x: [1, 2], y: [1, 2], u: [1, 1], v: [0, 1] }],
};

const GL = ['scatter3d', 'surface', 'isosurface', 'volume', 'mesh3d', 'cone', 'streamtube'];
const REGL = ['scattergl', 'splom', 'parcoords', 'scatterpolargl'];
const MAPS = ['scattergeo', 'choropleth', 'scattermap', 'choroplethmap', 'densitymap'];

/** How many pixels of the figure's PNG are colored: neither white, black nor gray. */
async function coloredPixels(figure: FigureLike): Promise<number> {
  const data = await sharp(await figureToPng(figure, { scale: 1 }))
    .raw()
    .toBuffer();
  let count = 0;
  for (let i = 0; i < data.length; i += 3) {
    if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40)
      count++;
  }
  return count;
}

describe('each type of trace that Plotly has', () => {
  test('each type of trace that Plotly has is in this test', async () => {
    const { traces } = (await plotly()).Plotly.PlotSchema.get();
    assert.deepEqual(Object.keys(traces).sort(), [...Object.keys(DRAWN), ...GL, ...REGL, ...MAPS].sort());
  });

  for (const [type, [trace, ...others]] of Object.entries(DRAWN)) {
    test(`each type of trace that Plotly has ${type}: its data are in the image`, async () => {
      const other = await coloredPixels({ data: others, layout });
      const colored = await coloredPixels({ data: [...others, { type, ...trace }], layout });
      // A carpet alone is a mesh of gray lines.
      if (type === 'carpet') assert.ok((await figureToPng({ data: [carpet], layout })).length > 5_000);
      else assert.ok(colored > other + 50, `${colored} colored pixels, ${other} without it`);
    });
  }

  for (const type of [...GL, ...REGL, ...MAPS]) {
    test(`each type of trace that Plotly has ${type}: no still image, and the interactive chart all the same`, async () => {
      const figure = { data: [{ type, z, x: v, y: v }], layout: { ...layout, title: 'Mine' } };
      const why = MAPS.includes(type)
        ? 'fetches its map from the network'
        : 'needs WebGL, which only a browser has';
      await assert.rejects(figureToPng(figure), (error: Error) => {
        assert.ok(error instanceof ChartError);
        assert.match(
          error.message,
          new RegExp(`^This figure has no still image: a chart of type ${type} ${why}\\.\n`),
        );
        return true;
      });
      const { outputs } = playKernel();
      await show(figure);
      assert.equal(outputs.length, 1);
      const { data, metadata } = outputs[0].content;
      assert.deepEqual(Object.keys(data), ['application/vnd.plotly.v1+json', 'text/plain']);
      assert.equal(data['text/plain'], `Mine (no still image: a chart of type ${type} ${why})`);
      assert.deepEqual(metadata, {});
    });
  }

  test('each type of trace that Plotly has an image in the layout that is fetched from an address leaves the chart without a still picture', async () => {
    const source = 'https://example.org/a.png';
    const figure = {
      data: [{ y: v }],
      layout: { ...layout, images: [{ source, x: 0, y: 1, sizex: 1, sizey: 1 }] },
    };
    await assert.rejects(
      figureToPng(figure),
      /no still image: layout\.images\[0\] is fetched from its address/,
    );
  });

  test('each type of trace that Plotly has and a type that it doesn’t have is refused', async () => {
    const { outputs } = playKernel();
    for (const [i, type] of ['scatterr', 'toString', 5, {}].entries()) {
      const figure = { data: [...Array.from({ length: i }, () => ({ y: v })), { type }], layout };
      for (const call of [figureToPng(figure), show(figure)]) {
        await assert.rejects(call, (error: Error) => {
          assert.ok(error instanceof ChartError);
          assert.ok(error.message.startsWith(`data[${i}].type is `), error.message);
          return true;
        });
      }
    }
    assert.deepEqual(outputs, []);
  });
});

describe('a drawing', () => {
  test('a drawing that takes too long is given up, and the next figure is drawn', async () => {
    const [first, second] = await Promise.all([
      stillPicture({ figure: heavy, scale: 1 }, 1000),
      stillPicture({ figure: simple, scale: 1 }),
    ]);
    assert.deepEqual(first, { missing: 'drawing it took more than 1 seconds' });
    assert.ok('pixels' in second && second.width === 400);
  });

  test('a drawing leaves the event loop free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    await stillPicture({ figure: heavy, scale: 1 }, 1000);
    clearInterval(timer);
    assert.ok(turns > 10, `${turns} turns in a second`);
  });

  test('a drawing that was done while this thread was busy counts, though its time is over', async () => {
    await stillPicture({ figure: simple, scale: 1 });
    const drawn = stillPicture({ figure: simple, scale: 1 }, 3000);
    await new Promise(setImmediate);
    const until = performance.now() + 4000;
    while (performance.now() < until);
    assert.ok('pixels' in (await drawn));
  });

  test('a drawing that fails is told in words, and the next figure is drawn', async () => {
    const broken = { data: simple.data, layout: { ...layout, yaxis: 5 } };
    const reply = await stillPicture({ figure: broken, scale: 1 });
    assert.ok('missing' in reply && /^drawing it failed: \w+/.test(reply.missing), JSON.stringify(reply));
    await assert.rejects(figureToPng(broken), ChartError);
    assert.ok('pixels' in (await stillPicture({ figure: simple, scale: 1 })));
  });

  test('a drawing gives each of many figures its own picture', async () => {
    const widths = Array.from({ length: 8 }, (_, i) => 200 + 10 * i);
    const images = await Promise.all(
      widths.map((width) =>
        figureToPng({ data: [{ y: [1, 2] }], layout: { width, height: 200 } }, { scale: 1 }),
      ),
    );
    assert.deepEqual(
      images.map((png) => Buffer.from(png).readUInt32BE(16)),
      widths,
    );
  });
});

describe('a program', () => {
  const register = join(ROOT, 'node_modules/tsx/dist/cjs/index.cjs');
  const run = (code: string) =>
    promisify(execFile)(process.execPath, ['--require', register, '-e', code], {
      cwd: ROOT,
      timeout: 60_000,
    });
  const load = `const { figureToPng } = require('./lib/charts/drawing/figureToPng.ts');`;

  test('a program waits for its image, and ends after it', async () => {
    const { stdout, stderr } = await run(`${load}
figureToPng({ data: [{ y: [1, 2] }] }, { scale: 1 }).then((png) => console.log(png.length > 1000));`);
    assert.deepEqual([stdout, stderr], ['true\n', '']);
  });
});
