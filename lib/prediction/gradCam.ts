/**
 * Where in an image a network finds its class: Grad-CAM.
 */
import { checkChoice, checkForm } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import type { Image } from '../image/image';
import { classNamesOf } from '../models/outputs';
import { inputShapeOf, type Module, modulesOf } from '../models/walk';
import { checkNotDisposed } from '../models/weights';
import { showAs } from '../showAs';
import { networkInput } from './networkInput';

/** How much each place of an image speaks for a class. */
export interface GradCam {
  /** The image as it was given. */
  readonly image: Image;
  /** The class that is asked for. */
  readonly className: string;
  readonly classIndex: number;
  /** The module whose output is looked at: `layer4.1`. */
  readonly layer: string;
  /** Of its maps. */
  readonly height: number;
  readonly width: number;
  /** From 0, which doesn't speak for the class, to 1, the most; all 0 where nothing speaks for it. */
  readonly values: Float32Array; // [height, width]
}

/** What `gradCam` takes. */
export interface GradCamOptions {
  /** The class whose places are looked for. Default: the one that the network finds. */
  className?: string;
  /** A module whose output is `[n, h, w, c]`, by the name that `tree` shows. Default: the last one that has places. */
  layer?: string;
}

/** Whether a module gives maps with more than one place. */
function hasPlaces({ outputShape }: Module): boolean {
  const [, height, width, channels] = outputShape;
  return channels !== undefined && Number(height) * Number(width) > 1;
}

/** The module to look at. */
function moduleOf(modules: readonly Module[], name: string | undefined): Module {
  const choice = modules.filter(hasPlaces);
  const found = name === undefined ? choice.at(-1) : choice.find((module) => module.name === name);
  if (found !== undefined) return found;
  throw choice.length === 0
    ? new ModelError('No module of the network gives maps, [n, h, w, c].', 'Use a network of convolutions.')
    : new ModelError(
        `The network has no module '${name}' that gives maps, [n, h, w, c].`,
        `Name one of: ${choice.map((module) => module.name).join(', ')}.`,
      );
}

/** What modules give, in inference mode. */
type Outputs = Map<TensorFlow.layers.Layer, TensorFlow.Tensor>;

/** Adds what some modules give to what those before them gave; input layers give the images. */
function run(modules: readonly Module[], images: TensorFlow.Tensor4D, before: Outputs): Outputs {
  const outputs: Outputs = new Map(before);
  for (const { layer, inputs } of modules) {
    const given = inputs.map((input) => outputs.get(input) ?? images);
    outputs.set(
      layer,
      layer.apply(given.length === 1 ? given[0] : given, { training: false }) as TensorFlow.Tensor,
    );
  }
  return outputs;
}

/** The modules that compute from one of them, directly or by way of others. */
function modulesAfter(modules: readonly Module[], { layer }: Module): Module[] {
  const reached = new Set([layer]);
  return modules.filter((module) => {
    if (!module.inputs.some((input) => reached.has(input))) return false;
    reached.add(module.layer);
    return true;
  });
}

/** The class that a network finds in an image. */
function likeliest(net: TensorFlow.LayersModel, images: TensorFlow.Tensor4D): number {
  return tf.tidy(() => {
    const output = net.apply(images, { training: false }) as TensorFlow.Tensor;
    return output.argMax(1).dataSync()[0];
  });
}

/** Where in images a network finds a class. */
export interface ClassPlaces {
  /** The module whose output is looked at. */
  module: Module;
  /** How much each place speaks for the class, 0 or more. */
  places: TensorFlow.Tensor3D; // [n, h, w]
}

/**
 * How much each place of images speaks for a class: Grad-CAM as tensors, of which none is read here.
 *
 * @param images as the network takes them, `[n, h, w, c]`
 * @param layer the module to look at; by default the last one that has places
 * @throws ModelError when the network has no such module
 */
export function classPlaces(
  net: TensorFlow.LayersModel,
  images: TensorFlow.Tensor4D,
  classIndex: number,
  layer?: string,
): ClassPlaces {
  const modules = modulesOf(net, inputShapeOf(net));
  const module = moduleOf(modules, layer);
  const places = tf.tidy(() => {
    const after = modulesAfter(modules, module);
    const others = modules.filter((other) => !after.includes(other));
    const before = run(others, images, new Map());
    const maps = before.get(module.layer) as TensorFlow.Tensor4D; // [n, h, w, c]
    const score = (changed: TensorFlow.Tensor) => {
      const outputs = run(after, images, new Map(before).set(module.layer, changed));
      const output = outputs.get(modules[modules.length - 1].layer)!; // [n, classes]
      return output.slice([0, classIndex], [-1, 1]).sum().asScalar();
    };
    const weights = tf.grad(score)(maps).mean([1, 2], true); // [n, 1, 1, c]
    return maps.mul(weights).sum(3).relu() as TensorFlow.Tensor3D; // [n, h, w]
  });
  return { module, places };
}

/** Numbers over the largest of them; all 0 where none is above 0. */
export function overLargest(sums: Float32Array): Float32Array {
  const most = Math.max(...sums);
  return sums.map((sum) => (most > 0 ? sum / most : 0));
}

/**
 * Finds what in an image speaks for a class. Each map of a module counts as much as the class's output rises with it, on the mean over its
 * places; the sum of the maps, where it is above 0, is how much a place speaks for the class.
 *
 * @param image of any size; it is resized and normalized as for `predictImage`
 * @throws ModelError when the network was disposed, doesn't take images, has no such module, or doesn't fit its class names; ConfigError
 *   for a class that it doesn't know; ImageError when the picture's data don't fit its size
 * @see Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization"
 */
export function gradCam(net: TensorFlow.LayersModel, image: Image, options: GradCamOptions = {}): GradCam {
  checkNotDisposed(net);
  checkForm('options', options, {}, "Give for example { className: 'cat' }.");
  const classNames = classNamesOf(net);
  if (options.className !== undefined) checkChoice('className', options.className, classNames);
  const images = networkInput(net, image); // [1, h, w, c]
  const classIndex =
    options.className === undefined ? likeliest(net, images) : classNames.indexOf(options.className);
  const { module, places } = classPlaces(net, images, classIndex, options.layer);
  const sums = places.dataSync() as Float32Array; // [h, w]
  tf.dispose([images, places]);
  const [height, width] = module.outputShape.slice(1) as number[];
  const cam = {
    image,
    className: classNames[classIndex],
    classIndex,
    layer: module.name,
    height,
    width,
    values: overLargest(sums),
  };
  return showAs<GradCam>(cam, { full: gradCamText });
}

function gradCamText({ className, layer, height, width }: GradCam): string {
  return `GradCam of ${className}: ${height}×${width} places of ${layer}`;
}
