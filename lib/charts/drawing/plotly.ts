/**
 * Plotly without a browser: plotly.js-dist inside a jsdom window of its own, so that the globals of the user's
 * process stay as they are. Loading takes most of a second and is done once, when the first PNG is asked for.
 */
import * as fs from 'node:fs';
import * as vm from 'node:vm';
import { type Canvas, createCanvas } from '@napi-rs/canvas';
import { svgPathProperties } from 'svg-path-properties';
import { type Box, svgBox, textWidth } from './svgText';

/** The part of Plotly that drawing needs. */
export interface Plotly {
  newPlot(div: object, data: object[], layout: object, config: object): Promise<unknown>;
  purge(div: object): void;
  validate(data: object[], layout: object): { path: (string | number)[]; msg: string }[] | undefined;
  PlotSchema: { get(): { traces: Record<string, { categories: string[] }> } };
  Snapshot: { toSVG(div: object, format: 'svg'): string };
}

/** Plotly, and the document it draws in. */
export interface PlotlyWindow {
  Plotly: Plotly;
  document: Document;
}

let loaded: Promise<PlotlyWindow> | undefined;

/** The one Plotly of this process, loaded when it is first asked for. */
export function plotly(): Promise<PlotlyWindow> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<PlotlyWindow> {
  const { JSDOM } = await import('jsdom');
  const dom = new JSDOM('<!DOCTYPE html><body></body>', {
    runScripts: 'outside-only',
    pretendToBeVisual: true,
  });
  standIn(dom.window);
  const file = require.resolve('plotly.js-dist');
  new vm.Script(await fs.promises.readFile(file, 'utf8'), { filename: file }).runInContext(
    dom.getInternalVMContext(),
  );
  // The bundle's own wrapper names the global it leaves behind "moduleName".
  const { moduleName } = dom.window as unknown as { moduleName: Plotly };
  return { Plotly: moduleName, document: dom.window.document };
}

/** Gives the window what jsdom lacks and Plotly asks for. */
function standIn(window: object): void {
  const { SVGElement, HTMLCanvasElement, URL } = window as {
    SVGElement: { prototype: object };
    HTMLCanvasElement: { prototype: object };
    URL: object;
  };
  Object.assign(window, {
    matchMedia: () => ({ matches: false }),
    CSS: { supports: () => true },
    TextDecoder,
    TextEncoder,
  });
  Object.assign(URL, { createObjectURL: () => '', revokeObjectURL: () => {} });
  Object.assign(window, { Image: InstantImage });
  // Heatmaps are painted on a canvas and taken from there as an image.
  const canvases = new WeakMap<HTMLCanvasElement, Canvas>();
  const canvasOf = (element: HTMLCanvasElement): Canvas => {
    const canvas = canvases.get(element) ?? createCanvas(element.width, element.height);
    canvases.set(element, canvas);
    return canvas;
  };
  Object.assign(HTMLCanvasElement.prototype, {
    getContext(this: HTMLCanvasElement, kind: string): object | null {
      if (kind !== '2d') return null; // no WebGL, and Plotly asks before it uses it
      return Object.assign(canvasOf(this).getContext('2d'), { drawImage: () => {} });
    },
    toDataURL(this: HTMLCanvasElement): string {
      return canvasOf(this).toDataURL();
    },
  });
  Object.assign(SVGElement.prototype, {
    getBBox(this: Element): Box {
      return svgBox(this);
    },
    getComputedTextLength(this: Element): number {
      return textWidth(this);
    },
    getTotalLength(this: Element): number {
      return pathOf(this).getTotalLength();
    },
    getPointAtLength(this: Element, length: number): object {
      return pathOf(this).getPointAtLength(length);
    },
    getBoundingClientRect(this: Element): object {
      const { x, y, width, height } = svgBox(this);
      return { x, y, width, height, left: x, top: y, right: x + width, bottom: y + height };
    },
  });
}

/** What there is to measure of an SVG path. */
const pathOf = (path: Element) => new svgPathProperties(path.getAttribute('d') ?? '');

/**
 * Stands in for an image element: loaded as soon as it is told its source. Plotly keeps such an image on a canvas,
 * for questions about its pixels that nobody asks here; the image itself goes into the SVG by its source.
 */
class InstantImage {
  onload = (): void => {};

  setAttribute(): void {
    this.onload();
  }
}
