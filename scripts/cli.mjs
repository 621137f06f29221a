#!/usr/bin/env node
/** The command `resnet-notebooks`: the set-up, JupyterLab and notebooks without it, for this project and for any that installed it. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateNetwork, planEvaluate } from './commands/evaluate.mjs';
import { exportNetwork, planExport } from './commands/export.mjs';
import { initProject, planInit } from './commands/init.mjs';
import { planPredict, predict } from './commands/predict.mjs';
import { planTrain, trainConfigured } from './commands/train.mjs';
import { planWorker, runWorker } from './commands/worker.mjs';
import { runLab } from './jupyter/lab.mjs';
import { findNotebooks, runNotebooks } from './jupyter/runNotebooks.mjs';
import { main } from './main.mjs';
import { UsageError } from './setup/errors.mjs';
import { readJson } from './setup/files.mjs';
import { setUp } from './setup/index.mjs';
import { findProject, packageRoot } from './setup/project.mjs';

const HELP = `resnet-notebooks: ResNet on CIFAR-10 in TypeScript notebooks.

  setup              sets up what is missing in this project: Jupyter, TensorFlow, the kernel, CIFAR-10
  setup --no-data    the same, without fetching CIFAR-10
  lab [ARGUMENTS]    sets up, then opens JupyterLab; the arguments are JupyterLab's own
  run [NOTEBOOKS]    sets up, then re-executes notebooks headless: those named, else all in notebooks/ with a number
  init               copies the notebooks into this project
  train              sets up, then trains a network as a file says: train --config run.json
  evaluate [NETWORK] sets up, then tests a network on CIFAR-10's test images, or on a folder of pictures
  predict PICTURES   sets up, then says what files or addresses show
  export FOLDER      sets up, then writes a saved network for PyTorch, TensorFlow, Keras or as ONNX
  worker             sets up, then computes parts of another program's training steps, on this machine or from others
  help [COMMAND]     shows this, or more of a command (also --help, -h)
  --version, -v      shows the version

What it makes lies in .resnet-notebooks and data, in the folder of the project's package.json.
Environment: PYTHON and CXX name the Python and the C++ compiler to use, CIFAR10_DIR a folder that has the data
already, PROFILE (quick, article or smoke) how much work the notebooks do, KERNEL=deno has Deno run them.
Exit codes: 0 for success, 1 where something failed, 2 for a command that can't be understood, 130 for a training run
that was stopped.`;

const TEXT = /** @type {const} */ ({ type: 'string' });
const FLAG = /** @type {const} */ ({ type: 'boolean' });

