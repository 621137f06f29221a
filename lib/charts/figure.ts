/**
 * What every chart is: plain data for Plotly, ready to be turned into JSON.
 */

/** A Plotly figure. `data` holds its traces, `layout` everything around them, sizes in CSS pixels. */
export interface Figure {
  data: object[];
  layout: { width: number; height: number; [setting: string]: unknown };
}
