/**
 * The part of jsdom that the charts use. Not `@types/jsdom`, because a kernel reads all of `node_modules/@types` at its start, and
 * that package brings the declarations of a whole browser.
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

declare module 'jsdom' {
  import type { Context } from 'node:vm';

  export class JSDOM {
    constructor(html: string, options: { runScripts: 'outside-only'; pretendToBeVisual: boolean });
    readonly window: Window;
    getInternalVMContext(): Context;
  }
}
