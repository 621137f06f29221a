#!/usr/bin/env node
/** The command `resnet-notebooks`: the set-up, JupyterLab and notebooks without it, for this project and for any that installed it. */
import { runLab } from './jupyter/lab.mjs';
import { findNotebooks, runNotebooks } from './jupyter/runNotebooks.mjs';
import { main } from './main.mjs';
import { SetupError } from './setup/errors.mjs';
import { setUp } from './setup/index.mjs';
import { findProject } from './setup/project.mjs';

const HELP = `resnet-notebooks: ResNet on CIFAR-10 in TypeScript notebooks.

  setup              sets up what is missing in this project: Jupyter, TensorFlow, the kernel, CIFAR-10
  setup --no-data    the same, without fetching CIFAR-10
  lab [ARGUMENTS]    sets up, then opens JupyterLab; the arguments are JupyterLab's own
  run [NOTEBOOKS]    sets up, then re-executes notebooks headless: those named, else all in notebooks/ with a number
  --help             shows this

What it makes lies in .resnet-notebooks and data, in the folder of the project's package.json.
Environment: PYTHON and CXX name the Python and the C++ compiler to use, CIFAR10_DIR a folder that has the data
already, PROFILE (quick, article or smoke) how much work the notebooks do.`;

await main(async () => {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    console.log(HELP);
    return 0;
  }
  const unknown = command === 'setup' ? args.filter((arg) => arg !== '--no-data') : [];
  if (!['setup', 'lab', 'run'].includes(command) || unknown.length > 0) {
    throw new SetupError(`There is no ${unknown[0] ?? command}.`, HELP);
  }
  const project = findProject(process.cwd());
  const notebooks = command === 'run' ? findNotebooks(project, args) : [];
  await setUp(project, { withData: !args.includes('--no-data') });
  if (command === 'lab') return runLab(project, args);
  if (command === 'run') return (await runNotebooks(project, notebooks)) ? 0 : 1;
  console.log(`JupyterLab: ${project.isCheckout ? 'npm run lab' : 'npx resnet-notebooks lab'}`);
  return 0;
});
