/**
 * Every public function, called in ways that nobody planned: it works, or throws an error of the library's own.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import * as lib from '../../lib';

const { tf } = lib;
// No call finds the data set, nor fetches it.
process.env.CIFAR10_DIR = path.join(tmpdir(), 'no-such-folder');

// Files that a call writes under a name it was given go nowhere.
const folder = mkdtempSync(path.join(tmpdir(), 'public-names-'));
const home = process.cwd();
before(() => process.chdir(folder));
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const disposedTensor = tf.zeros([1, 32, 32, 3]);
disposedTensor.dispose();
const disposedNet = lib.resnet10({ width: 4 });
disposedNet.dispose();

const STRANGE: [what: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['an empty object', {}],
  ['an empty array', []],
  ['a number', 1],
  ['NaN', Number.NaN],
  ['an empty text', ''],
  ['a text', 'x'],
  ['a disposed tensor', disposedTensor],
  ['a disposed network', disposedNet],
  ['a frozen array', Object.freeze([1, 2, 3])],
  ['an array on shared memory', new Uint8Array(new SharedArrayBuffer(12))],
  ['a function', () => {}],
  ['a symbol', Symbol('x')],
  ['a bigint', 10n],
  ['an object without a prototype', Object.create(null)],
  ['an array of null', [null]],
  ['an object of another kind', { data: [{}], layout: 3, epochs: [{}], rows: [1] }],
];

/** Names that take nothing, or whose value isn't a function; and errors, which take any text. */
const OTHER = new Set([
  'tf',
  'CLASS_NAMES',
  'ARTICLE_NORMALIZATION',
  'CIFAR10_NORMALIZATION',
  'CIFAR100_CLASS_NAMES',
  'CIFAR100_COARSE_CLASS_NAMES',
  'CIFAR100_NORMALIZATION',
  ...Object.keys(lib).filter((name) => name.endsWith('Error')),
  // as resnet10
  ...[18, 20, 32, 34, 44, 50, 56, 101, 110, 152].map((depth) => `resnet${depth}`),
]);

function isRefusal(error: unknown): boolean {
  return error instanceof lib.ResNetError && error.message.length <= 600 && error.fix.length > 0;
}

/** Calls or constructs with arguments, and waits for the end. */
async function outcome(name: string, args: unknown[]): Promise<string | undefined> {
  const made = (lib as unknown as Record<string, new (...args: unknown[]) => unknown>)[name];
  const isClass = /^class/.test(Function.prototype.toString.call(made));
  let timer: NodeJS.Timeout | undefined;
  try {
    const result = isClass
      ? new made(...args)
      : (made as unknown as (...args: unknown[]) => unknown)(...args);
    await Promise.race([
      result,
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('still running after 20 s')), 20_000);
      }),
    ]);
    return undefined;
  } catch (error) {
    return isRefusal(error) ? undefined : String((error as Error)?.stack ?? error);
  } finally {
    clearTimeout(timer);
  }
}

/** Well-made arguments, of which one at a time is replaced. */
async function goodArguments(): Promise<Record<string, unknown[]>> {
  const { train: images } = await lib.loadCifar10({ sample: true });
  const few = images.subset(8);
  const loader = new lib.DataLoader(few, { batchSize: 4 });
  const net = lib.resnet10({ width: 4 });
  const image = { width: 32, height: 32, data: few.image(0) };
  const optimizer = new lib.SGD({ lr: 0.1 });
  const criterion = lib.crossEntropy();
  return {
    train: [net, loader, loader, { epochs: 1, optimizer, criterion }],
    evaluate: [net, loader, {}],
    prepareRun: [lib.profile('smoke'), { train: images, test: images }, 0],
    trainRun: [{ profile: 'smoke', savePath: path.join(folder, 'run') }],
    learningRateRangeTest: [net, loader, { criterion, steps: 2, optimizer: {} }],
    predictImage: [net, image, {}],
    featureMaps: [net, image],
    featureMapChart: [image, lib.featureMaps(net, image)],
    gradCam: [net, image, {}],
    startWorkers: [1],
    gradCamChart: [lib.gradCam(net, image)],
    lastFeatures: [net, loader],
    umap: [Array.from({ length: 8 }, (_, i) => [i, 1]), { neighbors: 2 }],
    imageMapChart: [few, Array.from({ length: 8 }, (_, i) => [i, 1]), {}],
    resizeImage: [image, 16, 16, 'cover'],
    normalizePixels: [few.images, lib.CIFAR10_NORMALIZATION],
    saveModel: [net, path.join(folder, 'saved')],
    loadStateDict: [net, path.join(folder, 'none.pth')],
    saveStateDict: [net, path.join(folder, 'net.safetensors'), {}],
    saveSavedModel: [net, path.join(folder, 'saved-model')],
    saveKeras: [net, path.join(folder, 'net.keras')],
    saveOnnx: [net, path.join(folder, 'net.onnx')],
    loadImageFolder: [folder, { size: 8 }],
    setNetworkInfo: [net, { architecture: 'x' }],
    imageGrid: [few, { rows: 1 }],
    calibration: [[0.5], [true], 5],
    blockDiagram: ['basic', { inChannels: 4, channels: 4 }],
    MultiStepLR: [optimizer, { milestones: [1] }],
    OneCycleLR: [optimizer, { maxLr: 1, totalSteps: 2 }],
    CosineAnnealingLR: [optimizer, { tMax: 2 }],
    ReduceLROnPlateau: [optimizer, {}],
    DataLoader: [few, {}],
    Dataset: [few.images, few.labels, lib.CLASS_NAMES],
    resNet: [lib.basicBlock, [1, 1, 1, 1], { width: 4 }],
    basicBlock: [4, 4, {}],
    bottleneck: [4, 4, {}],
    zeroPaddedBlock: [4, 4, {}],
    summary: [net, [32, 32, 3]],
    compile: [(x: lib.TensorFlow.Tensor) => x, {}, {}],
    formatEpoch: [
      { epoch: 1, trainLoss: 1, trainAccuracy: 1, testLoss: 1, testAccuracy: 1, learningRate: 1, seconds: 1 },
      2,
    ],
    epochPath: ['a', 1],
    figureToPng: [lib.blockDiagram('basic', { inChannels: 4, channels: 4 }), {}],
  };
}

for (const name of Object.keys(lib).filter((name) => !OTHER.has(name))) {
  test(`${name} refuses or takes strange arguments`, async () => {
    const good = (await goodArguments())[name] ?? [undefined];
    const wrong: Record<string, string> = {};
    for (const [what, value] of STRANGE) {
      for (const [i] of good.entries()) {
        const said = await outcome(
          name,
          good.map((argument, k) => (k === i ? value : argument)),
        );
        if (said) wrong[`${what} as argument ${i + 1}`] = said;
      }
      const said = await outcome(name, [value, value, value, value]);
      if (said) wrong[`${what} everywhere`] = said;
    }
    assert.deepEqual(wrong, {});
  });
}
