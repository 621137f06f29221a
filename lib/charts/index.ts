/**
 * Charts: plain data to Plotly figures, and figures to images. Needs no TensorFlow; `resnet-notebooks/charts` is this file.
 */

export { ChartError, ConfigError, ResNetError } from '../errors';
export { type BlockDiagramOptions, type BlockKind, blockDiagram } from './blockDiagram';
export { type ConfusionResult, confusionChart } from './confusionChart';
export { figureToPng, type PngOptions } from './drawing/figureToPng';
export type { Figure, FigureLayout, FigureLike, FigureTitle } from './figure';
export {
  accuracyChart,
  type ComparedValue,
  comparisonChart,
  learningRateChart,
  lossChart,
} from './historyCharts';
export { featureMapChart } from './images/featureMapChart';
export { filterChart } from './images/filterChart';
export { gradCamChart } from './images/gradCamChart';
export { type ImageGridOptions, imageGrid, type LabeledImages } from './images/imageGrid';
export { type ImageMapOptions, imageMapChart } from './images/imageMapChart';
export { layerCostChart } from './layerCostChart';
export { type NetworkDiagramOptions, networkDiagram } from './networkDiagram';
export { type PerClassResult, perClassChart } from './perClassChart';
export { type ClassProbabilities, probabilityChart } from './probabilityChart';
export { rangeTestChart } from './rangeTestChart';
export { reliabilityDiagram } from './reliabilityDiagram';
