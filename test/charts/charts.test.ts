/**
 * The figures: what they hold, and that Plotly finds no fault with them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockDiagram } from '../../lib/charts/blockDiagram';
import { confusionChart } from '../../lib/charts/confusionChart';
import { plotly } from '../../lib/charts/drawing/plotly';
import type { Figure } from '../../lib/charts/figure';
import { accuracyChart, learningRateChart, lossChart } from '../../lib/charts/historyCharts';
import { featureMapChart } from '../../lib/charts/images/featureMapChart';
import { filterChart } from '../../lib/charts/images/filterChart';
import { imageGrid } from '../../lib/charts/images/imageGrid';
import { layerCostChart } from '../../lib/charts/layerCostChart';
import { networkDiagram } from '../../lib/charts/networkDiagram';
import { perClassChart } from '../../lib/charts/perClassChart';
import { probabilityChart } from '../../lib/charts/probabilityChart';
import { rangeTestChart } from '../../lib/charts/rangeTestChart';
import { reliabilityDiagram } from '../../lib/charts/reliabilityDiagram';
import { CLASS_NAMES } from '../../lib/data/classNames';
import { Dataset } from '../../lib/data/dataset';
import { ConfigError, DataError } from '../../lib/errors';
import { calibration } from '../../lib/training/calibration';

// The last three epochs of the article's section 6.
const history = {
  epochs: [
    [18, 0.364283, 0.8746, 0.44225, 0.8527, 183],
    [19, 0.353942, 0.8781, 0.487022, 0.8377, 176],
    [20, 0.342116, 0.8822, 0.554701, 0.8168, 180],
  ].map(([epoch, trainLoss, trainAccuracy, testLoss, testAccuracy, seconds]) => ({
    epoch,
    trainLoss,
    trainAccuracy,
    testLoss,
    testAccuracy,
    learningRate: 0.1,
    seconds,
  })),
};

const confusion = CLASS_NAMES.map((_, actual) =>
  CLASS_NAMES.map((_, predicted) => (actual === predicted ? 82 : 2)),
);
const perClass = CLASS_NAMES.map((className) => ({ className, correct: 82, total: 100, accuracy: 0.82 }));
const prediction = {
  classNames: CLASS_NAMES,
  classIndex: 3,
  probabilities: [0.05048, 0.00033, 0.00926, 0.74729, 0.00335, 0.16813, 0.00727, 0.00395, 0.0084, 0.00154],
};

/** Ten images of noise, the class of each its index. */
const images = new Dataset(
  Uint8Array.from({ length: 10 * 3072 }, (_, i) => (i * 7919) % 256),
  Uint8Array.from({ length: 10 }, (_, i) => i),
);

const filters = { layer: 'conv', height: 3, width: 3, count: 9, values: new Float32Array(27 * 9).fill(1) };
const maps = { layer: 'layer1.0', height: 4, width: 4, channels: 12, values: new Float32Array(16 * 12) };
const rows = [
  { name: 'Conv2d-1', outputShape: [-1, 32, 32, 64], parameters: 1728, multiplyAdds: 1_769_472 },
  { name: 'BatchNorm2d-2', outputShape: [-1, 32, 32, 64], parameters: 128, multiplyAdds: 0 },
  { name: 'Linear-3', outputShape: [-1, 10], parameters: 650, multiplyAdds: 640 },
].map((row) => ({ ...row, trainableParameters: row.parameters }));

const figures: Record<string, Figure> = {
  filterChart: filterChart(filters),
  featureMapChart: featureMapChart({ width: 32, height: 32, data: images.image(0) }, [maps]),
  layerCostChart: layerCostChart({ rows, parameters: 2506, multiplyAdds: 1_770_112 }),
  rangeTestChart: rangeTestChart({
    learningRates: [0.001, 0.01, 0.1],
    losses: [2.4, 1.9, 3],
    smoothedLosses: [2.4, 2.1, 2.2],
  }),
  reliabilityDiagram: reliabilityDiagram(calibration([0.55, 0.55, 0.6, 0.9], [false, false, true, true], 5)),
  lossChart: lossChart(history),
  accuracyChart: accuracyChart(history),
  learningRateChart: learningRateChart(history),
  'imageGrid of classes': imageGrid(images, { cols: 5 }),
  'imageGrid of predictions': imageGrid(images, { predictions: images.labels, title: 'Predictions' }),
  perClassChart: perClassChart({ perClass, accuracy: 0.82 }),
  confusionChart: confusionChart({ classNames: CLASS_NAMES, confusion }),
  probabilityChart: probabilityChart(prediction),
  'blockDiagram basic': blockDiagram('basic', { inChannels: 64, channels: 64 }),
  'blockDiagram bottleneck': blockDiagram('bottleneck', { inChannels: 256, channels: 128, stride: 2 }),
  networkDiagram: networkDiagram({ name: 'ResNet-18', block: 'basic', numBlocks: [2, 2, 2, 2] }),
};

