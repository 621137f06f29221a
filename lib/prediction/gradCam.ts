/**
 * Where in an image a network finds its class: Grad-CAM.
 */
import { checkChoice, checkForm } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import type { Image } from '../image/image';
import { inputShapeOf, type Module, modulesOf } from '../models/walk';
import { checkNotDisposed } from '../models/weights';
import { showAs } from '../showAs';
import { networkInput } from './networkInput';
import { classNamesOf } from './predictImage';

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

/**
 * Runs a network module by module, in inference mode, with something added to one module's output.
 *
 * @returns that module's output, the sum included, and the network's
 */
function runWith(
  modules: readonly Module[],
  images: TensorFlow.Tensor4D,
  changed: Module,
  addend: TensorFlow.Tensor4D,
): { maps: TensorFlow.Tensor4D; output: TensorFlow.Tensor2D } {
  const outputs = new Map<TensorFlow.layers.Layer, TensorFlow.Tensor>();
  for (const module of modules) {
    const inputs = module.inputs.map((layer) => outputs.get(layer) ?? images); // an input layer gives the images
    const output = module.layer.apply(inputs.length === 1 ? inputs[0] : inputs, { training: false });
    const tensor = output as TensorFlow.Tensor;
    outputs.set(module.layer, module === changed ? tensor.add(addend) : tensor);
  }
  return {
    maps: outputs.get(changed.layer) as TensorFlow.Tensor4D,
    output: outputs.get(modules[modules.length - 1].layer) as TensorFlow.Tensor2D,
  };
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
  const modules = modulesOf(net, inputShapeOf(net));
  const module = moduleOf(modules, options.layer);
  const [height, width, channels] = module.outputShape.slice(1) as number[];

  const found = tf.tidy(() => {
    const images = networkInput(net, image); // [1, h, w, 3]
    const nothing = tf.zeros([1, height, width, channels]) as TensorFlow.Tensor4D;
    const { maps, output } = runWith(modules, images, module, nothing);
    const classIndex = options.className
      ? classNames.indexOf(options.className)
      : output.argMax(1).dataSync()[0];
    // The gradient by what is added to the maps is that by the maps.
    const score = (addend: TensorFlow.Tensor) =>
      runWith(modules, images, module, addend as TensorFlow.Tensor4D)
        .output.slice([0, classIndex], [1, 1])
        .asScalar();
    const gradient = tf.grad(score)(nothing); // [1, h, w, c]
    const weights = gradient.mean([1, 2], true); // [1, 1, 1, c]
    const places = maps.mul(weights).sum(3).relu(); // [1, h, w]
    const most = places.max().dataSync()[0];
    return { classIndex, places: tf.keep(places.div(most > 0 ? most : 1)) };
  });
  const values = found.places.dataSync() as Float32Array;
  found.places.dispose();
  const { classIndex } = found;
  const cam = {
    image,
    className: classNames[classIndex],
    classIndex,
    layer: module.name,
    height,
    width,
    values,
  };
  return showAs<GradCam>(cam, { full: gradCamText });
}

function gradCamText({ className, layer, height, width }: GradCam): string {
  return `GradCam of ${className}: ${height}×${width} places of ${layer}`;
}
