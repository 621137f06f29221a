/** State dicts from and to PyTorch: files that it saved (test/fixtures/pytorch/make_state_dicts.py), and files that only claim to be such. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Random } from '../../lib/data/random';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../lib/errors';
import { readSafetensors } from '../../lib/models/formats/safetensors';
import { loadStateDict, saveStateDict } from '../../lib/models/formats/stateDict';
import { resnet18, resnet34, resnet50 } from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';
import { readWeights } from '../../lib/models/weights';
import { fixture } from '../fixtures/pytorch/fixture';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

const FOLDER = join(__dirname, '../fixtures/pytorch/state_dicts');
const logits = fixture<Record<string, number[]>>('state_dicts');
const saved = (name: string) => join(FOLDER, name);
const torchvision = { width: 2, stem: 'imagenet', imageShape: [64, 64, 3], numClasses: 7 } as const;

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'state-dicts-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

function logitsOf(net: TensorFlow.LayersModel): number[] {
  const [, size] = net.inputs[0].shape as number[];
  const images = tf.tensor4d(numbersFrom('images', 2 * size * size * 3), [2, size, size, 3]);
  return numbers(net.predict(images) as TensorFlow.Tensor);
}

const files: Record<string, () => TensorFlow.LayersModel> = {
  'resnet18.pth': () => resnet18({ width: 2 }),
  'resnet34.pt': () => resnet34({ width: 2 }),
  'resnet50.safetensors': () => resnet50({ width: 2 }),
  'torchvision18.pth': () => resnet18(torchvision),
  'bfloat16.safetensors': () => resnet18({ width: 2 }),
};

describe('what PyTorch saved', () => {
  for (const [name, make] of Object.entries(files)) {
    test(`what PyTorch saved gives its logits: ${name}`, async () => {
      const net = make();
      await loadStateDict(net, saved(name));
      assertAllClose(logitsOf(net), logits[name], 1e-5);
    });
  }
});

describe('a state dict', () => {
  test('a state dict has the names, shapes and bytes that PyTorch gives it', async () => {
    const net = resnet50({ width: 2 });
    await loadStateDict(net, saved('resnet50.safetensors'));
    await saveStateDict(net, join(root, 'ours.safetensors'));
    const [ours, theirs] = [join(root, 'ours.safetensors'), saved('resnet50.safetensors')].map((path) =>
      readSafetensors(readFileSync(path), path),
    );
    assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
    for (const [name, tensor] of theirs) {
      assert.deepEqual(ours.get(name)?.shape, tensor.shape, name);
      assert.ok(Buffer.from(tensor.bytes).equals(ours.get(name)!.bytes), name);
    }
  });

  test('a state dict comes back under the names of torchvision', async () => {
    const net = resnet18(torchvision);
    await loadStateDict(net, saved('torchvision18.pth'));
    const path = join(root, 'torchvision.safetensors');
    await saveStateDict(net, path, { names: 'torchvision' });
    assert.ok(readSafetensors(readFileSync(path), path).has('layer2.0.downsample.0.weight'));
    const other = resnet18({ ...torchvision, seed: 1 });
    await loadStateDict(other, path);
    assert.deepEqual(readWeights(other), readWeights(net));
  });

  test('a state dict of ResNet-8 has factors of 1, which PyTorch’s batch normalization needs', async () => {
    const [net, other] = [resnet8({ width: 4 }), resnet8({ width: 4, seed: 1 })];
    const path = join(root, 'resnet8.safetensors');
    await saveStateDict(net, path);
    const factor = readSafetensors(readFileSync(path), path).get('layer1.0.features.1.weight')!;
    assert.deepEqual([...new Float32Array(Uint8Array.from(factor.bytes).buffer)], [1, 1, 1, 1]);
    await loadStateDict(other, path);
    assert.deepEqual(readWeights(other), readWeights(net));
  });

  test('a state dict of a network that PyTorch would have otherwise is refused', async () => {
    const layers = [
      tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 1 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2 }),
    ];
    const path = join(root, 'never.safetensors');
    await assert.rejects(saveStateDict(tf.sequential({ layers }), path), /flattens a map of 4×4/);
    const recurrent = tf.sequential({ layers: [tf.layers.lstm({ inputShape: [3, 2], units: 2 })] });
    await assert.rejects(saveStateDict(recurrent, path), ModelError);
    await assert.rejects(
      saveStateDict(resnet8({ width: 4 }), path, { names: 'keras' as 'article' }),
      ConfigError,
    );
    await assert.rejects(
      saveStateDict(resnet8({ width: 4 }), join(root, 'no', 'folder')),
      /can't be written/,
    );
    assert.equal(existsSync(path), false);
  });
});

describe('a file that doesn’t fit', () => {
  const refused: [string, () => TensorFlow.LayersModel, string, RegExp][] = [
    [
      'other classes',
      () => resnet18({ width: 2, numClasses: 3 }),
      'resnet18.pth',
      /classifer.weight is \[10,16\], not \[3,16\]/,
    ],
    ['another depth', () => resnet34({ width: 2 }), 'resnet18.pth', /lacks layer1.2.features.0.weight/],
    [
      'another stem',
      () => resnet18({ width: 2, numClasses: 7 }),
      'torchvision18.pth',
      /conv1.weight is \[2,3,7,7\]/,
    ],
    ['fewer layers', () => resnet18({ width: 2 }), 'resnet34.pt', /which the network hasn't/],
  ];
  for (const [what, make, file, message] of refused) {
    test(`a file that doesn’t fit is refused, and changes nothing: ${what}`, async () => {
      const net = make();
      const before = readWeights(net);
      await assert.rejects(loadStateDict(net, saved(file)), (error: Error) => {
        return error instanceof ModelError && message.test(error.message);
      });
      assert.deepEqual(readWeights(net), before);
    });
  }
});

describe('a hostile file', () => {
  const net = resnet18({ width: 2 });

  /** Loads bytes, which may only succeed or be refused with a ModelError. */
  async function load(bytes: Uint8Array): Promise<string> {
    const path = join(root, 'hostile');
    writeFileSync(path, bytes);
    return loadStateDict(net, path).then(
      () => 'loaded',
      (error) => {
        assert.ok(error instanceof ModelError, `${error?.stack}`);
        return error.message;
      },
    );
  }

  const safetensors = (header: unknown, data = 8) => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([length, json, Buffer.alloc(data)]);
  };
  const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });

  test('a hostile file whose pickle calls os.system is refused by name, and nothing is run', async () => {
    const message = await load(readFileSync(saved('hostile.pth')));
    assert.match(message, /wants to use Python's posix.system.*Nothing of it was run/);
    assert.equal(existsSync('it-was-run'), false);
  });

  const headers: Record<string, [Uint8Array, RegExp]> = {
    'tensors that overlap': [safetensors({ a: f32([2], 0, 8), b: f32([1], 4, 8) }), /overlap/],
    'a gap': [safetensors({ a: f32([1], 4, 8) }), /overlap, or leave gaps/],
    'bytes behind': [safetensors({ a: f32([1], 0, 4) }), /overlap, or leave gaps/],
    'an end before its beginning': [safetensors({ a: f32([1], 8, 4) }), /has bytes 8,4/],
    'a size that nothing has': [safetensors({ a: f32([2 ** 40, 2 ** 40], 0, 8) }), /for the shape/],
    'a negative size': [safetensors({ a: f32([-1, -2], 0, 8) }), /for the shape/],
    'no shape': [safetensors({ a: f32('2', 0, 8) }), /for the shape/],
    'an unknown kind': [safetensors({ a: { ...f32([2], 0, 8), dtype: '__proto__' } }), /is of __proto__/],
    'no JSON': [safetensors('{"a":'), /no JSON/],
    'a list': [safetensors([]), /no object/],
    'a header longer than the file': [
      Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 0]),
      /longer than the file/,
    ],
    'nothing in it': [Buffer.alloc(0), /longer than the file/],
  };
  for (const [what, [bytes, message]] of Object.entries(headers)) {
    test(`a hostile file with ${what} is refused`, async () => assert.match(await load(bytes), message));
  }

  for (const name of ['resnet18.pth', 'resnet50.safetensors']) {
    test(`a hostile file that is ${name} cut off or with changed bytes is loaded or refused, never more`, async () => {
      const bytes = readFileSync(saved(name));
      const random = Random.fromSeed(0);
      for (let i = 0; i < 60; i++) {
        assert.notEqual(await load(bytes.subarray(0, random.below(bytes.length))), 'loaded');
        const changed = Uint8Array.from(bytes);
        // Most of it are numbers: what is around them is at the ends.
        for (let k = 0; k < 4; k++) {
          const at = random.below(Math.min(20_000, bytes.length));
          changed[k % 2 === 0 ? at : bytes.length - 1 - at] = random.below(256);
        }
        await load(changed);
      }
    });
  }
});
