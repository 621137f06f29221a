/** Transforms against NumPy, against the same done slowly, and in JavaScript against tensors. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader, type DataLoaderOptions } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { CIFAR10_NORMALIZATION } from '../../lib/data/normalization';
import { Random } from '../../lib/data/random';
import { colorJitter } from '../../lib/data/transforms/color';
import { cutout, randomErasing } from '../../lib/data/transforms/erasing';
import { alternatingFlip, randomCrop, randomFlip } from '../../lib/data/transforms/geometry';
import { cutmix, type Mixing, mixup } from '../../lib/data/transforms/mixing';
import type { Transform } from '../../lib/data/transforms/transform';
import { trivialAugment } from '../../lib/data/transforms/trivialAugment';
import { installKernels } from '../../lib/engine/kernels/install';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { augmentedByNumpy, oracle } from '../fixtures/cifar/oracle';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

const { mean, std } = CIFAR10_NORMALIZATION;
const context = { mean: [255 * mean[0], 255 * mean[1], 255 * mean[2]], shape: [32, 32, 3] as const };
const normalized = (value: number, c: number) => Math.fround((value / 255 - mean[c]) / std[c]);

let images: Dataset;

before(async () => {
  images = (await loadCifar10({ sample: true })).train;
});

/** An image after transforms whose numbers are given. */
function changed(image: Uint8Array, changes: [Transform, number[]][]): Float32Array {
  const pixels = Float32Array.from(image);
  for (const [transform, drawn] of changes) transform.pixels!(pixels, drawn, context);
  return pixels;
}

test('crop and flip equal what NumPy makes of real images by pad, slice and arithmetic', () => {
  const expected = augmentedByNumpy();
  const actual = oracle.augmentations.flatMap(({ image, top, left, flip }) => {
    const pixels = changed(images.image(image), [
      [randomCrop(4), [top, left]],
      [randomFlip(), [Number(flip)]],
    ]);
    return [...pixels].map((value, i) => normalized(value, i % 3));
  });
  const worst = actual.reduce((error, value, i) => Math.max(error, Math.abs(value - expected[i])), 0);
  assert.ok(worst < 1e-6, `largest difference ${worst}`);
});

/** Pads an image by zeros or mirrored, row by row, crops and flips it. */
function slowly(
  image: Uint8Array,
  [top, left]: number[],
  flip: boolean,
  mode: 'zeros' | 'reflect',
): number[] {
  const at = (y: number, x: number) => [...image.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
  const mirror = (i: number) => (i < 0 ? -i : i > 31 ? 62 - i : i);
  const pixel = (y: number, x: number) => {
    if (mode === 'reflect') return at(mirror(y), mirror(x));
    return y >= 0 && y < 32 && x >= 0 && x < 32 ? at(y, x) : [0, 0, 0];
  };
  const rows = Array.from({ length: 32 }, (_, y) =>
    Array.from({ length: 32 }, (_, x) => pixel(y + top - 4, x + left - 4)),
  );
  return rows.flatMap((row) => (flip ? row.reverse() : row)).flat();
}

for (const mode of ['zeros', 'reflect'] as const) {
  test(`crop and flip equal the slow way for all 162 corners and sides, mode ${mode}`, () => {
    const random = Random.fromSeed(0);
    const image = new Uint8Array(3072).map(() => random.below(256));
    for (let top = 0; top <= 8; top++) {
      for (let left = 0; left <= 8; left++) {
        for (const flip of [false, true]) {
          const actual = changed(image, [
            [randomCrop(4, { mode }), [top, left]],
            [randomFlip(), [Number(flip)]],
          ]);
          assert.deepEqual([...actual], slowly(image, [top, left], flip, mode), `${top}, ${left}, ${flip}`);
        }
      }
    }
  });
}

const TRANSFORMS: [Transform, tolerance: number][] = [
  [randomCrop(4), 0],
  [randomCrop(2, { mode: 'reflect' }), 0],
  [randomFlip(), 0],
  [alternatingFlip(), 0],
  [cutout(8), 1e-4],
  [randomErasing({ p: 1 }), 1e-4],
  [colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 }), 1e-3],
  [trivialAugment(), 1e-3],
];

