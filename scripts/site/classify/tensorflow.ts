/** TensorFlow.js in a browser. Bundled, it stands in for `lib/engine/runtime/tensorflow`, so that the page runs the library's own functions. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as layers from '@tensorflow/tfjs-layers';

export const tf = { ...core, ...layers };

/** What TensorFlow.js can compute on. */
const BACKENDS = ['webgpu', 'webgl', 'wasm', 'cpu'];

/** What a graphics card does in software, the processor does faster by WASM. */
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

/** Whether the browser has a graphics card for WebGL. */
function hasWebGL(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = info ? String(gl!.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return gl !== null && !SOFTWARE.test(renderer);
}

async function hasWebGPU(): Promise<boolean> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<object | null> } }).gpu;
  return Boolean(await gpu?.requestAdapter().catch(() => null));
}

/**
 * Has TensorFlow.js compute on the fastest that there is.
 *
 * @param wanted a backend to be tried before the others
 * @returns which it is
 */
export async function chooseBackend(wanted: string | null): Promise<string> {
  setWasmPaths(
    {
      'tfjs-backend-wasm.wasm': wasm,
      'tfjs-backend-wasm-simd.wasm': wasm,
      'tfjs-backend-wasm-threaded-simd.wasm': wasm,
    },
    true,
  );
  const usable = [
    ...BACKENDS.filter((backend) => backend === wanted),
    ...((await hasWebGPU()) ? ['webgpu'] : []),
    ...(hasWebGL() ? ['webgl'] : []),
    'wasm',
    'cpu',
  ];
  for (const backend of usable) {
    if (await core.setBackend(backend).catch(() => false)) return backend;
  }
  throw new Error('TensorFlow.js finds nothing to compute on.');
}

/** Whether a variable has its values still: the stand-in for `lib/engine/runtime/values`. */
export const isRegistered = (variable: core.Variable) =>
  core.engine().state.registeredVariables[variable.name] === variable;
