/** Saved networks: what is in the files, and who can load them. Those that can't be loaded are in test/corpus/models. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CIFAR10_NORMALIZATION } from '../../lib/data/normalization';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../lib/errors';
import { toFloat16 } from '../../lib/models/files/float16';
import { loadModel } from '../../lib/models/files/loadModel';
import { epochPath, saveModel } from '../../lib/models/files/saveModel';
import { networkInfo, setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet18 } from '../../lib/models/resNet';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';

let folder: string;
/** A network whose every weight, moving statistics included, differs from where it starts. */
let net: TensorFlow.LayersModel;
let saved: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  saved = join(folder, 'resnet');
  net = resnet18({ width: 2, numClasses: 3 });
  setNetworkInfo(net, { classNames: ['a', 'b', 'c'], normalization: CIFAR10_NORMALIZATION });
  for (const weight of net.weights) {
    const noise = numbersFrom(weight.originalName, tf.util.sizeFromShape(weight.shape as number[]), 0.5);
    tf.tidy(() => {
      weight.write(tf.add(weight.read(), tf.abs(tf.tensor(noise, weight.shape as number[]))));
    });
  }
  await saveModel(net, saved);
});
after(() => rm(folder, { recursive: true }));

const isWeights = (name: string) => /^weights\./.test(name);

const images = numbersFrom('images', 2 * 32 * 32 * 3);

function logits(of: TensorFlow.LayersModel): number[] {
  return tf.tidy(() => [
    ...(of.predict(tf.tensor4d(images, [2, 32, 32, 3])) as TensorFlow.Tensor).dataSync(),
  ]);
}

/** A copy of the saved network, to be spoilt. */
async function copy(name: string): Promise<string> {
  const path = join(folder, name);
  await cp(saved, path, { recursive: true });
  return path;
}

describe('what is saved', () => {
  test('what is saved: is loaded again with the same outputs and the same facts, from the folder or from model.json', async () => {
    for (const path of [saved, join(saved, 'model.json')]) {
      const loaded = await loadModel(path);
      assert.deepEqual(logits(loaded), logits(net));
      assert.deepEqual(networkInfo(loaded), networkInfo(net));
      assert.equal(networkInfo(loaded).architecture, 'ResNet-18, width 2');
    }
  });

  test('what is saved: trains on as before: the loaded batch normalization is the fused one', async () => {
    const loaded = await loadModel(saved);
    const training = (of: TensorFlow.LayersModel) =>
      tf.tidy(() => {
        const y = of.apply(tf.tensor4d(images, [2, 32, 32, 3]), { training: true }) as TensorFlow.Tensor;
        return [...y.dataSync()];
      });
    const before = loaded.getLayer('features.bn').getWeights()[2].dataSync();
    assert.deepEqual(training(loaded), training(await loadModel(saved)));
    assert.notDeepEqual(loaded.getLayer('features.bn').getWeights()[2].dataSync(), before);
    assert.equal(loaded.getLayer('features.bn').constructor, net.getLayer('features.bn').constructor);
  });

  test('what is saved: is loaded by plain TensorFlow.js on its CPU backend, without this library', async () => {
    const script = `
      const tf = require('@tensorflow/tfjs');
      const { readFileSync } = require('fs');
      const { dirname, join } = require('path');
      const [file, images] = process.argv.slice(1);
      const json = JSON.parse(readFileSync(file));
      const load = async () => tf.io.getModelArtifactsForJSON(json, async ([{ paths, weights }]) => {
        const bytes = readFileSync(join(dirname(file), paths[0]));
        return [weights, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)];
      });
      (async () => {
        await tf.setBackend('cpu');
        const net = await tf.loadLayersModel({ load });
        const layers = net.layers.flatMap((layer) => layer.layers ?? [layer]);
        const x = tf.tensor4d(new Float32Array(JSON.parse(readFileSync(images))), [2, 32, 32, 3]);
        console.log(JSON.stringify({
          backend: tf.getBackend(),
          logits: [...net.predict(x).dataSync()],
          info: net.getUserDefinedMetadata(),
          classes: [...new Set(layers.map((layer) => layer.getClassName()))],
        }));
      })();`;
    const imagesFile = join(folder, 'images.json');
    await writeFile(imagesFile, JSON.stringify([...images]));
    const args = ['-e', script, join(saved, 'model.json'), imagesFile];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(__dirname, '../..') });
    const found = JSON.parse(stdout.trim().split('\n').at(-1)!);
    assert.equal(found.backend, 'cpu');
    logits(net).forEach((value, i) => {
      assert.ok(
        Math.abs(found.logits[i] - value) < 1e-4 * Math.abs(value) + 1e-5,
        `${found.logits} ${logits(net)}`,
      );
    });
    assert.deepEqual(found.info, JSON.parse(JSON.stringify(networkInfo(net))));
    assert.ok(found.classes.includes('BatchNormalization'));
  });

  test('what is saved: may be any network of TensorFlow.js: layers in a row, one that is called twice, networks within networks', async () => {
    const row = () =>
      tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] }), tf.layers.reLU()] });
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const shared = tf.layers.dense({ units: 4 });
    const inner = row();
    const outputs = [inner, inner].map(
      (net, i) => net.apply(shared.apply([a, b][i])) as TensorFlow.SymbolicTensor,
    );
    const siamese = tf.model({
      inputs: [a, b],
      outputs: tf.layers.add().apply(outputs) as TensorFlow.SymbolicTensor,
    });
    const x = tf.ones([2, 4]);
    for (const [i, net] of [row(), siamese].entries()) {
      const inputs = i === 0 ? x : [x, x];
      await saveModel(net, join(folder, `any${i}`));
      const loaded = await loadModel(join(folder, `any${i}`));
      const [expected, actual] = [net, loaded].map((of) =>
        (of.predict(inputs) as TensorFlow.Tensor).arraySync(),
      );
      assert.deepEqual(actual, expected);
    }
  });

  test('what is saved: is one whole network where several are saved to one folder at once', async () => {
    const shared = join(folder, 'at-once');
    const wider = resnet18({ width: 3, numClasses: 3 });
    await Promise.all([net, wider, net, wider, net].map((network) => saveModel(network, shared)));
    assert.deepEqual(logits(await loadModel(shared)), logits(net));
    assert.deepEqual((await readdir(shared)).length, 2);
    wider.dispose();
  });

  test('what is saved: replaces what was saved before, and leaves other files alone', async () => {
    const path = await copy('replaced');
    await writeFile(join(path, 'notes.txt'), 'mine');
    const other = resnet18({ width: 1, numClasses: 5 });
    await saveModel(other, path);
    assert.deepEqual(logits(await loadModel(path)), logits(other));
    assert.equal((await readdir(path)).length, 3);
    assert.equal(await readFile(join(path, 'notes.txt'), 'utf8'), 'mine');
  });

  test('what is saved: stays loadable when saving is broken off before model.json is in its place', async () => {
    const path = await copy('broken-off');
    // The name that model.json is written under first is taken, by a folder.
    await mkdir(join(path, `model.json.${process.pid}.part`));
    await assert.rejects(saveModel(resnet18({ width: 1 }), path), ModelError);
    assert.deepEqual(logits(await loadModel(path)), logits(net));
  });

  test('what is saved: a folder that cannot be written is told', async (t) => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await assert.rejects(saveModel(net, join(file, 'net')), {
      name: 'ModelError',
      message: /can't be saved/,
    });
    if (process.getuid?.() === 0) return t.diagnostic('root may write anywhere');
    const readOnly = join(folder, 'read-only');
    await mkdir(readOnly);
    await chmod(readOnly, 0o500);
    await assert.rejects(saveModel(net, join(readOnly, 'net')), ModelError);
  });

  test('what is saved: frees what it took', async () => {
    const tensors = tf.memory().numTensors;
    await saveModel(net, join(folder, 'freed'));
    assert.equal(tf.memory().numTensors, tensors);
    (await loadModel(saved)).dispose();
    assert.equal(tf.memory().numTensors, tensors);
  });
});