for (const [transform, tolerance] of TRANSFORMS) {
  test(`${transform.name} gives the same in JavaScript and by tensors`, () => {
    const random = Random.fromSeed(7);
    const n = 200;
    const drawn = Array.from({ length: n }, (_, index) => [
      ...transform.draw!(random, { index, epoch: 1, seed: 0, shape: context.shape }),
    ]);
    const expected = drawn.flatMap((own, i) => [...changed(images.image(i), [[transform, own]])]);
    const batch = tf.tensor4d(Float32Array.from(images.images.subarray(0, n * 3072)), [n, 32, 32, 3]);
    const actual = transform.tensors!(batch, tf.tensor2d(drawn), context).dataSync();
    // What rounding puts on the other side of a threshold is an image of its own.
    const parted = new Set<number>();
    for (let i = 0; i < expected.length; i++) {
      if (Math.abs(actual[i] - expected[i]) > tolerance) parted.add(Math.floor(i / 3072));
    }
    assert.ok(parted.size <= (tolerance === 0 ? 0 : 1), `images ${[...parted]} differ`);
  });
}

test('an alternating flip shows each image both ways in two epochs, and about half of them mirrored in each', () => {
  const random = Random.fromSeed(0);
  const flips = (epoch: number) =>
    Array.from(
      { length: 400 },
      (_, index) => alternatingFlip().draw!(random, { index, epoch, seed: 3, shape: context.shape })[0],
    );
  const [first, second, third] = [flips(0), flips(1), flips(2)];
  assert.ok(first.every((flip, i) => flip + second[i] === 1));
  assert.deepEqual(third, first);
  const mirrored = first.reduce((sum, flip) => sum + flip, 0);
  assert.ok(mirrored > 160 && mirrored < 240, `${mirrored}`);
});

test('cutout hides a square by what is 0 when normalized, cut at the edges', () => {
  const bright = new Uint8Array(3072).fill(255);
  const pixels = changed(bright, [[cutout(8), [-3, 5, 10, 18]]]);
  const hidden = [...pixels].map((value) => value < 254);
  assert.equal(hidden.filter(Boolean).length, 5 * 8 * 3);
  assert.ok(Math.abs(normalized(pixels[(0 * 32 + 10) * 3 + 1], 1)) < 1e-6);
});

test('colors change as torchvision says: a brightness of 0 is black, a saturation of 0 gray, a contrast of 0 one gray', () => {
  const jitter = colorJitter({ brightness: 1, contrast: 1, saturation: 1 });
  const image = images.image(3);
  assert.ok(changed(image, [[jitter, [0, 1, 1]]]).every((value) => value === 0));
  const gray = changed(image, [[jitter, [1, 1, 0]]]);
  // The weights of ITU-R BT.601, as in torchvision's rgb_to_grayscale.
  assert.ok(Math.abs(gray[0] - (0.2989 * image[0] + 0.587 * image[1] + 0.114 * image[2])) < 1e-3);
  assert.ok(gray[0] === gray[1] && gray[1] === gray[2]);
  const flat = changed(image, [[jitter, [1, 0, 1]]]);
  assert.ok(flat.every((value) => Math.abs(value - flat[0]) < 1e-3));
});

describe('a loader with transforms', () => {
  const all: DataLoaderOptions = {
    batchSize: 40,
    shuffle: true,
    seed: 4,
    transforms: [
      randomCrop(4, { mode: 'reflect' }),
      alternatingFlip(),
      colorJitter({ brightness: 0.2 }),
      cutout(8),
    ],
  };
  const epoch = (loader: DataLoader) =>
    [...loader.inputs()].flatMap(({ tensors }) => {
      const batch = loader.batch(tensors);
      return [
        ...numbers(batch.images),
        ...numbers(batch.labels),
        ...(batch.softLabels ? numbers(batch.softLabels) : []),
      ];
    });

  for (const mix of [undefined, mixup(0.4), cutmix(1)]) {
    test(`a loader with transforms makes the same batches here and on the device: ${mix?.name ?? 'not mixed'}`, () => {
      const few = images.subset(90);
      const loaders = [false, true].map((onDevice) => new DataLoader(few, { ...all, mix, onDevice }));
      for (let i = 0; i < 2; i++) {
        const [here, there] = loaders.map(epoch);
        assertAllClose(there, here, 1e-5);
      }
      loaders[1].dispose();
    });
  }

  test('a loader with transforms takes one of your own, of pixels or of tensors', () => {
    const few = images.subset(20);
    const byPixels: Transform = {
      name: 'negative',
      pixels(image) {
        for (let i = 0; i < image.length; i++) image[i] = 255 - image[i];
      },
    };
    const byTensors: Transform = { name: 'negative', tensors: (batch) => tf.sub(255, batch) };
    const [a, b] = [byPixels, byTensors].map((transform) =>
      epoch(new DataLoader(few, { transforms: [randomFlip(), transform], seed: 1 })),
    );
    assertAllClose(a, b, 1e-5);
    assert.throws(
      () => new DataLoader(few, { transforms: [byPixels, byTensors] }),
      /The transform negative has no tensors, and another one has nothing else/,
    );
    assert.throws(
      () => new DataLoader(few, { transforms: [byPixels], onDevice: true }),
      /made on the device/,
    );
    assert.throws(
      () => new DataLoader(few, { transforms: [{} as never] }),
      /transforms\[0\]\.name is undefined/,
    );
    assert.throws(() => new DataLoader(few, { augment: true, transforms: [] }), ConfigError);
  });
});

