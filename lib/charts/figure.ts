/**
 * What every chart is: plain data for Plotly, ready to be turned into JSON.
 */

/** The heading of a chart. */
export interface FigureTitle {
  text: string;
  subtitle?: { text: string };
  [setting: string]: unknown;
}

/** Everything around the traces, in Plotly's terms. Sizes are in CSS pixels. */
export interface FigureLayout {
  width: number;
  height: number;
  title?: FigureTitle;
  [setting: string]: unknown;
}

/** A Plotly figure: its traces, and everything around them. */
export interface Figure {
  data: object[];
  layout: FigureLayout;
}

/**
 * What `show` and `figureToPng` take: a `Figure`, or what Plotly would take for one. Arrays of numbers may be typed arrays,
 * a title may be a string, and without sizes the chart is 700 by 450 CSS pixels.
 */
export interface FigureLike {
  data: readonly object[];
  layout?: {
    width?: number;
    height?: number;
    title?: string | FigureTitle;
    [setting: string]: unknown;
  };
  /** Of an animation; the image shows its beginning. */
  frames?: readonly object[];
  /** Plotly's settings of the interactive chart. */
  config?: object;
}
