/**
 * What every chart is: plain data for Plotly, ready to be turned into JSON.
 */

/** Everything around the traces, in Plotly's terms. Sizes are in CSS pixels. */
export interface FigureLayout {
  width: number;
  height: number;
  title?: { text: string; subtitle?: { text: string }; [setting: string]: unknown };
  [setting: string]: unknown;
}

/** A Plotly figure: its traces, and everything around them. */
export interface Figure {
  data: object[];
  layout: FigureLayout;
}
