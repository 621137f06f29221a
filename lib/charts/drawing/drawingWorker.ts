/**
 * The worker thread that draws figures: Plotly draws SVG in a window of jsdom, resvg paints that.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';
import type { Figure } from '../figure';
import { FONT_FAMILY, FONT_FILES } from './fonts';
import { plotly } from './plotly';
import type { DrawingReply, DrawingRequest } from './stillPicture';

const port = parentPort as MessagePort;
port.on('message', async (request: DrawingRequest) => {
  const reply = await draw(request).catch(
    (error): DrawingReply => ({ missing: `drawing it failed: ${error?.message ?? error}` }),
  );
  port.postMessage(reply, 'pixels' in reply ? [reply.pixels.buffer as ArrayBuffer] : []);
});

async function draw({ figure, scale }: DrawingRequest): Promise<DrawingReply> {
  const refusal = await withoutImage(figure);
  if (refusal) return refusal;
  const image = new Resvg(await figureToSvg(figure), {
    fitTo: { mode: 'zoom', value: scale },
    font: { fontFiles: [...FONT_FILES], loadSystemFonts: false, defaultFontFamily: FONT_FAMILY },
  }).render();
  return { pixels: Uint8Array.from(image.pixels), width: image.width, height: image.height };
}

let types: Record<string, { categories: string[] }> | undefined;

/** What is told in place of an image, where one can't be drawn without a browser or without a network. */
async function withoutImage({ data, layout }: Figure): Promise<DrawingReply | undefined> {
  // Plotly collects its schema, in a tenth of a second, each time that it is asked.
  types ??= (await plotly()).Plotly.PlotSchema.get().traces;
  for (const [i, trace] of data.entries()) {
    const type = (trace as { type?: unknown }).type ?? 'scatter';
    if (typeof type !== 'string' || !Object.hasOwn(types, type)) {
      return {
        wrong: [
          `data[${i}].type is ${JSON.stringify(type).slice(0, 60)}, a type of trace that Plotly doesn't have.`,
          `Give one of ${Object.keys(types).slice(0, 8).join(', ')} or another of plotly.com/javascript.`,
        ],
      };
    }
    const { categories } = types[type];
    const is = (category: string): boolean => categories.includes(category);
    if (is('geo') || is('map'))
      return { missing: `a chart of type ${type} fetches its map from the network` };
    if (is('gl') || is('gl3d'))
      return { missing: `a chart of type ${type} needs WebGL, which only a browser has` };
  }
  const images = Array.isArray(layout.images) ? layout.images : [];
  const fetched = images.findIndex(
    (image) => typeof image?.source === 'string' && !image.source.startsWith('data:'),
  );
  return fetched < 0 ? undefined : { missing: `layout.images[${fetched}] is fetched from its address` };
}

async function figureToSvg({ data, layout }: Figure): Promise<string> {
  const { Plotly, document } = await plotly();
  const div = document.createElement('div');
  document.body.append(div);
  try {
    await Plotly.newPlot(div, data, layout, { staticPlot: true });
    // Two names for pixels that stay sharp: the browsers' and the one resvg knows.
    return Plotly.Snapshot.toSVG(div, 'svg').replaceAll(
      'image-rendering: pixelated',
      'image-rendering: optimizeSpeed',
    );
  } finally {
    Plotly.purge(div);
    div.remove();
  }
}
