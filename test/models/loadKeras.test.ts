/** Networks of Keras 3, converted by TensorFlow.js's converter (test/fixtures/keras3/make.py), and files of other programs. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { loadModel } from '../../lib/models/files/loadModel';
import { assertAllClose, numbers } from '../helpers/tensors';

const FIXTURES = join(__dirname, '../fixtures', 'keras3');

for (const network of ['sequential', 'functional']) {
  for (const format of ['h5', 'keras']) {
    test(`a ${network} network of Keras 3, converted from .${format}, gives what it gives in Keras`, async () => {
      const net = await loadModel(join(FIXTURES, network, format));
      const image = tf.reshape(tf.linspace(-1, 1, 8 * 8 * 3), [1, 8, 8, 3]);
      const expected = JSON.parse(await readFile(join(FIXTURES, network, 'expected.json'), 'utf8'));
      assertAllClose(numbers(net.predict(image) as TensorFlow.Tensor), expected, 1e-5);
    });
  }
}

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'formats-'));
});
after(() => rm(folder, { recursive: true }));

const FILES: Record<string, [content: string | Buffer, says: RegExp]> = {
  'net.h5': [
    Buffer.from('\x89HDF\r\n\x1a\n\0\0', 'latin1'),
    /is Keras's \.h5.*\n.*--input_format=keras .*net\.h5/,
  ],
  'net.pth': ['PK\x03\x04 archive/data.pkl', /is PyTorch's/],
  'net.zip': ['PK\x03\x04 readme.txt', /is a zip archive/],
  'net.safetensors': ['\x10\0\0\0\0\0\0\0{}', /is a file of safetensors/],
  'net.onnx': ['\x08\x07', /is ONNX's/],
  'saved_model.pb': ['\x08\x01', /is a SavedModel/],
};

for (const [name, [content, says]] of Object.entries(FILES)) {
  test(`${name} is named as what it is, with the way to convert it`, async () => {
    await writeFile(join(folder, name), content);
    const path = name === 'saved_model.pb' ? folder : join(folder, name);
    await assert.rejects(loadModel(path), { name: 'ModelError', message: says });
  });
}

test('a .keras file is named as what it is, with the way to convert it', async () => {
  await assert.rejects(loadModel(join(FIXTURES, 'functional', 'net.keras')), {
    name: 'ModelError',
    message: /is Keras's \.keras.*\n.*--input_format=keras_keras .*net\.keras/,
  });
});
