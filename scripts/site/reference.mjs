/** The library's reference, made by TypeDoc of the doc comments, its names by folder of `lib`. */
import { join, relative, sep } from 'node:path';
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  DeclarationReflection,
  JSX,
  PageEvent,
  ParameterReflection,
} from 'typedoc';
import { SetupError } from '../setup/errors.mjs';
import { packageRoot } from '../setup/project.mjs';

const LIB = join(packageRoot, 'lib');

/** In the order in which data flows through them. */
const FOLDERS = ['data', 'models', 'training', 'prediction', 'charts', 'notebook', 'engine', 'errors'];

/**
 * @param {string} folder
 * @returns {Promise<Map<string, string>>} the public names, and where in the site each is explained
 * @throws {SetupError} when a public name uses a type that can't be imported, or a comment links to nothing
 */
export async function writeReference(folder) {
  const app = await Application.bootstrap({
    entryPoints: [join(LIB, 'index.ts')],
    tsconfig: join(LIB, 'tsconfig.json'),
    name: 'resnet-notebooks',
    readme: 'none',
    excludeExternals: true,
    disableSources: true,
    disableGit: true,
    hideGenerator: true,
    githubPages: false,
    categoryOrder: FOLDERS,
    kindSortOrder: ['Function', 'Class', 'Variable', 'Interface', 'TypeAlias'],
    navigation: { includeCategories: true },
    logLevel: 'Warn',
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, addRoom);
  app.converter.on(Converter.EVENT_RESOLVE, (_, reflection) => {
    if (reflection instanceof ParameterReflection) nameByType(reflection);
  });
  app.renderer.hooks.on('sidebar.begin', ({ relativeURL }) =>
    JSX.createElement(
      'p',
      null,
      JSX.createElement('a', { href: relativeURL('../index.html') }, '← Notebooks'),
    ),
  );
  /** @type {Map<string, string>} */
  const addresses = new Map();
  app.renderer.on(PageEvent.END, ({ model, url }) => {
    if (model instanceof DeclarationReflection) addresses.set(model.name, `api/${url}`);
  });
  const project = await app.convert();
  if (project !== undefined) await app.generateDocs(project, folder);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new SetupError(
      'The reference could not be made; what is wrong is said above.',
      'Correct the comments or the exports of lib.',
    );
  }
  return addresses;
}

/**
 * Puts a public name under the folder of `lib` that it is declared in.
 *
 * @param {import('typedoc').Context} context
 * @param {DeclarationReflection} name
 */
function addRoom(context, name) {
  if (!name.parent?.isProject()) return;
  const file = context.getSymbolFromReflection(name)?.declarations?.[0].getSourceFile().fileName ?? '';
  const folder = relative(LIB, file).split(sep)[0].replace(/\.ts$/, '');
  name.comment ??= new Comment();
  name.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: folder }]));
}

/**
 * A parameter that is taken apart where it is declared has no name of its own; `EvaluateOptions` become `options`.
 *
 * @param {ParameterReflection} parameter
 */
function nameByType(parameter) {
  if (parameter.name !== '__namedParameters') return;
  const words = parameter.type?.type === 'reference' ? parameter.type.name.match(/[A-Z][a-z]+$/) : null;
  parameter.name = words?.[0].toLowerCase() ?? 'object';
}
