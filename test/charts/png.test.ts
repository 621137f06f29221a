/**
 * The images of the figures, judged by their pixels.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { blockDiagram } from '../../lib/charts/blockDiagram';
import { figureToPng } from '../../lib/charts/drawing/figureToPng';
import { imageToPng } from '../../lib/charts/drawing/imageToPng';
import { plotly } from '../../lib/charts/drawing/plotly';
import { textWidth } from '../../lib/charts/drawing/svgText';
import { accuracyChart } from '../../lib/charts/historyCharts';
import { featureMapChart } from '../../lib/charts/images/featureMapChart';
import { filterChart } from '../../lib/charts/images/filterChart';
import { imageGrid } from '../../lib/charts/images/imageGrid';
import { layerCostChart } from '../../lib/charts/layerCostChart';
import { networkDiagram } from '../../lib/charts/networkDiagram';
import { probabilityChart } from '../../lib/charts/probabilityChart';
import { reliabilityDiagram } from '../../lib/charts/reliabilityDiagram';
import { CLASS_NAMES } from '../../lib/data/classNames';
import { Dataset } from '../../lib/data/dataset';
import { calibration } from '../../lib/training/calibration';

interface Pixels {
  width: number;
  height: number;
  /** Red, green and blue of a pixel. */
  at(x: number, y: number): number[];
}

async function decode(png: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return {
    width,
    height,
    at: (x, y) => [...data.subarray((y * width + x) * channels, (y * width + x) * channels + 3)],
  };
}

const record = (epoch: number) => ({
  epoch,
  trainLoss: 1 / epoch,
  trainAccuracy: 1 - 0.5 / epoch,
  testLoss: 1.2 / epoch,
  testAccuracy: 1 - 0.6 / epoch,
  learningRate: 0.1,
  seconds: 60,
});

// Twelve maps of 2×2: the k-th is k + 1 in one corner, and half of it in the next; the two weakest the other way round.
const maps = {
  layer: 'layer1.0',
  height: 2,
  width: 2,
  channels: 12,
  values: Float32Array.from({ length: 48 }, (_, i) => {
    const [k, place] = [i % 12, Math.floor(i / 12)];
    return (k + 1) * [1, 0.5, 0, -1][k < 2 ? 3 - place : place];
  }),
};
const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(200) };
// One filter of 1×2: first red, then the opposite of green.
const filters = { layer: 'conv', height: 1, width: 2, count: 1, values: Float32Array.of(4, 0, 0, 0, -2, 0) };

const charts = {
  featureMapChart: featureMapChart(image, [maps]),
  filterChart: filterChart(filters),
  layerCostChart: layerCostChart({
    rows: [1, 2].map((n) => ({
      name: `BatchNorm2d-${n}00`,
      outputShape: [-1, 32, 32, 64],
      parameters: n * 1e6,
      trainableParameters: n * 1e6,
      multiplyAdds: n * 1e9,
    })),
    parameters: 3e6,
    multiplyAdds: 3e9,
  }),
  reliabilityDiagram: reliabilityDiagram(calibration([0.55, 0.95], [true, true])),
  accuracyChart: accuracyChart({ epochs: [1, 2, 3, 4].map(record) }),
  probabilityChart: probabilityChart({
    classNames: CLASS_NAMES,
    classIndex: 1,
    probabilities: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  }),
  blockDiagram: blockDiagram('bottleneck', { inChannels: 1024, channels: 512, stride: 2 }),
  networkDiagram: networkDiagram({ name: 'ResNet-152', block: 'bottleneck', numBlocks: [3, 8, 36, 3] }),
};

for (const [name, figure] of Object.entries(charts)) {
  test(`${name}: a light image of twice the figure's size, on white, with nothing cut off`, async () => {
    const before = structuredClone(figure);
    const png = await figureToPng(figure);
    assert.deepEqual(figure, before, 'the figure stays as it was');
    assert.ok(png.length < 80_000, `${png.length} bytes`);

    const image = await decode(png);
    assert.equal(image.width, 2 * figure.layout.width);
    assert.equal(image.height, 2 * figure.layout.height);
    const white = [255, 255, 255];
    for (let x = 0; x < image.width; x++) {
      for (const y of [0, 5, image.height - 6, image.height - 1]) {
        assert.deepEqual(image.at(x, y), white, `edge at ${x}, ${y}`);
      }
    }
    for (let y = 0; y < image.height; y++) {
      for (const x of [0, 5, image.width - 6, image.width - 1]) {
        assert.deepEqual(image.at(x, y), white, `edge at ${x}, ${y}`);
      }
    }
  });
}

