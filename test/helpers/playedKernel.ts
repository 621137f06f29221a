import { createRequire, Module } from 'node:module';
import { afterEach } from 'node:test';
import type { DisplayData } from '../../lib/notebook/kernel/kernel';

const require = createRequire(__filename);
const KERNEL_MODULE = '/elsewhere/node_modules/tslab/dist/jupyter.js';
afterEach(() => {
  delete require.cache[KERNEL_MODULE];
});

export interface Written {
  content: DisplayData;
  update: boolean;
}

/** Plays a running kernel until the test's end. Returns all that is written, the states of the cell's text, and those of its chart. */
export function playKernel(): { outputs: Written[]; texts: string[]; charts: Written[] } {
  const outputs: Written[] = [];
  const texts: string[] = [];
  const charts: Written[] = [];
  const lastWriteDisplayData = (content: DisplayData, update: boolean) => {
    outputs.push({ content, update });
    if ('image/png' in content.data) charts.push({ content, update });
    else texts.push(content.data['text/plain'] as string);
  };
  require.cache[KERNEL_MODULE] = Object.assign(new Module(KERNEL_MODULE), {
    exports: { lastWriteDisplayData },
  });
  return { outputs, texts, charts };
}