test('weights saved in 16 bits take half the room, and are the nearest ones to those that were saved', async () => {
  const path = join(folder, 'half');
  await saveModel(net, path, { dtype: 'float16' });
  const sizes = await Promise.all(
    [saved, path].map(async (of) => (await readFile(join(of, (await readdir(of)).find(isWeights)!))).length),
  );
  assert.equal(sizes[0], 2 * sizes[1]);
  const half = await loadModel(path);
  assert.deepEqual(networkInfo(half), networkInfo(net));
  half.weights.forEach((weight, i) => {
    const [found, exact] = [weight, net.weights[i]].map((of) => of.read().dataSync());
    found.forEach((value, k) => {
      assert.ok(Math.abs(value - exact[k]) <= 2 ** -11 * Math.abs(exact[k]) + 2 ** -25, weight.name);
    });
  });
});

test('numbers are rounded to 16 bits as NumPy rounds them', () => {
  const numbers = [
    ...[0, -0, 1, -2, 65504, 2 ** -14, 2 ** -24, 2 ** -25, 3 * 2 ** -25, 2 ** -25 * 1.0001, 1 + 2 ** -11],
    ...[1 + 3 * 2 ** -11, 0.1, -1 / 3, 6.1e-5, 6e-5, 1e-7, 3e-8, 2.9e-8, 1234.5, 2047.5, 4095.9999],
  ];
  // np.array(numbers, np.float32).astype(np.float16).view(np.uint16)
  const numpys = [
    ...[0, 32768, 15360, 49152, 31743, 1024, 1, 0, 2, 1, 15360, 15362, 11878, 46421, 1023, 1007, 2, 1, 0],
    ...[25810, 26624, 27648],
  ];
  assert.deepEqual([...toFloat16(Float32Array.from(numbers), 'w')], numpys);
});

test('a weight that 16 bits do not hold is refused, and nothing is written', async () => {
  const large = tf.sequential({ layers: [tf.layers.dense({ inputShape: [1], units: 1, useBias: false })] });
  for (const value of [70000, Number.NaN, Number.POSITIVE_INFINITY]) {
    large.setWeights([tf.tensor2d([[value]])]);
    const path = join(folder, 'large');
    await assert.rejects(saveModel(large, path, { dtype: 'float16' }), ModelError);
    assert.deepEqual(await readdir(path), []);
  }
  await assert.rejects(saveModel(net, saved, { dtype: 'int8' as never }), ConfigError);
});

test('a network after some epochs is named as in the article', () => {
  assert.equal(epochPath('data/models/ResNet34', 20), 'data/models/ResNet34_20');
});
