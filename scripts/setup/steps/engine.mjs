/**
 * The addons that join Node to TensorFlow: TensorFlow.js's own and this library's, built against TensorFlow's wheel without
 * node-gyp, then proved in a process of their own. They know TensorFlow's place relative to theirs, so the project can move.
 */
import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { SetupError } from '../errors.mjs';
import { hashFiles, readJson, sameJson, writeJson } from '../files.mjs';
import { findCompiler, missingError } from '../prerequisites.mjs';
import { packageFolder, packageRoot } from '../project.mjs';
import { setupFolder } from '../python.mjs';
import { tensorflowIn, wantedBuild } from './tensorflow.mjs';

const nativeSources = join(packageRoot, 'lib', 'engine', 'native');

/** @param {string} ending */
const nativeFiles = (ending) =>
  readdirSync(nativeSources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !/^(stderr|listen)\b/.test(name))
    .sort();

const ADDONS = [
  {
    name: 'tfjs_binding',
    folder: () => join(tfjs(), 'binding'),
    sources: ['tfjs_backend.cc', 'tfjs_binding.cc'],
    headers: [],
    usesTensorFlow: true,
  },
  {
    name: 'graph_session',
    folder: () => nativeSources,
    sources: nativeFiles('.cc'),
    headers: nativeFiles('.h'),
    usesTensorFlow: true,
  },
  {
    // Loaded before TensorFlow, to keep its log off stderr.
    name: 'stderr_capture',
    folder: () => join(nativeSources, 'stderr'),
    sources: ['stderr_capture.cc'],
    headers: [],
    usesTensorFlow: false,
  },
  {
    // Loaded before everything, into a worker's process.
    name: 'listen_host',
    folder: () => join(nativeSources, 'listen'),
    sources: ['listen_host.cc'],
    headers: [],
    usesTensorFlow: false,
  },
];

const isMac = process.platform === 'darwin';
const LIBRARIES = isMac
  ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
  : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const tfjs = () => packageFolder('@tensorflow/tfjs-node-gpu');

/** Where TensorFlow.js looks for its addon. */
const addonFolder = () => join(tfjs(), 'lib', 'napi-v8');
const stampFile = () => join(addonFolder(), 'resnet-notebooks.json');

/**
 * TensorFlow's libraries, as seen from the addons.
 *
 * @param {import('../project.mjs').Project} project
 */
function pathToLibraries({ tensorflow }) {
  return relative(realpathSync(addonFolder()), join(realpathSync(tensorflow), 'tensorflow'));
}

/** @param {import('../project.mjs').Project} project */
function stamp(project) {
  return {
    sources: ADDONS.map(({ folder, sources, headers }) => hashFiles(folder(), [...sources, ...headers])),
    tensorflow: tensorflowIn(project.tensorflow),
    libraries: pathToLibraries(project),
    machine: `${process.platform}-${process.arch}`,
  };
}

/** @type {import('../step.mjs').Step} */
export const engine = {
  name: 'Engine',
  needs: ['compiler'],
  fix: 'Remove the folder .resnet-notebooks and give the same command again. If that does not help, report the lines above.',
  describe: () => 'the C++ compiler joins Node to TensorFlow',

  isDone(project) {
    try {
      return sameJson(readJson(stampFile()), stamp(project));
    } catch {
      return false; // what it is made from isn't there
    }
  },

  async run(project, work) {
    const found = findCompiler(process.env);
    if ('missing' in found) throw missingError([found.missing], process.env);
    mkdirSync(addonFolder(), { recursive: true });
    rmSync(stampFile(), { force: true });
    await Promise.all(ADDONS.map((addon) => build(addon, found.command, project, work)));
    const proof = await work.run(process.execPath, [join(setupFolder, 'proof.cjs')]).catch((cause) => {
      throw new SetupError(
        `The engine was built, but doesn't work:\n${cause.output}`,
        'Remove the folder .resnet-notebooks and give the same command again. If that does not help, report the lines above.',
        { cause },
      );
    });
    writeJson(stampFile(), stamp(project));
    const missesGpu = wantedBuild() === 'cuda' && proof.trim().endsWith('CPU');
    return missesGpu ? `${proof.trim()}, although there is a GPU: device() of the library says why` : proof;
  },
};

/**
 * @param {(typeof ADDONS)[number]} addon
 * @param {string[]} compiler
 * @param {import('../project.mjs').Project} project
 * @param {import('../step.mjs').Work} work
 */
async function build({ name, folder, sources, usesTensorFlow }, [compiler, ...first], project, work) {
  const wheel = join(project.tensorflow, 'tensorflow');
  const includes = [
    nativeSources,
    join(packageFolder('node-api-headers'), 'include'),
    packageFolder('node-addon-api'),
    tfjs(),
    join(wheel, 'include'),
  ];
  const origin = isMac ? '@loader_path' : '$ORIGIN';
  const result = join(addonFolder(), `${name}.node`);
  const objects = join(project.temporary, name);
  mkdirSync(objects, { recursive: true });
  const compiled = sources.map((source) => join(objects, `${source.replace(/\W/g, '_')}.o`));
  await inParallel(sources, (source, i) =>
    work.run(compiler, [
      ...first,
      ...['-std=c++17', '-O3', '-ffp-contract=fast', '-fPIC', '-fexceptions'],
      ...['-DNAPI_VERSION=8', '-DNAPI_CPP_EXCEPTIONS'],
      ...includes.flatMap((folder) => ['-I', folder]),
      ...['-c', join(folder(), source), '-o', compiled[i]],
    ]),
  );
  await work.run(compiler, [
    ...first,
    ...(isMac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...compiled,
    ...(usesTensorFlow ? LIBRARIES.map((library) => join(wheel, library)) : []),
    ...(usesTensorFlow ? ['-Xlinker', '-rpath', '-Xlinker', `${origin}/${pathToLibraries(project)}`] : []),
    ...['-o', `${result}.new`],
  ]);
  renameSync(`${result}.new`, result);
}

/**
 * Runs work for each of a list, as many at a time as there are cores.
 *
 * @template T
 * @param {T[]} list
 * @param {(item: T, i: number) => Promise<unknown>} work
 */
async function inParallel(list, work) {
  const left = list.map((item, i) => /** @type {const} */ ([item, i]));
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await work(...next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
