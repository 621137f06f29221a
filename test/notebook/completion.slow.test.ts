/** What the kernel says while one writes: every public name is offered, and explained by its doc comment. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import ts from 'typescript';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';
import { writeKernel } from '../helpers/kernel';

interface PublicName {
  name: string;
  isValue: boolean;
  /** The first paragraph of its doc comment. */
  comment: string;
}

/** The names of lib/index.ts, as the compiler of the project reads them. */
function publicNames(): PublicName[] {
  const entry = join(packageRoot, 'lib', 'index.ts');
  const program = ts.createProgram([entry], { types: ['node'], esModuleInterop: true, skipLibCheck: true });
  const checker = program.getTypeChecker();
  const index = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  return checker.getExportsOfModule(index).map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const [comment] = ts.displayPartsToString(symbol.getDocumentationComment(checker)).split('\n\n');
    const isValue = !exported.declarations?.some(ts.isTypeOnlyExportDeclaration);
    return { name: exported.name, isValue, comment };
  });
}

// Asks a kernel in the notebooks' folder: what it offers after `lib.` and in an import, and what it tells of each name.
const conversation = `
import json, sys
from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name='under-test')
manager.start_kernel(cwd=sys.argv[1])
client = manager.client()
client.start_channels()

def ask(request, code, cursor):
    sent = request(code, cursor)
    while True:
        message = client.get_shell_msg(timeout=60)
        if message['parent_header']['msg_id'] == sent:
            return message['content']

try:
    client.wait_for_ready(timeout=60)
    client.execute_interactive("import * as lib from '../lib';", timeout=120)
    print(json.dumps({
        'offered': ask(client.complete, 'lib.', 4)['matches'],
        'offeredInImport': ask(client.complete, "import {  } from '../lib';", 9)['matches'],
        'told': {
            name: ask(client.inspect, f"import {{ {name} }} from '../lib';", 10)['data'].get('text/plain', '')
            for name in sys.argv[2:]
        },
    }))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
`;

const names = publicNames();
const folder = mkdtempSync(join(tmpdir(), 'completion-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let answers: { offered: string[]; offeredInImport: string[]; told: Record<string, string> };

before(async () => {
  writeKernel(folder);
  const { stdout } = await promisify(execFile)(
    projectAt(packageRoot).python,
    ['-c', conversation, join(packageRoot, 'notebooks'), ...names.map(({ name }) => name)],
    { env: { ...process.env, JUPYTER_PATH: folder, JUPYTER_RUNTIME_DIR: folder } },
  );
  answers = JSON.parse(stdout);
});

test('completion offers every public value after `lib.`, and every public name in an import', () => {
  const values = names.filter(({ isValue }) => isValue);
  assert.ok(values.length > 50, `${values.length} values`);
  assert.deepEqual(
    values.filter(({ name }) => !answers.offered.includes(name)).map(({ name }) => name),
    [],
  );
  assert.deepEqual(
    names.filter(({ name }) => !answers.offeredInImport.includes(name)).map(({ name }) => name),
    [],
  );
});

test('a public name under the pointer is explained by its doc comment', () => {
  const flat = (text: string) => text.replace(/\s+/g, ' ').trim();
  assert.deepEqual(
    names
      .filter(({ name, comment }) => {
        const told = flat(answers.told[name]);
        return !told.includes(name) || !told.includes(flat(comment));
      })
      .map(({ name }) => `${name}: ${answers.told[name]}`),
    [],
  );
});