for (const [name, figure] of Object.entries(figures)) {
  test(`${name}: Plotly finds no fault, and JSON keeps it whole`, async () => {
    const { Plotly } = await plotly();
    assert.equal(Plotly.validate(figure.data, figure.layout), undefined);
    assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: traces and layouts are Plotly's open records.
const open = (figure: Figure): any => figure;

/** All words of a diagram. */
const words = (figure: Figure): string[] =>
  open(figure).layout.annotations.map(({ text }: { text: string }) => text);

test('the curves hold the history, accuracy in percent', () => {
  const [train, tested] = open(figures.accuracyChart).data;
  assert.deepEqual(train.x, [18, 19, 20]);
  const rounded = (values: number[]) => values.map((value) => value.toFixed(2));
  assert.deepEqual(rounded(train.y), ['87.46', '87.81', '88.22']);
  assert.deepEqual(rounded(tested.y), ['85.27', '83.77', '81.68']);
  assert.match(open(figures.accuracyChart).layout.title.subtitle.text, /85\.27 %, after epoch 18/);
  assert.match(open(figures.lossChart).layout.title.subtitle.text, /0\.442\d, after epoch 18/);
});

test('a history without an epoch is refused', () => {
  for (const chart of [lossChart, accuracyChart, learningRateChart]) {
    assert.throws(() => chart({ epochs: [] }), ConfigError);
  }
});

test('titles of predictions say right and wrong by sign and by color', () => {
  const predictions = [0, 9, 2];
  const { text, textfont } = open(imageGrid(images.subset(3), { predictions })).data[1];
  assert.deepEqual(text, ['✓ airplane<br>(airplane)', '✗ truck<br>(automobile)', '✓ bird<br>(bird)']);
  assert.equal(textfont.color[0], textfont.color[2]);
  assert.notEqual(textfont.color[0], textfont.color[1]);
});

test('a confidence stands between what was predicted and what is true', () => {
  const options = { predictions: [0, 9, 2], confidences: [0.5, 0.98765, 1] };
  const { text } = open(imageGrid(images.subset(3), options)).data[1];
  assert.deepEqual(text, [
    '✓ airplane<br>50.0 %<br>(airplane)',
    '✗ truck<br>98.8 %<br>(automobile)',
    '✓ bird<br>100.0 %<br>(bird)',
  ]);
});

test('without predictions the titles are the class names, and rows are as many as are filled', () => {
  const figure = open(imageGrid(images, { rows: 2, cols: 4 }));
  assert.deepEqual(figure.data[1].text, CLASS_NAMES.slice(0, 8));
  assert.deepEqual(figure.layout.yaxis.range, [2 * 40, 0]);
  assert.deepEqual(open(imageGrid(images.subset(3), { cols: 4 })).layout.yaxis.range, [40, 0]);
});

test('a grid refuses sizes that are none, and predictions that are too few', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => imageGrid(images, { rows: wrong }), ConfigError);
    assert.throws(() => imageGrid(images, { cols: wrong }), ConfigError);
  }
  assert.throws(() => imageGrid(images, { predictions: [1, 2, 3] }), DataError);
  assert.throws(
    () => imageGrid(images, { predictions: images.labels, confidences: [1] }),
    /confidences for 1/,
  );
});

test('a class without images has no accuracy, and says so', () => {
  const without = [
    ...perClass.slice(0, 9),
    { className: 'truck', correct: 0, total: 0, accuracy: Number.NaN },
  ];
  const [{ text }] = open(perClassChart({ perClass: without, accuracy: 0.82 })).data;
  assert.deepEqual(text.slice(8), ['82.0', 'no image']);
});

