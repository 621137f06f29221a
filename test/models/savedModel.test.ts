/** SavedModels, loaded and run by TensorFlow itself. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../lib/errors';
import { saveSavedModel } from '../../lib/models/formats/savedModel';
import { networkInfo, setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet18, resnet20 } from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';
import { formatNetworks, randomized } from '../helpers/formatNetworks';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

/** What TensorFlow.js's binding of TensorFlow's own loader gives; its declarations come with another package. */
interface Loaded {
  inputs: { name: string }[];
  outputs: { name: string }[];
  predict(inputs: TensorFlow.Tensor): TensorFlow.Tensor;
  dispose(): void;
}
const load = (folder: string): Promise<Loaded> =>
  (
    tf as unknown as {
      node: { loadSavedModel(path: string, tags: string[], signature: string): Promise<Loaded> };
    }
  ).node.loadSavedModel(folder, ['serve'], 'serving_default');

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'saved-model-'));
});
after(() => rmSync(folder, { recursive: true }));

describe('TensorFlow computes the same as here', () => {
  for (const [name, make] of Object.entries(formatNetworks)) {
    test(`TensorFlow computes the same as here: ${name}`, async () => {
      const net = randomized(make());
      const path = join(folder, name);
      await saveSavedModel(net, path);
      const images = tf.randomUniform(
        [3, ...(net.inputs[0].shape.slice(1) as number[])],
        -1,
        1,
        'float32',
        1,
      );
      const expected = numbers(net.predict(images) as TensorFlow.Tensor);
      const largest = Math.max(...expected.map(Math.abs));
      const loaded = await load(path);
      assertAllClose(numbers(loaded.predict(images)), expected, 1e-5 * largest);
      // Another number of images.
      const first = images.slice([0], [1]);
      assertAllClose(numbers(loaded.predict(first)), expected.slice(0, expected.length / 3), 1e-5 * largest);
      loaded.dispose();
    });
  }
});

test('a SavedModel names its input and output, and knows the classes and the normalization', async () => {
  const net = resnet20();
  setNetworkInfo(net, { classNames: Array.from({ length: 10 }, (_, i) => `class ${i}`) });
  const path = join(folder, 'named');
  await saveSavedModel(net, path);
  const { inputs, outputs } = await load(path);
  assert.deepEqual(
    [inputs, outputs].map(([one]) => one.name),
    ['images', 'logits'],
  );
  const info = JSON.parse(readFileSync(join(path, 'assets.extra', 'network.json'), 'utf8'));
  assert.deepEqual(info, JSON.parse(JSON.stringify(networkInfo(net))));
});

test('a network that can’t be written as a SavedModel is refused, and nothing is written', async () => {
  const path = join(folder, 'none');
  const lambda = tf.sequential({ layers: [tf.layers.upSampling2d({ inputShape: [4, 4, 3], size: [2, 2] })] });
  await assert.rejects(saveSavedModel(lambda, path), ModelError);
  assert.ok(!existsSync(path));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(saveSavedModel(resnet8({ width: 4 }), join(file, 'inside')), ModelError);
  const disposed = resnet18({ width: 4 });
  disposed.dispose();
  await assert.rejects(saveSavedModel(disposed, path), ModelError);
});
