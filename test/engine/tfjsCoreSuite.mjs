// `npm run test:engine`: TensorFlow.js's own tests of its core, run on this project's engine with this library loaded, so
// that they judge the engine and every gradient that the library replaces. It fails when anything fails that doesn't fail
// without the library.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(import.meta.url);
const engine = path.dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));

// What fails in the same way without this library.
const KNOWN_FAILURES = [
  // TensorFlow's Round gives 0 for integers.
  'round test-tensorflow {} int32',
  // Where the CPU has no kernel for dilations, TensorFlow refuses earlier than the test expects.
  'depthwiseConv2d gradients test-tensorflow {} throws error on dilations > 1',
];

const runTests = path.join(engine, 'dist', 'run_tests.js');

// What the package ships compiled is older JavaScript, which can't extend the core's classes; its sources can.
/** @type {import('esbuild').Plugin} */
const fromSources = {
  name: 'tfjs-node-gpu from its sources',
  setup(build) {
    const index = { path: path.join(engine, 'src', 'index.ts') };
    build.onResolve({ filter: /^@tensorflow\/tfjs-node-gpu$/ }, () => index);
    build.onResolve({ filter: /^\.\/index$/ }, ({ importer }) => (importer === runTests ? index : undefined));
  },
};

// One folder inside the project, so that what stays external is found.
const folder = mkdtempSync(path.join(root, 'node_modules', '.tfjs-core-suite-'));
try {
  const entry = path.join(folder, 'entry.mjs');
  const library = path.join(root, 'lib', 'engine', 'kernels', 'install.ts');
  const report = path.join(folder, 'report.json');
  // The suite copies the kernels as it is loaded: the library's have to be there by then.
  writeFileSync(
    path.join(folder, 'library.mjs'),
    `import { installKernels } from ${JSON.stringify(library)};
installKernels();
`,
  );
  writeFileSync(
    entry,
    `import './library.mjs';
import './reporter.cjs';
import ${JSON.stringify(runTests)};
`,
  );
  // Jasmine's own reporter tells a person; this one tells the script.
  writeFileSync(
    path.join(folder, 'reporter.cjs'),
    `const Jasmine = require('jasmine');
const { execute } = Jasmine.prototype;
Jasmine.prototype.execute = function (...args) {
  const counts = { passed: 0, failed: 0, pending: 0, excluded: 0, failures: [] };
  this.addReporter({
    specDone({ status, fullName }) {
      counts[status]++;
      if (status === 'failed') counts.failures.push(fullName);
    },
    jasmineDone() { require('node:fs').writeFileSync(${JSON.stringify(report)}, JSON.stringify(counts)); },
  });
  return execute.apply(this, args);
};
`,
  );
  const bundle = path.join(folder, 'suite.cjs');
  await build({
    entryPoints: [entry],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    // The packages call themselves free of side effects; their registrations are side effects.
    ignoreAnnotations: true,
    plugins: [fromSources],
    external: ['jasmine', 'yargs', '@mapbox/node-pre-gyp'],
    // TensorFlow.js looks for its addon from where its files lie.
    banner: { js: `__dirname = ${JSON.stringify(path.join(engine, 'src'))};` },
    logLevel: 'error',
  });
  const run = spawnSync(process.execPath, [bundle], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  /** @type {{ passed: number; failed: number; pending: number; failures: string[] }} */
  const { passed, failed, pending, failures } = JSON.parse(readFileSync(report, 'utf8'));
  const news = failures.filter((name) => !KNOWN_FAILURES.includes(name));
  console.log(
    `TensorFlow.js core: ${passed} passed, ${failed} failed (${failed - news.length} known), ${pending} pending`,
  );
  if (news.length > 0) console.log(run.stdout.slice(run.stdout.indexOf('Failures:')));
  process.exitCode = news.length > 0 || passed < 3000 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
