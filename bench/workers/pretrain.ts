/**
 * The training of a network that ships: for a line it trains, or goes on where an earlier run was ended, saves the network in 16 bits, and
 * answers with what the saved one does on the test images. Its argument: what and where, in JSON.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCifar10 } from '../../lib/data/cifar10';
import type { DataLoader } from '../../lib/data/dataLoader';
import { device } from '../../lib/engine/runtime/device';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { loadModel } from '../../lib/models/files/loadModel';
import { saveModel } from '../../lib/models/files/saveModel';
import { calibration } from '../../lib/training/calibration';
import { evaluate } from '../../lib/training/evaluate';
import { prepareRun } from '../../lib/training/recipe';
import { train } from '../../lib/training/train';
import { recipeOf } from './recipe';
import { serve } from './serve';

interface Pretraining {
  /** The folder of the data. */
  root: string;
  /** The name of a recipe. */
  recipe: string;
  seed: number;
  /** Where the run is kept while it lasts. */
  work: string;
  /** Where the network goes. */
  folder: string;
}

const { root, recipe: name, seed, work, folder }: Pretraining = JSON.parse(process.argv[2]);

/** How sure a network is of each image, and whether it is right. */
function confidences(net: TensorFlow.LayersModel, loader: DataLoader): { sure: number[]; right: boolean[] } {
  const [sure, right]: [number[], boolean[]] = [[], []];
  for (const { images, labels } of loader) {
    tf.tidy(() => {
      const probabilities = tf.softmax(net.predict(images) as TensorFlow.Tensor2D);
      const classes = tf.argMax(probabilities, 1).dataSync();
      sure.push(...tf.max(probabilities, 1).dataSync());
      right.push(...Array.from(labels.dataSync(), (label, i) => label === classes[i]));
    });
    tf.dispose([images, labels]);
  }
  return { sure, right };
}

async function main(): Promise<void> {
  const recipe = recipeOf(name);
  const data = await loadCifar10({ root });
  await serve(async () => {
    const { net, trainLoader, heldOutLoader, testLoader, ...options } = prepareRun(recipe, data, seed);
    const history = await train(net, trainLoader, heldOutLoader, {
      ...options,
      savePath: work,
      resume: true,
      keep: 1,
      onProgress: (event) => {
        if (event.kind === 'epoch') {
          const { epoch, trainLoss, testAccuracy, seconds } = event.record;
          console.error(
            `epoch ${epoch}: loss ${trainLoss.toFixed(4)}, ${(100 * testAccuracy).toFixed(2)} %, ${seconds.toFixed(0)} s`,
          );
        }
      },
    });
    await saveModel(net, folder, { dtype: 'float16' });
    await copyFile(join(work, 'history.json'), join(folder, 'history.json'));
    const saved = await loadModel(folder);
    const { accuracy, perClass, loss } = await evaluate(saved, testLoader);
    const flip = await evaluate(saved, testLoader, { tta: 'flip' });
    const { sure, right } = confidences(saved, testLoader);
    const { confidence, expectedCalibrationError } = calibration(sure, right);
    return {
      recipe,
      trainImages: trainLoader.dataset.length,
      validationImages: heldOutLoader.dataset.length,
      seconds: history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0),
      device: device().name,
      parameters: saved.countParams(),
      ...{ accuracy, loss, flip: flip.accuracy, perClass, confidence, expectedCalibrationError },
    };
  });
}

main();