test('a bar has its color and its length', async () => {
  const { data, layout } = charts.probabilityChart;
  const image = await decode(await figureToPng({ data, layout }, { scale: 1 }));
  const blue = [0x00, 0x72, 0xb2];
  let pixels = 0;
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) if (image.at(x, y).join() === blue.join()) pixels++;
  }
  // 100 of 110 % of an axis of about 680 pixels, 0.8 of a tenth of about 260.
  assert.ok(pixels > 10_000 && pixels < 15_000, `${pixels} blue pixels`);
});

test('the images of a grid are magnified without blur', async () => {
  const images = new Dataset(
    Uint8Array.from({ length: 6 * 3072 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
    Uint8Array.from({ length: 6 }, (_, i) => i),
  );
  const figure = imageGrid(images, { cols: 3, predictions: [0, 1, 2, 3, 4, 9], title: 'Six images' });
  const drawn = await decode(await figureToPng(figure));
  const block = 6; // a pixel of an image, magnified 3 times in an image of scale 2
  for (let index = 0; index < images.length; index++) {
    const left = 2 * 12 + block * ((index % 3) * 34 + 1);
    const top = 2 * 44 + block * (Math.floor(index / 3) * 46 + 14);
    const image = images.image(index);
    for (let row = 0; row < 32; row++) {
      for (let col = 0; col < 32; col++) {
        const expected = [...image.subarray((row * 32 + col) * 3, (row * 32 + col) * 3 + 3)];
        for (const [dx, dy] of [
          [0, 0],
          [block - 1, 0],
          [3, 3],
          [0, block - 1],
          [block - 1, block - 1],
        ]) {
          const at = [left + col * block + dx, top + row * block + dy] as const;
          assert.deepEqual(drawn.at(...at), expected, `image ${index}, row ${row}, column ${col}`);
        }
      }
    }
  }
});

test('feature maps and filters are their numbers, magnified', async () => {
  const center = 18; // CSS pixels from a corner into its quarter
  const mapsDrawn = await decode(await figureToPng(charts.featureMapChart, { scale: 1 }));
  const [left, top] = [120, 76 + 68]; // the second row: the image stands in the first
  const corners = [
    [0, 0, 255],
    [1, 0, 128],
    [0, 1, 0],
    [1, 1, 0],
  ];
  for (const column of [0, 9]) {
    for (const [x, y, gray] of corners) {
      const at = [left + column * 68 + x * 32 + center, top + y * 32 + center] as const;
      assert.deepEqual(mapsDrawn.at(...at), [gray, gray, gray], `map ${column}, corner ${x}, ${y}`);
    }
  }
  const filterDrawn = await decode(await figureToPng(charts.filterChart, { scale: 1 }));
  assert.deepEqual(filterDrawn.at(120 + center, 76 + center), [255, 128, 128]);
  assert.deepEqual(filterDrawn.at(120 + 37 + center, 76 + center), [128, 64, 128]);
});

test('width, height and scale can be chosen', async () => {
  const image = await decode(await figureToPng(charts.accuracyChart, { width: 500, height: 300, scale: 1 }));
  assert.deepEqual([image.width, image.height], [500, 300]);
});

test('text is measured by the font that ships', async () => {
  const { document } = await plotly();
  const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  text.setAttribute('style', 'font-size: 20px');
  text.textContent = 'A';
  // The advance width of A in DejaVu Sans is 1401 of 2048 units.
  assert.ok(Math.abs(textWidth(text) - (20 * 1401) / 2048) < 0.05);
});

test('drawing leaves the globals of the process alone', async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  await figureToPng(charts.accuracyChart, { scale: 1 });
  assert.deepEqual(Object.getOwnPropertyNames(globalThis), before);
  assert.equal('window' in globalThis || 'document' in globalThis, false);
});

test('a tiny image is magnified without blur, a photo is made smaller', async () => {
  const tiny = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
  const magnified = imageToPng(tiny);
  assert.deepEqual([magnified.width, magnified.height], [192, 96]);
  const pixels = await decode(magnified.bytes);
  assert.deepEqual(pixels.at(95, 50), [255, 0, 0]);
  assert.deepEqual(pixels.at(96, 50), [0, 0, 255]);

  const photo = imageToPng({ width: 1000, height: 500, data: new Uint8Array(1000 * 500 * 3).fill(100) });
  assert.deepEqual([photo.width, photo.height], [400, 200]);
  assert.deepEqual((await decode(photo.bytes)).at(200, 100), [100, 100, 100]);
});
