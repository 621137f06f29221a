/**
 * A figure as a picture: Plotly draws it as SVG, resvg paints that, sharp packs it.
 */
import type { Figure } from './figure';
import { FONT_FAMILY, FONT_FILES } from './fonts';
import { plotly } from './plotly';

/** Size of the picture. */
export interface PngOptions {
  /** CSS pixels; the figure's own width unless given. */
  width?: number;
  /** CSS pixels; the figure's own height unless given. */
  height?: number;
  /** Pixels of the PNG per CSS pixel. Default 2, sharp on dense screens. */
  scale?: number;
}

/**
 * Draws a figure as a PNG, without a browser.
 *
 * @returns the bytes of the PNG file, of `scale * width` by `scale * height` pixels.
 */
export async function figureToPng(figure: Figure, options: PngOptions = {}): Promise<Uint8Array> {
  const { width = figure.layout.width, height = figure.layout.height, scale = 2 } = options;
  const { Resvg } = await import('@resvg/resvg-js');
  const { default: sharp } = await import('sharp');
  const svg = await figureToSvg({ ...figure, layout: { ...figure.layout, width, height } });
  const picture = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: { fontFiles: [...FONT_FILES], loadSystemFonts: false, defaultFontFamily: FONT_FAMILY },
  }).render();
  // sharp's compression halves what resvg would write.
  return sharp(picture.pixels, { raw: { width: picture.width, height: picture.height, channels: 4 } })
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}

async function figureToSvg(figure: Figure): Promise<string> {
  const { Plotly, document } = await plotly();
  // Plotly writes its defaults into what it is given; a copy keeps the caller's figure as it is.
  const { data, layout } = JSON.parse(JSON.stringify(figure)) as Figure;
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
