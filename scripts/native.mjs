/** The C++ kernels without TensorFlow and Node, compiled into a program of their own. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './setup/errors.mjs';
import { readText } from './setup/files.mjs';
import { findCompiler, missingError } from './setup/prerequisites.mjs';
import { packageRoot } from './setup/project.mjs';

export const nativeFolder = join(packageRoot, 'lib', 'engine', 'native');

/** The levels that RESNET_KERNELS may name. */
export const LEVELS = ['portable', 'avx2', 'avx512', 'avx512_bf16', 'amx_bf16'];

/** The widest level that this processor has. */
export function processorLevel() {
  const flags = process.arch === 'x64' ? (readText('/proc/cpuinfo') ?? '') : '';
  if (flags.includes(' amx_bf16')) return 'amx_bf16';
  if (flags.includes(' avx512_bf16')) return 'avx512_bf16';
  if (flags.includes(' avx512f')) return 'avx512';
  return flags.includes(' avx2') ? 'avx2' : 'portable';
}

/**
 * Compiles a program with the kernels.
 *
 * @param {string} source its own file
 * @param {string} program where to put it
 * @param {string[]} [options] of the compiler
 * @throws {SetupError}
 */
export function compileNative(source, program, options = ['-O3']) {
  const found = findCompiler(process.env);
  if ('missing' in found) throw missingError([found.missing], process.env);
  const [command, ...first] = found.command;
  const sources = readdirSync(nativeFolder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /^(convolution|shared)\b.*\.cc$/.test(name) && !name.includes('_operations'),
  );
  const { status } = spawnSync(
    command,
    [
      ...first,
      ...['-std=c++17', ...options, '-ffp-contract=fast', '-Wno-psabi', '-pthread', '-I', nativeFolder],
      ...sources.map((name) => join(nativeFolder, name)),
      ...[source, '-o', program],
    ],
    { stdio: 'inherit' },
  );
  if (status !== 0)
    throw new SetupError('The kernels were not compiled.', 'Correct what the compiler names.');
}
