/**
 * Networks in other programs' formats, with what they give, for bench/pytorch/formats.py to compare: for the line `write` it writes them into a
 * folder; for the line `load` it loads what PyTorch saved there. Its argument: the folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../lib/data/random';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { saveKeras } from '../../lib/models/formats/keras';
import { saveOnnx } from '../../lib/models/formats/onnx';
import { saveSavedModel } from '../../lib/models/formats/savedModel';
import { loadStateDict, saveStateDict } from '../../lib/models/formats/stateDict';
import {
  type ResNetMaker,
  type ResNetOptions,
  resnet18,
  resnet34,
  resnet50,
  resnet56,
  resnet101,
  resnet152,
} from '../../lib/models/resNet';
import { resnet8 } from '../../lib/models/resNet8';
import { layersOf } from '../../lib/models/walk';
import { serve } from './serve';

installKernels();

const [folder] = process.argv.slice(2);
const IMAGES = 3;
const LARGE: ResNetOptions = { stem: 'imagenet', imageShape: [64, 64, 3], numClasses: 1000 };

interface Kind {
  name: string;
  make: ResNetMaker;
  options: ResNetOptions;
  /** Whose names its state dict has; it has none without it. */
  names?: 'article' | 'torchvision';
}

const KINDS: Kind[] = [
  { name: 'resnet18', make: resnet18, options: {}, names: 'article' },
  { name: 'resnet34', make: resnet34, options: {}, names: 'article' },
  { name: 'resnet50', make: resnet50, options: {}, names: 'article' },
  { name: 'resnet101', make: resnet101, options: {}, names: 'article' },
  { name: 'resnet152', make: resnet152, options: {}, names: 'article' },
  { name: 'torchvision18', make: resnet18, options: LARGE, names: 'torchvision' },
  { name: 'torchvision50', make: resnet50, options: LARGE, names: 'torchvision' },
  { name: 'resnet56', make: resnet56, options: {} },
  { name: 'resnet8', make: resnet8, options: { width: 16 } },
];

/** Weights and statistics as of a network that was trained: none of them 0 or 1. */
function randomize(net: TensorFlow.LayersModel, random: Random): void {
  for (const layer of layersOf(net)) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    layer.setWeights(
      layer.getWeights().map((weight, i, all) => {
        const isScale = i === all.length - 1 || (i === 0 && all.length === 4);
        const values = Float32Array.from({ length: weight.size }, () =>
          isScale ? random.uniform(0.5, 1.5) : random.uniform(-0.3, 0.3),
        );
        return tf.tensor(values, weight.shape);
      }),
    );
  }
}

/** Images [n, height, width, channels] of noise, and the logits that a network gives. */
function given(net: TensorFlow.LayersModel, random: Random): { images: number[]; logits: number[] } {
  const [, height, width, channels] = net.inputs[0].shape as number[];
  const images = Array.from({ length: IMAGES * height * width * channels }, () => random.uniform(-1, 1));
  const x = tf.tensor4d(images, [IMAGES, height, width, channels]);
  return { images, logits: Array.from((net.predict(x) as TensorFlow.Tensor).dataSync()) };
}

serve(async (line) => {
  const random = Random.fromSeed(0);
  const networks = [];
  for (const { name, make, options, names } of KINDS) {
    const file = (extension: string) => join(folder, `${name}.${extension}`);
    if (line === 'load' && !existsSync(file('pth'))) continue;
    const net = make(options);
    if (line === 'load') {
      await loadStateDict(net, file('pth'));
    } else {
      randomize(net, random);
      if (names) await saveStateDict(net, file('safetensors'), { names });
      await saveOnnx(net, file('onnx'));
      await saveSavedModel(net, file('saved_model'));
      await saveKeras(net, file('keras'));
    }
    networks.push({ name, names, size: (net.inputs[0].shape as number[])[1], ...given(net, random) });
    net.dispose();
  }
  return { networks };
});
