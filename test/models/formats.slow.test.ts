/** ONNX files, run by the real onnxruntime, and Keras's files, read by the real HDF5 library, in a Python environment of this test's own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../lib/errors';
import { saveKeras } from '../../lib/models/formats/keras';
import { saveOnnx } from '../../lib/models/formats/onnx';
import { setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet18 } from '../../lib/models/resNet';
import { layersOf } from '../../lib/models/walk';
import { formatNetworks, randomized } from '../helpers/formatNetworks';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

const ENVIRONMENT = join(__dirname, '../..', '.resnet-notebooks', 'formats');
const PYTHON = join(ENVIRONMENT, 'bin', 'python');

/** Runs a file on images of a file of float32, all at once and the first alone; prints shapes, numbers and metadata. */
const RUN = `
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
given, = session.get_inputs()
out, = session.get_outputs()
_, c, h, w = given.shape
x = numpy.fromfile(sys.argv[2], numpy.float32).reshape(-1, h, w, c).transpose(0, 3, 1, 2)
run = lambda x: session.run(None, {given.name: x})[0].flatten().tolist()
print(json.dumps({"input": [given.name, *map(str, given.shape)], "output": [out.name, *map(str, out.shape)], "all": run(x),
                  "one": run(x[:1]), "metadata": session.get_modelmeta().custom_metadata_map}))
`;

/** The parts of a Keras file: what describes it, and its weights by their paths, each as its shape and its numbers' sum and first. */
const READ = `
import io, json, sys, zipfile
import h5py
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
weights = {}
def add(path, item):
    if isinstance(item, h5py.Dataset):
        numbers = item[()].flatten()
        weights[path] = [str(item.dtype), list(item.shape), float(numbers.astype("float64").sum()), float(numbers[0])]
h5py.File(io.BytesIO(archive.read("model.weights.h5"))).visititems(add)
print(json.dumps({"names": archive.namelist(), "config": json.loads(archive.read("config.json")),
                  "metadata": json.loads(archive.read("metadata.json")), "weights": weights}))
`;

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-'));
  if (existsSync(join(ENVIRONMENT, 'whole'))) return;
  execFileSync(process.env.PYTHON ?? 'python3', ['-m', 'venv', ENVIRONMENT]);
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', 'onnxruntime==1.32.0', 'h5py==3.14.0']);
  execFileSync('touch', [join(ENVIRONMENT, 'whole')]);
});
after(() => rmSync(folder, { recursive: true }));

describe('onnxruntime computes the same as here', () => {
  for (const [name, make] of Object.entries(formatNetworks)) {
    test(`onnxruntime computes the same as here: ${name}`, async () => {
      const net = randomized(make());
      const [, height, width, channels] = net.inputs[0].shape as number[];
      const images = tf.randomUniform(
        [3, height, width, channels],
        -1,
        1,
        'float32',
        1,
      ) as TensorFlow.Tensor4D;
      const paths = [join(folder, 'net.onnx'), join(folder, 'images')];
      await saveOnnx(net, paths[0]);
      writeFileSync(paths[1], images.dataSync() as Float32Array);
      const found = JSON.parse(execFileSync(PYTHON, ['-c', RUN, ...paths], { encoding: 'utf8' }));
      const expected = numbers(net.predict(images) as TensorFlow.Tensor);
      assertAllClose(found.all, expected, 1e-5);
      assertAllClose(found.one, expected.slice(0, expected.length / 3), 1e-5);
      assert.deepEqual(found.input, ['images', 'batch', ...[channels, height, width].map(String)]);
      assert.equal(found.output[0], name === 'other layers' ? 'probabilities' : 'logits');
    });
  }
});

test('an ONNX file knows the classes and the normalization', async () => {
  const net = resnet18({ width: 2, numClasses: 2 });
  const normalization = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.2] };
  setNetworkInfo(net, { classNames: ['cat', 'dog'], normalization });
  const paths = [join(folder, 'known.onnx'), join(folder, 'zeros')];
  await saveOnnx(net, paths[0]);
  writeFileSync(paths[1], new Float32Array(3072));
  const { metadata } = JSON.parse(execFileSync(PYTHON, ['-c', RUN, ...paths], { encoding: 'utf8' }));
  assert.deepEqual(JSON.parse(metadata.classNames), ['cat', 'dog']);
  assert.deepEqual(JSON.parse(metadata.normalization), normalization);
  assert.equal(metadata.architecture, 'ResNet-18, width 2');
});

test('a network that can’t be written as ONNX is refused, and nothing is written', async () => {
  const path = join(folder, 'never.onnx');
  const recurrent = tf.sequential({ layers: [tf.layers.lstm({ inputShape: [3, 2], units: 2 })] });
  await assert.rejects(saveOnnx(recurrent, path), (error: Error) => {
    return (
      error instanceof ModelError &&
      /has a layer lstm_.* of LSTM, which isn't written as ONNX/.test(error.message)
    );
  });
  await assert.rejects(saveOnnx(resnet18({ width: 2 }), join(folder, 'no', 'net.onnx')), /can't be written/);
  assert.equal(existsSync(path), false);
});

test('a Keras file holds each layer’s weights where Keras looks for them, in HDF5', async () => {
  const net = randomized(resnet18({ width: 4, numClasses: 2 }));
  setNetworkInfo(net, { classNames: ['cat', 'dog'] });
  const path = join(folder, 'net.keras');
  await saveKeras(net, path);
  const read = JSON.parse(execFileSync(PYTHON, ['-c', READ, path], { encoding: 'utf8' }));
  assert.deepEqual(read.names, ['metadata.json', 'config.json', 'model.weights.h5']);
  assert.deepEqual(read.metadata.network.classNames, ['cat', 'dog']);
  assert.deepEqual(read.config.config.layers[0].config.batch_shape, [null, 32, 32, 3]);
  // Keras counts the layers of each class in the order of the description.
  const counts = new Map<string, number>();
  const expected: Record<string, unknown> = {};
  const weightsOf = new Map(layersOf(net).map((layer) => [layer.name, layer.getWeights()]));
  const classes: Record<string, string> = {
    Conv2D: 'conv2d',
    BatchNormalization: 'batch_normalization',
    Dense: 'dense',
  };
  for (const { class_name, name } of read.config.config.layers) {
    const kind = classes[class_name];
    if (!kind) continue;
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    for (const [i, weight] of weightsOf.get(name)!.entries()) {
      const values = numbers(weight);
      const sum = values.reduce((total, value) => total + value, 0);
      expected[`layers/${kind}${count > 0 ? `_${count}` : ''}/vars/${i}`] = [
        'float32',
        weight.shape,
        sum,
        values[0],
      ];
    }
  }
  assert.equal(Object.keys(expected).length, 20 + 20 * 4 + 2);
  assert.deepEqual(Object.keys(read.weights).sort(), Object.keys(expected).sort());
  for (const [name, [dtype, shape, sum, first]] of Object.entries(
    expected as Record<string, [string, number[], number, number]>,
  )) {
    const found = read.weights[name];
    assert.deepEqual([found[0], found[1], found[3]], [dtype, shape, first], name);
    assert.ok(Math.abs(found[2] - sum) < 1e-4, name);
  }
});

test('a network that can’t be written for Keras is refused, and nothing is written', async () => {
  const path = join(folder, 'never.keras');
  const recurrent = tf.sequential({ layers: [tf.layers.lstm({ inputShape: [3, 2], units: 2 })] });
  await assert.rejects(saveKeras(recurrent, path), ModelError);
  assert.equal(existsSync(path), false);
});
