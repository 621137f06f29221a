#!/usr/bin/env node
/** The command `resnet-notebooks`: the set-up, JupyterLab and notebooks without it, for this project and for any that installed it. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportNetwork, planExport } from './exportNetwork.mjs';
import { runLab } from './jupyter/lab.mjs';
import { findNotebooks, runNotebooks } from './jupyter/runNotebooks.mjs';
import { main } from './main.mjs';
import { UsageError } from './setup/errors.mjs';
import { readJson } from './setup/files.mjs';
import { setUp } from './setup/index.mjs';
import { findProject, packageRoot } from './setup/project.mjs';
import { planWorker, runWorker } from './worker.mjs';

const HELP = `resnet-notebooks: ResNet on CIFAR-10 in TypeScript notebooks.

  setup              sets up what is missing in this project: Jupyter, TensorFlow, the kernel, CIFAR-10
  setup --no-data    the same, without fetching CIFAR-10
  lab [ARGUMENTS]    sets up, then opens JupyterLab; the arguments are JupyterLab's own
  run [NOTEBOOKS]    sets up, then re-executes notebooks headless: those named, else all in notebooks/ with a number
  export FOLDER      sets up, then writes a saved network for PyTorch, TensorFlow, Keras or as ONNX
  worker             sets up, then computes parts of another program's training steps, on this machine or from others
  help [COMMAND]     shows this, or more of a command (also --help, -h)
  --version, -v      shows the version

What it makes lies in .resnet-notebooks and data, in the folder of the project's package.json.
Environment: PYTHON and CXX name the Python and the C++ compiler to use, CIFAR10_DIR a folder that has the data
already, PROFILE (quick, article or smoke) how much work the notebooks do.
Exit codes: 0 for success, 1 where a notebook or the set-up failed, 2 for a command that can't be understood.`;

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
      const text = /** @type {const} */ ({ type: 'string' });
      const options = { to: text, names: text, output: text };
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
      const text = /** @type {const} */ ({ type: 'string' });
      const { values } = parse('worker', { args, options: { host: text, port: text } });
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
      'The commands are setup, lab, run, export, worker and help. `resnet-notebooks help` explains them.',
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
