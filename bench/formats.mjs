/**
 * `npm run formats`: writes networks as PyTorch's state dicts, ONNX, SavedModel and for Keras, has PyTorch, onnxruntime, TensorFlow and Keras compute
 * with them, loads what PyTorch saved, and fails where any logits are further apart than 1e-5 of the largest.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../scripts/main.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { Contender } from './contender.mjs';
import { python, pytorch, tensorflow, tensorflowWorker } from './python.mjs';
import { typescript, workers } from './typescript.mjs';

const MOST_APART = 1e-5;
/** What PyTorch saves for this library to load. */
const SAVED = ['resnet18', 'resnet50', 'torchvision18', 'torchvision50'];

await main(async () => {
  const project = projectAt(packageRoot);
  await setUp(project, { withData: false });
  await runSteps(project, [workers, pytorch, tensorflow]);
  const folder = mkdtempSync(join(tmpdir(), 'formats-'));
  const ours = new Contender('this library', typescript('formats', folder));
  const theirs = new Contender('PyTorch and onnxruntime', python(project, 'formats', folder));
  const keras = new Contender('TensorFlow and Keras', tensorflowWorker(project, folder));
  try {
    /** @type {(what: string, networks: object[]) => Promise<any[]>} */
    const ask = async (what, networks) => (await theirs.ask(JSON.stringify({ what, networks }))).networks;
    const { networks: given } = await ours.ask('write');
    const written = await ask('written', given);
    const { networks: writtenForKeras } = await keras.ask(JSON.stringify({ networks: given }));
    await ask(
      'save',
      SAVED.map((name) => ({ name })),
    );
    const loaded = await ask('loaded', (await ours.ask('load')).networks);
    const apart = [...written, ...writtenForKeras, ...loaded].flatMap(({ name, ...results }) =>
      Object.entries(results).map(([where, by]) => ({ name, where, by: Number(by) })),
    );
    const WHERE = {
      pytorch: 'our state dict in PyTorch',
      onnxruntime: 'our ONNX in onnxruntime',
      tensorflow: 'our SavedModel in TensorFlow',
      keras: 'our .keras in Keras',
      loaded: "PyTorch's file here",
    };
    for (const { name, where, by } of apart) {
      const words = WHERE[/** @type {keyof typeof WHERE} */ (where)];
      console.log(`${by <= MOST_APART ? 'equal' : 'APART'}  ${name}: ${words}, ${by.toExponential(1)}`);
    }
    return apart.every(({ by }) => by <= MOST_APART) ? 0 : 1;
  } finally {
    await Promise.all([ours.end(), theirs.end(), keras.end()]);
    rmSync(folder, { recursive: true, force: true });
  }
});