describe('mixed labels', () => {
  const shares = (mix: Mixing) => {
    const loader = new DataLoader(images.subset(64), { batchSize: 64, mix, seed: 2 });
    const [batch] = loader;
    return batch.softLabels!.arraySync();
  };

  test('mixed labels are the shares of the two pictures', () => {
    for (const mix of [mixup(1), cutmix(1)]) {
      const labels = shares(mix);
      for (const row of labels) {
        assert.ok(Math.abs(row.reduce((sum, share) => sum + share, 0) - 1) < 1e-6);
        assert.ok(row.filter((share) => share > 0).length <= 2);
      }
      assert.ok(labels.some((row) => row.some((share) => share > 0.01 && share < 0.99)));
    }
  });

  test('mixed labels have the mean cross-entropy of both labels, as mixup is defined', () => {
    const logits = tf.randomNormal([6, 10], 0, 2, 'float32', 1) as never;
    const [a, b] = [
      [1, 2, 3, 4, 5, 6],
      [0, 2, 9, 8, 7, 6],
    ].map((classes) => tf.tensor1d(classes, 'int32'));
    const mixedLabels = tf.add(tf.mul(tf.oneHot(a, 10), 0.3), tf.mul(tf.oneHot(b, 10), 0.7)) as never;
    for (const labelSmoothing of [0, 0.1]) {
      const loss = crossEntropy({ labelSmoothing });
      const [of, ofA, ofB] = [mixedLabels, a, b].map((labels) => loss(logits, labels).dataSync()[0]);
      assert.ok(Math.abs(of - (0.3 * ofA + 0.7 * ofB)) < 1e-5);
    }
  });

  test('mixed labels of a wrong size are told', () => {
    const logits = tf.zeros([2, 10]) as never;
    assert.throws(() => crossEntropy()(logits, tf.ones([2, 4]) as never), {
      name: 'ConfigError',
      message: /shares of 4 classes, the network has 10 outputs/,
    });
  });

  test('mixed labels come from shares drawn from a beta distribution', () => {
    for (const alpha of [0.2, 1, 3]) {
      const random = Random.fromSeed(1);
      const drawn = Array.from({ length: 4000 }, () => mixup(alpha).draw(random, 1, context.shape)[0].share);
      const average = drawn.reduce((sum, share) => sum + share, 0) / drawn.length;
      const variance = drawn.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / drawn.length;
      assert.ok(Math.abs(average - 0.5) < 0.02, `${average}`);
      // The variance of Beta(a, a).
      assert.ok(Math.abs(variance * 4 * (2 * alpha + 1) - 1) < 0.08, `${alpha}: ${variance}`);
    }
  });
});

describe('bad settings of transforms are told', () => {
  const cases: [string, () => unknown][] = [
    ['a padding of 0', () => randomCrop(0)],
    ['a padding of 40', () => new DataLoader(images, { transforms: [randomCrop(40)] })],
    ['a mode', () => randomCrop(4, { mode: 'mirror' as 'zeros' })],
    ['a square of 0', () => cutout(0)],
    ['a share above 1', () => randomErasing({ p: 1.5 })],
    ['a scale that falls', () => randomErasing({ scale: [0.3, 0.1] })],
    ['a brightness above 1', () => colorJitter({ brightness: 2 })],
    ['an alpha of 0', () => mixup(0)],
    ['an alpha that is none', () => cutmix(Number.NaN)],
  ];
  for (const [what, make] of cases) {
    test(`bad settings of transforms are told: ${what}`, () => assert.throws(make, ConfigError));
  }
});
