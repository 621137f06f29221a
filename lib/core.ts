/**
 * The library without a notebook: nothing here prints or listens to signals. `resnet-notebooks/core` is this file.
 *
 * Data flows from top to bottom: images, a network, its training, and what it makes of new images.
 */
import { installKernels } from './engine/kernels/install';

// data: CIFAR-10 and its batches
export * from './data';
export type { Batch, BatchDraws, BatchInputs } from './data/batch';
export { DataLoader, type DataLoaderOptions, type DataLoaderSettings } from './data/dataLoader';
export { type ColorJitterOptions, colorJitter } from './data/transforms/color';
export { cutout, type RandomErasingOptions, randomErasing } from './data/transforms/erasing';
export { alternatingFlip, type RandomCropOptions, randomCrop, randomFlip } from './data/transforms/geometry';
export { cutmix, type Mixing, mixup } from './data/transforms/mixing';
export type { DrawnFor, Transform, TransformContext } from './data/transforms/transform';
export { trivialAugment } from './data/transforms/trivialAugment';
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
export { singularValues } from './engine/operations/eigen';
export { type Device, device } from './engine/runtime/device';
export { type LocalWorkers, startWorkers } from './engine/runtime/localWorkers';
export { type TensorFlow, tf } from './engine/runtime/tensorflow';
// errors
export {
  ChartError,
  ConfigError,
  DataError,
  EngineError,
  ImageError,
  InterruptError,
  ModelError,
  ResNetError,
  WorkerError,
} from './errors';
export type { Image } from './image/image';
export { readImage } from './image/readImage';
export { type Fit, resizeImage } from './image/resizeImage';
// models: residual blocks and the networks made of them
export { type Block, type BlockOptions, basicBlock, bottleneck, zeroPaddedBlock } from './models/block';
export { loadModel } from './models/files/loadModel';
export { loadPretrained, type PretrainedName } from './models/files/loadPretrained';
export { epochPath, type SaveModelOptions, saveModel } from './models/files/saveModel';
export { type Filters, firstLayerFilters } from './models/filters';
export { saveKeras } from './models/formats/keras';
export { saveOnnx } from './models/formats/onnx';
export { saveSavedModel } from './models/formats/savedModel';
export {
  loadStateDict,
  type StateDictNames,
  type StateDictOptions,
  saveStateDict,
} from './models/formats/stateDict';
export { type NetworkInfo, networkInfo, setNetworkInfo } from './models/networkInfo';
export {
  type ResNetMaker,
  type ResNetOptions,
  resNet,
  resnet10,
  resnet18,
  resnet20,
  resnet32,
  resnet34,
  resnet44,
  resnet50,
  resnet56,
  resnet101,
  resnet110,
  resnet152,
} from './models/resNet';
export { type ResNet8Options, resnet8 } from './models/resNet8';
export { type Summary, type SummaryRow, summary } from './models/summary';
export type { TestTimeAugmentation } from './models/testTimeAugmentation';
export { freeze, type ReplaceHeadOptions, replaceHead } from './models/transfer';
export { tree } from './models/tree';
export { type WhiteningOptions, whitenFirstLayer } from './models/whitening';
// prediction: any image to a class and its probability
export { type FeatureMaps, featureMaps } from './prediction/featureMaps';
export { type FetchOptions, fetchImage } from './prediction/fetchImage';
export { type GradCam, type GradCamOptions, gradCam } from './prediction/gradCam';
export { predictFile } from './prediction/predictFile';
export { type PredictOptions, predictImage } from './prediction/predictImage';
export { formatPrediction, type Prediction } from './prediction/prediction';
export { predictUrl } from './prediction/predictUrl';
export { lastFeatures, type UmapOptions, umap } from './prediction/umap';
// training: loss, optimizer, schedules, the loop, evaluation, files
export { type Calibration, type CalibrationBin, calibration } from './training/calibration';
export type { Callback, CallbackState, Monitor, TrainRun } from './training/callbacks/callback';
export { csvLog } from './training/callbacks/csvLog';
export { type EarlyStoppingOptions, earlyStopping } from './training/callbacks/earlyStopping';
export { type SaveBestOptions, saveBest } from './training/callbacks/saveBest';
export type { SaveOptions } from './training/checkpoint/savedRun';
export { type ComparedRun, type Comparison, compareRuns, type RunRecords } from './training/compareRuns';
export { DivergenceError } from './training/divergence';
export { type ClassAccuracy, type EvaluateOptions, type Evaluation, evaluate } from './training/evaluate';
export type { BatchEvent, TrainEvent, TrainListener } from './training/events';
export { type EpochRecord, formatEpoch, type History } from './training/history';
export { type HistoryFile, readHistory } from './training/historyFile';
export {
  learningRateRangeTest,
  type RangeTest,
  type RangeTestOptions,
} from './training/learningRateRangeTest';
export { Adam, type AdamOptions, AdamW } from './training/optimizer/adam';
export { type AirbenchMuonOptions, airbenchMuon } from './training/optimizer/airbench';
export type { AveragingOptions } from './training/optimizer/averaging';
export type { ClippingOptions } from './training/optimizer/clipping';
export type { ParameterGroup, ParameterInfo } from './training/optimizer/groups';
export { Lookahead, type LookaheadOptions } from './training/optimizer/lookahead';
export { Muon, type MuonOptions, orthogonalized } from './training/optimizer/muon';
export {
  Optimizer,
  type OptimizerOptions,
  type OptimizerState,
  type ParameterStep,
  type Rates,
} from './training/optimizer/optimizer';
export { SGD, type SGDOptions } from './training/optimizer/sgd';
export {
  type PreparedRun,
  prepareRun,
  type Recipe,
  type RecipeAugmentation,
  type RecipeOptimizer,
  type RecipeSchedule,
} from './training/recipe';
export { CosineAnnealingLR, type CosineAnnealingLROptions } from './training/schedule/cosineAnnealingLR';
export {
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
  ExponentialLR,
  type ExponentialLROptions,
  LambdaLR,
  type LambdaLROptions,
  LinearLR,
  type LinearLROptions,
  StepLR,
  type StepLROptions,
} from './training/schedule/factorSchedules';
export { MultiStepLR, type MultiStepLROptions } from './training/schedule/multiStepLR';
export { OneCycleLR, type OneCycleLROptions } from './training/schedule/oneCycleLR';
export {
  type PlateauState,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from './training/schedule/reduceLROnPlateau';
export type { Scheduler } from './training/schedule/scheduler';
export { SequentialLR, type SequentialLROptions } from './training/schedule/sequentialLR';
export { type Criterion, type CrossEntropyOptions, crossEntropy } from './training/step/crossEntropy';
export {
  grid,
  randomSearch,
  type SearchSpace,
  type Sweep,
  type SweepOptions,
  type SweepRun,
  type SweepSettings,
  sweep,
} from './training/sweep';
export { train } from './training/train';
export type { TrainOptions } from './training/trainOptions';

installKernels();