/** @type {Record<string, { help: string, run: (args: string[]) => Promise<number> }>} */
const COMMANDS = {
  setup: {
    help: `resnet-notebooks setup [--no-data]

Sets up what is missing in this project: Python's packages with JupyterLab, TensorFlow, the engine, the kernel and
CIFAR-10. What is there is left alone; one that was interrupted goes on where it was.

  --no-data    leaves out CIFAR-10 (150 MB to download)`,
    async run(args) {
      const { values } = parse('setup', { args, options: { 'no-data': { type: 'boolean' } } });
      const project = findProject(process.cwd());
      await setUp(project, { withData: !values['no-data'] });
      console.log(`JupyterLab: ${project.isCheckout ? 'npm run lab' : 'npx resnet-notebooks lab'}`);
      return 0;
    },
  },
  lab: {
    help: `resnet-notebooks lab [ARGUMENTS]

Sets up what is missing, then opens JupyterLab in the project's notebooks folder, or in the project where there is
none. All arguments are JupyterLab's own: lab --no-browser --port 9000, lab --help.`,
    async run(args) {
      const project = findProject(process.cwd());
      await setUp(project);
      return runLab(project, args);
    },
  },
  run: {
    help: `resnet-notebooks run [NOTEBOOKS]

Sets up what is missing, then executes notebooks from top to bottom, each in its own folder, and writes the executed
copies into .resnet-notebooks/executed. The notebooks themselves are left as they are. Without names it takes those
in notebooks/ whose names begin with a number.

A notebook passes when its kernel executed every cell without an error. Two tags of a cell are heeded:
  raises-exception    the cell may end in an error; the cells below it are executed
  skip-execution      the cell is left out

Notebooks are for the kernels tslab (TypeScript) or jslab (JavaScript); one that names no kernel and no other language
is taken for TypeScript.`,
    async run(args) {
      const { positionals } = parse('run', { args, allowPositionals: true });
      const project = findProject(process.cwd());
      const notebooks = findNotebooks(project, positionals);
      await setUp(project);
      return (await runNotebooks(project, notebooks)) ? 0 : 1;
    },
  },
  init: {
    help: `resnet-notebooks init [--language zh]

Copies the notebooks of this package into the folder notebooks of this project, where they import the library by its name,
and writes run.json, an example for the command train. Files that are there stay as they are.

  --language zh    the notebooks in Chinese`,
    async run(args) {
      const { values } = parse('init', { args, options: { language: TEXT } });
      const language = planInit(values);
      initProject(findProject(process.cwd()), language);
      return 0;
    },
  },
  train: {
    help: `resnet-notebooks train --config FILE [--save FOLDER] [--json]

Sets up what is missing, then trains a network, saves it after each epoch, and evaluates it on the test images after the
last one. Ctrl-C stops after the step under way; the same command goes on from there.

  --config FILE    JSON, or TypeScript or JavaScript with \`export default\` of the same
  --save FOLDER    where the network goes; by default savePath of the file, else data/models/ and the file's name
  --json           a line of JSON for each epoch and one for the end, instead of progress

A file: { "profile": "quick", "epochs": 10, "seed": 1 }. What it doesn't say is the profile's: quick, article or smoke.
  network          resnet8, resnet10, resnet18, resnet34, resnet50, resnet101 or resnet152
  width, epochs, batchSize, labelSmoothing, seed; channels for resnet8: [64, 256, 256]
  validation       the share of the training images that is tested on after each epoch, 0 for the test images
  augmentation     { "shift": 4, "edges": "zeros" or "reflect", "flip": "random" or "alternating", "cutout": 8 }
  optimizer        { "kind": "sgd", "lr", "momentum", "weightDecay", "nesterov" }, { "kind": "airbenchMuon", "lr" } for
                   resnet8, or { "kind": "muon", "lr", "restLr", "weightDecay" }
  schedule         { "kind": "linear" }, { "kind": "oneCycle", "maxLr" }, or { "kind": "reduceLROnPlateau", "factor",
                   "patience", "minLr" }
  precision        float32, fast, bfloat16
  images           { "folder": "photos", "size": 64 } for pictures of your own, a folder for each class
  options          more of what train() takes: { "devices": ["gpu:0", "gpu:1"], "logDir": "runs/a" }`,
    async run(args) {
      const options = { config: TEXT, save: TEXT, json: FLAG };
      const { values } = parse('train', { args, options });
      const plan = planTrain(values);
      await setUp(findProject(process.cwd()), { withData: false, out: process.stderr });
      return trainConfigured(plan);
    },
  },
  evaluate: {
    help: `resnet-notebooks evaluate [NETWORK] [--images FOLDER] [--tta VIEWS] [--json]

Sets up what is missing, then tests a network: the folder that saveModel or train saved one in, or resnet18 or resnet8, the
pretrained ones; resnet18 without it.

  --images FOLDER    pictures, a folder for each class, in test/ or split by the library; by default CIFAR-10's test images
  --tta VIEWS        the mean of several views of each image: flip, or shiftedFlips for six
  --json             the result as JSON`,
    async run(args) {
      const options = { images: TEXT, tta: TEXT, json: FLAG };
      const { values, positionals } = parse('evaluate', { args, allowPositionals: true, options });
      const plan = planEvaluate(positionals, values);
      await setUp(findProject(process.cwd()), { withData: false, out: process.stderr });
      await evaluateNetwork(plan);
      return 0;
    },
  },
  predict: {
    help: `resnet-notebooks predict PICTURES [--network NETWORK] [--tta VIEWS] [--json]

Sets up what is missing, then says what pictures show: files, or addresses that begin with https: or http:.

  --network NETWORK    the folder that saveModel or train saved one in, or resnet18 or resnet8, the pretrained ones; by
                       default resnet18
  --tta VIEWS          the mean of several views of each picture: flip, or shiftedFlips for six
  --json               a line of JSON for each picture

Exit code 1 where a picture can't be read; the others are looked at all the same.`,
    async run(args) {
      const options = { network: TEXT, tta: TEXT, json: FLAG };
      const { values, positionals } = parse('predict', { args, allowPositionals: true, options });
      const plan = planPredict(positionals, values);
      await setUp(findProject(process.cwd()), { withData: false, out: process.stderr });
      return predict(plan);
    },
  },
  export: {
    help: `resnet-notebooks export FOLDER --to FORMAT [--names NAMES] [--output FILE]

Sets up what is missing, then writes the network that saveModel or train saved in a folder in another program's format.

  --to onnx           for onnxruntime and what else reads ONNX: images are [n, channels, height, width] there
  --to keras          for Keras 3: keras.saving.load_model(path)
  --to saved-model    a folder for Python's TensorFlow: tf.saved_model.load(path)
  --to safetensors    a state dict for PyTorch: net.load_state_dict(safetensors.torch.load_file(path))
  --names NAMES       of the state dict: article, which is the default, or torchvision
  --output FILE       where to write it; by default the folder's name with the format's ending, here`,
    async run(args) {
      const options = { to: TEXT, names: TEXT, output: TEXT };
      const { values, positionals } = parse('export', { args, allowPositionals: true, options });
      const plan = planExport(positionals, values);
      await setUp(findProject(process.cwd()), { withData: false });
      await exportNetwork(plan);
      console.log(`Written: ${plan.file}`);
      return 0;
    },
  },
  worker: {
    help: `resnet-notebooks worker [--host ADDRESS] [--port NUMBER]

Sets up what is missing, then waits for a program that trains or evaluates on this worker: train(net, …, { devices:
['127.0.0.1:7001', …] }). It ends at Ctrl-C or SIGTERM.

  --host ADDRESS   the address of this machine to listen on; by default 127.0.0.1, which only this machine reaches
  --port NUMBER    a worker takes this port and the next one; by default 7001

TensorFlow's servers know no passwords: whoever reaches a worker can run what they like on its machine. Listen only in a
network of your own, or reach it through SSH, which brings both ports: ssh -L 7001:localhost:7001 -L 7002:localhost:7002 HOST`,
    async run(args) {
      const { values } = parse('worker', { args, options: { host: TEXT, port: TEXT } });
      const plan = planWorker(values);
      await setUp(findProject(process.cwd()), { withData: false });
      return runWorker(plan);
    },
  },
};

await main(async () => {
  const [first = 'help', ...args] = process.argv.slice(2);
  if (first === '--version' || first === '-v') {
    console.log(readJson(join(packageRoot, 'package.json')).version);
    return 0;
  }
  if (['help', '--help', '-h'].includes(first)) {
    console.log(args.length === 0 ? HELP : commandOf(args[0]).help);
    return 0;
  }
  const command = commandOf(first);
  // JupyterLab answers to these itself.
  if (first !== 'lab' && args.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(command.help);
    return 0;
  }
  return command.run(args);
});

/** @param {string} name */
function commandOf(name) {
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(
      `There is no ${name.startsWith('-') ? 'option' : 'command'} ${name}.`,
      `The commands are ${Object.keys(COMMANDS).join(', ')} and help. \`resnet-notebooks help\` explains them.`,
    );
  }
  return COMMANDS[name];
}

/**
 * @template {import('node:util').ParseArgsConfig} T
 * @param {string} command
 * @param {T} config
 */
function parse(command, config) {
  try {
    return parseArgs(config);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new UsageError(
      `${command}: ${message.split('. ')[0]}.`,
      `\`resnet-notebooks help ${command}\` shows what it takes.`,
    );
  }
}
