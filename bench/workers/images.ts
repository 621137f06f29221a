/**
 * Training on noise that lies on the device, as `train` does it: for a line takes so many steps, and answers with the seconds they took
 * together; for the line `costs`, with what the operations of one cost. Arguments: network, width, batch size, precision, and as JSON what
 * else `train` is told.
 */
import type { Batch, BatchDraws } from '../../lib/data/batch';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import { colorJitter } from '../../lib/data/transforms/color';
import { cutout } from '../../lib/data/transforms/erasing';
import { randomCrop, randomFlip } from '../../lib/data/transforms/geometry';
import { usesGpu } from '../../lib/engine/runtime/backend';
import { device } from '../../lib/engine/runtime/device';
import { type Precision, type TensorFlow, tf } from '../../lib/index';
import { AdamW } from '../../lib/training/optimizer/adam';
import { WeightAverage } from '../../lib/training/optimizer/averaging';
import { Muon } from '../../lib/training/optimizer/muon';
import type { Optimizer } from '../../lib/training/optimizer/optimizer';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { serve } from './serve';
import { network } from './subject';

const [name, width, size, precision, others = '{}'] = process.argv.slice(2);
const {
  stepsPerExecution = 1,
  optimizer: optimizerName = 'SGD',
  ema,
  transforms = [],
  jitCompile = usesGpu(),
} = JSON.parse(others);

const IMAGES = 8 * Number(size);

const noise = new Dataset(
  Uint8Array.from({ length: IMAGES * 32 * 32 * 3 }, () => 256 * Math.random()),
  Uint8Array.from({ length: IMAGES }, (_, i) => i % 10),
);
const loader = new DataLoader(noise, {
  batchSize: Number(size),
  shuffle: true,
  transforms: [
    randomCrop(4),
    randomFlip(),
    ...(transforms.includes('cutout') ? [cutout(8)] : []),
    ...(transforms.includes('jitter') ? [colorJitter({ brightness: 0.2, contrast: 0.2 })] : []),
  ],
  onDevice: true,
});
const sgd = new SGD({ lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
const makers: Record<string, () => Optimizer> = {
  SGD: () => sgd,
  AdamW: () => new AdamW(),
  Muon: () => new Muon({ lr: 0.02, rest: sgd }),
};
const optimizer = makers[optimizerName]();
const net = network(name, width);
const step = compileTraining(net, {
  optimizer,
  criterion: crossEntropy(),
  average: WeightAverage.of(net, { ema }),
  jitCompile,
  precision: precision as Precision,
  makeBatch: (inputs) => loader.batch(inputs),
});
const lr = tf.fill<TensorFlow.Rank.R1>([stepsPerExecution], optimizer.lr);
const momentum = tf.fill<TensorFlow.Rank.R1>([stepsPerExecution], optimizer.momentum);

/** Full batches without end, in groups of a call. */
function* grouped(): Generator<(Batch | BatchDraws)[], never, undefined> {
  let group: (Batch | BatchDraws)[] = [];
  for (;;) {
    for (const { tensors } of loader.inputs()) {
      group.push(tensors);
      if (group.length < stepsPerExecution) continue;
      yield group;
      group = [];
    }
  }
}

const groups = grouped();
serve(async (line) => {
  if (line === 'costs') {
    const group = groups.next().value;
    const costs = await step.operationCosts({ lr, momentum, batches: group });
    for (const tensors of group) tf.dispose(tensors);
    return { costs };
  }
  const began = performance.now();
  let group = groups.next().value;
  for (let taken = 0; taken < Number(line); taken += stepsPerExecution) {
    const running = step({ lr, momentum, batches: group });
    const next = groups.next().value;
    const { loss, correct } = await running;
    loss.dataSync();
    tf.dispose([loss, correct]);
    for (const tensors of group) tf.dispose(tensors);
    group = next;
  }
  for (const tensors of group) tf.dispose(tensors);
  return { seconds: (performance.now() - began) / 1000, device: device() };
});
