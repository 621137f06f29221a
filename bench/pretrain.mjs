/**
 * `npm run pretrain -- <network>`: trains a network that ships with the library, and writes it into data/pretrained with its history and
 * its model card. A run that was ended goes on at its newest checkpoint.
 */
import { join } from 'node:path';
import { main } from '../scripts/main.mjs';
import { SetupError } from '../scripts/setup/errors.mjs';
import { writeText } from '../scripts/setup/files.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { cifar10Folder } from '../scripts/setup/steps/data.mjs';
import { formatSeconds, Task } from '../scripts/terminal.mjs';
import { Contender } from './contender.mjs';
import { table } from './results.mjs';
import { typescript, workers } from './typescript.mjs';

/** The networks, by the names that `loadPretrained` takes: what they are, and the recipes of bench/workers/recipe.ts. */
const NETWORKS = {
  resnet18: { title: 'ResNet-18, width 32', recipe: 'pretrainedResNet18' },
  resnet8: { title: 'ResNet-8, width 32', recipe: 'pretrainedResNet8' },
};

const SEED = 0;

await main(async () => {
  const name = /** @type {keyof typeof NETWORKS} */ (process.argv[2]);
  if (!Object.hasOwn(NETWORKS, name ?? '')) {
    throw new SetupError(
      `There is no network ${name} to train.`,
      `Give one of: ${Object.keys(NETWORKS).join(', ')}.`,
    );
  }
  const { title, recipe } = NETWORKS[name];
  const project = projectAt(packageRoot);
  await setUp(project, { withData: true });
  await runSteps(project, [workers]);
  const folder = join(packageRoot, 'data', 'pretrained', name);
  const settings = {
    root: await cifar10Folder(project),
    recipe,
    seed: SEED,
    work: join(packageRoot, 'data', 'models', `pretrain_${name}`),
    folder,
  };
  const task = new Task(title, 'trains');
  const contender = new Contender(name, typescript('pretrain', JSON.stringify(settings)));
  try {
    const result = await contender.ask('train');
    writeText(join(folder, 'README.md'), card(name, title, result));
    task.end(`${percent(result.accuracy)} of the test images right`);
  } catch (error) {
    task.end('failed');
    throw error;
  } finally {
    await contender.end();
  }
  return 0;
});

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}

/**
 * A model card: what a network was made of, what it does, and what it isn't for.
 *
 * @param {string} name
 * @param {string} title
 * @param {any} result of bench/workers/pretrain.ts
 * @see Mitchell et al. 2019, "Model Cards for Model Reporting"
 */
function card(name, title, result) {
  const { recipe, trainImages, validationImages, seconds, device, parameters } = result;
  const { accuracy, flip, loss, perClass, confidence, expectedCalibrationError } = result;
  const classes = perClass.map((/** @type {{ className: string, accuracy: number }} */ of) => [
    of.className,
    percent(of.accuracy),
  ]);
  return `${[
    `# ${title}`,
    `\`loadPretrained('${name}')\`: a network that tells the ten classes of CIFAR-10 apart in images of 32×32 pixels. ${parameters.toLocaleString('en')} parameters, 2 bytes each.`,
    '## How good it is',
    `${percent(accuracy)} of the 10,000 test images right; ${percent(flip)} with the mean of an image and its mirror image. Cross-entropy ${loss.toFixed(3)}. The test images were looked at once, after
the last epoch; nothing was chosen by them. The numbers are of the file here, whose weights are rounded to 16 bits.`,
    table(['class', 'right'], classes),
    `Its mean confidence is ${percent(confidence)}, the expected calibration error ${percent(expectedCalibrationError)} (10 bins). Trained with label smoothing, it is less sure than right.`,
    '## How it was made',
    `By \`npm run pretrain -- ${name}\`, seed ${SEED}, in ${formatSeconds(seconds)} on two cores of ${device}. \`history.json\` has its epochs.`,
    `- Data: ${trainImages.toLocaleString('en')} of CIFAR-10's 50,000 training images; the other ${validationImages.toLocaleString('en')} were tested on after each epoch. The network is that of the last epoch, not of the best.
- Recipe, chosen without the test images:`,
    `\`\`\`json\n${JSON.stringify(recipe, null, 2)}\n\`\`\``,
    '## What it is not for',
    `It knows ten classes, and gives one of them to any picture: a house is one of ten things to it. CIFAR-10's images are small, centered and collected from the web by search words in 2008; on photos of another kind it is
wrong more often than here. Cats and dogs are what it confuses most. Don't let it decide about anything that matters.`,
    "The data set is Alex Krizhevsky's, https://www.cs.toronto.edu/~kriz/cifar.html. The weights are under this project's licence.",
  ].join('\n\n')}\n`;
}
