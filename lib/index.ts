/**
 * ResNet on CIFAR-10 in TypeScript: the public surface. Everything a notebook or a program imports comes from here.
 *
 * Data flows from top to bottom: pictures, a network, its training, what it makes of new pictures, and how that looks.
 */

import { installKernels } from './engine/kernels/install';
import { handleExpectedErrors } from './notebook/expectedErrors';
import { keepOutputs } from './notebook/keepOutputs';
import { endWithParent } from './notebook/orphan';
import { showTensors } from './notebook/showTensors';

// charts: plain data to Plotly figures
export { type BlockDiagramOptions, type BlockKind, blockDiagram } from './charts/blockDiagram';
export { type ConfusionResult, confusionChart } from './charts/confusionChart';
export { featureMapChart } from './charts/featureMapChart';
export type { Figure, FigureLayout, FigureLike, FigureTitle } from './charts/figure';
export { figureToPng, type PngOptions } from './charts/figureToPng';
export { filterChart } from './charts/filterChart';
export { accuracyChart, learningRateChart, lossChart } from './charts/historyCharts';
export { type ImageGridOptions, imageGrid, type LabelledImages } from './charts/imageGrid';
export { layerCostChart } from './charts/layerCostChart';
export { type NetworkDiagramOptions, networkDiagram } from './charts/networkDiagram';
export { type PerClassResult, perClassChart } from './charts/perClassChart';
export { type ClassProbabilities, probabilityChart } from './charts/probabilityChart';
export { rangeTestChart } from './charts/rangeTestChart';
export { reliabilityDiagram } from './charts/reliabilityDiagram';
export type { Batch, BatchDraws, BatchInputs } from './data/batch';
// data: CIFAR-10 and its batches
export type { Cifar10, Cifar10Options } from './data/cifar10';
export type { Cifar10Progress } from './data/cifar10Source';
export { CLASS_NAMES } from './data/classNames';
export { DataLoader, type DataLoaderOptions } from './data/dataLoader';
export { Dataset } from './data/dataset';
export { packageDataFolder, projectDataFolder } from './data/folders';
export {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  channelStatistics,
  type Normalization,
  normalizePixels,
} from './data/normalization';
// engine: TensorFlow.js on its native engine, and steps that are recorded once and run as one call
export {
  type CompileOptions,
  compile,
  type OperationCost,
  type Precision,
  type SessionOptions,
  type Step,
  type TensorTree,
} from './engine/compile';
export { type Device, device } from './engine/runtime/device';
export { type TensorFlow, tf } from './engine/runtime/tensorflow';
export {
  ChartError,
  ConfigError,
  DataError,
  EngineError,
  ImageError,
  ModelError,
  ResNetError,
} from './errors';
// models: residual blocks and the networks made of them
export { type Block, type BlockOptions, basicBlock, bottleneck } from './models/block';
export { type Filters, firstLayerFilters } from './models/filters';
export { type NetworkInfo, networkInfo, setNetworkInfo } from './models/networkInfo';
export {
  type ResNetMaker,
  type ResNetOptions,
  resNet,
  resnet10,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
} from './models/resNet';
export { type Summary, type SummaryRow, summary } from './models/summary';
export { tree } from './models/tree';

// notebook: the same, shown in a notebook's cell, a terminal or a pipe

export { evaluate } from './notebook/evaluate';
export { learningRateRangeTest } from './notebook/learningRateRangeTest';
export { liveReporter } from './notebook/liveReporter';
export type { LiveText } from './notebook/liveText';
export { loadCifar10 } from './notebook/loadCifar10';
export { loadTrained, modelPath } from './notebook/loadTrained';
export { plotHistory } from './notebook/plotHistory';
export { type Profile, type ProfileName, type ProfileSchedule, profile } from './notebook/profile';
export { show } from './notebook/show';
export { showPicture } from './notebook/showPicture';
export { train } from './notebook/train';
// prediction: any picture to a class and its probability
export { type FeatureMaps, featureMaps } from './prediction/featureMaps';
export { type FetchOptions, fetchPicture } from './prediction/fetchPicture';
export type { Picture } from './prediction/picture';
export { predictFile } from './prediction/predictFile';
export { type PredictOptions, predictImage } from './prediction/predictImage';
export { formatPrediction, type Prediction } from './prediction/prediction';
export { predictUrl } from './prediction/predictUrl';
export { readPicture } from './prediction/readPicture';
export { type Fit, resizePicture } from './prediction/resizePicture';
// training: loss, optimizer, schedules, the loop, evaluation, files
export { type Calibration, type CalibrationBin, calibration } from './training/calibration';
export { CosineAnnealingLR, type CosineAnnealingLROptions } from './training/cosineAnnealingLR';
export { type Criterion, type CrossEntropyOptions, crossEntropy } from './training/crossEntropy';
export { DivergenceError } from './training/divergence';
export type { ClassAccuracy, EvaluateOptions, Evaluation } from './training/evaluate';
export type { TrainEvent, TrainListener } from './training/events';
export { type EpochRecord, formatEpoch, type History } from './training/history';
export type { RangeTest, RangeTestOptions } from './training/learningRateRangeTest';
export { loadModel } from './training/loadModel';
export { MultiStepLR, type MultiStepLROptions } from './training/multiStepLR';
export { OneCycleLR, type OneCycleLROptions } from './training/oneCycleLR';
export {
  type PlateauState,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from './training/reduceLROnPlateau';
export type { SaveOptions } from './training/savedRun';
export { epochPath, saveModel } from './training/saveModel';
export type { Scheduler } from './training/scheduler';
export { SGD, type SGDOptions, type SGDState } from './training/sgd';
export type { TrainOptions } from './training/train';

installKernels();
handleExpectedErrors();
keepOutputs();
endWithParent();
showTensors();