test('the confusion matrix shows each number once', () => {
  const [right, mistaken] = open(figures.confusionChart).data;
  for (const [actual, row] of confusion.entries()) {
    for (const [predicted, count] of row.entries()) {
      const [shown, other] = actual === predicted ? [right, mistaken] : [mistaken, right];
      assert.equal(shown.z[actual][predicted], count);
      assert.equal(other.z[actual][predicted], null);
    }
  }
});

test('probabilities below what two decimals show are not shown as none', () => {
  const probabilities = [1 - 9e-6, ...new Array(9).fill(1e-6)];
  const [{ text }] = open(probabilityChart({ ...prediction, classIndex: 0, probabilities })).data;
  assert.equal(text[0], '<b>100.00 %</b>');
  assert.equal(text[1], '< 0.01 %');
});

test('a block whose shapes fit has an identity shortcut, another one a dashed projection', () => {
  const dashes = (figure: Figure): string[] =>
    open(figure).layout.shapes.map(({ line }: { line: { dash?: string } }) => line.dash);
  const same = figures['blockDiagram basic'];
  assert.ok(words(same).includes('identity<br>shortcut') && !dashes(same).includes('dash'));
  for (const options of [
    { inChannels: 64, channels: 128 },
    { inChannels: 64, channels: 64, stride: 2 },
  ]) {
    const other = blockDiagram('basic', options);
    assert.ok(words(other).includes('projection<br>shortcut') && dashes(other).includes('dash'));
  }
});

test('a bottleneck block is wider at its end than inside', () => {
  const shown = words(figures['blockDiagram bottleneck']);
  for (const text of [
    '1×1 conv, 128',
    '3×3 conv, 128, stride 2',
    '1×1 conv, 512',
    '1×1 conv, 512, stride 2',
    '16×16×512',
  ]) {
    assert.ok(shown.includes(text), text);
  }
});

test('the stages of a network have the shapes of the article', () => {
  const shown = words(networkDiagram({ name: 'ResNet-34', block: 'basic', numBlocks: [3, 4, 6, 3] }));
  const shapes = shown.filter((text) => /^\d+×\d+×\d+$/.test(text));
  assert.deepEqual(shapes, ['32×32×3', '32×32×64', '32×32×64', '16×16×128', '8×8×256', '4×4×512', '1×1×512']);
});

test('diagrams refuse what is no block or network', () => {
  assert.throws(() => blockDiagram('basic', { inChannels: 0, channels: 64 }), ConfigError);
  assert.throws(() => blockDiagram('basic', { inChannels: 64, channels: 1.5 }), ConfigError);
  assert.throws(() => networkDiagram({ name: '', block: 'basic', numBlocks: [] }), ConfigError);
  assert.throws(() => networkDiagram({ name: '', block: 'basic', numBlocks: [2, 0] }), ConfigError);
});

test('layers that compute nothing have no bar', () => {
  const [parameters, multiplyAdds] = open(figures.layerCostChart).data;
  assert.deepEqual(parameters.x, ['Conv2d-1', 'Linear-3']);
  assert.deepEqual(parameters.y, [1728, 650]);
  assert.deepEqual(multiplyAdds.y, [1_769_472, 640]);
});

test('a reliability diagram has the share of images and of right ones in percent', () => {
  const { data, layout } = open(figures.reliabilityDiagram);
  const [counts, accuracies] = data;
  assert.deepEqual(counts.x.map(Math.round), [10, 30, 50, 70, 90]);
  assert.deepEqual(counts.y, [0, 0, 75, 0, 25]);
  assert.deepEqual(
    accuracies.y.map((percent: number) => percent?.toFixed(1)),
    [undefined, undefined, '33.3', undefined, '100.0'], // no bar where there is no image
  );
  assert.match(layout.title.subtitle.text, /confidence 65\.0 %, accuracy 50\.0 %; .* error 20\.0 %/);
});

test('a range test names the rate with the lowest mean loss', () => {
  assert.match(
    open(figures.rangeTestChart).layout.title.subtitle.text,
    /lowest at a learning rate of 0\.010/,
  );
});
