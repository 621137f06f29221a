/**
 * ResNet on CIFAR-10 in TypeScript: the public surface. Everything a notebook or a program imports comes from here.
 */

import { showTensors } from './notebook/display/showTensors';
import { handleExpectedErrors } from './notebook/kernel/expectedErrors';
import { keepOutputs } from './notebook/kernel/keepOutputs';
import { printAsNode } from './notebook/kernel/kernel';
import { endWithParent } from './notebook/kernel/orphan';

export * from './charts';
export * from './core';
export { liveReporter } from './notebook/display/liveReporter';
export type { LiveText } from './notebook/display/liveText';
export { plotHistory } from './notebook/display/plotHistory';
export { show } from './notebook/display/show';
export { showImage } from './notebook/display/showImage';
// notebook: what of the core shows itself in a notebook's cell, a terminal or a pipe takes its place
export { evaluate } from './notebook/evaluate';
export { learningRateRangeTest } from './notebook/learningRateRangeTest';
export { loadCifar10 } from './notebook/loadCifar10';
export { loadImageFolder } from './notebook/loadImageFolder';
export { loadTrained, modelPath } from './notebook/loadTrained';
export { type Profile, type ProfileName, profile } from './notebook/profile';
export { type ShownTrainOptions, train } from './notebook/train';
export { type RunConfig, type RunResult, trainRun } from './notebook/trainRun';

handleExpectedErrors();
keepOutputs();
endWithParent();
printAsNode();
showTensors();
