/**
 * ResNet on CIFAR-10 in TypeScript: the public surface. Everything a notebook or a program imports comes from here.
 */
import { handleExpectedErrors } from './notebook/expectedErrors';
import { keepOutputs } from './notebook/keepOutputs';
import { endWithParent } from './notebook/orphan';
import { showTensors } from './notebook/showTensors';

export * from './charts';
export * from './core';
// notebook: what of the core shows itself in a notebook's cell, a terminal or a pipe takes its place
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

handleExpectedErrors();
keepOutputs();
endWithParent();
showTensors();
