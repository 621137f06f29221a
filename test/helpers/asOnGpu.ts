/** What is recorded for a GPU, on a machine without one. */

/** Has steps be recorded as for a GPU; TensorFlow's kernels for the processor then run them, slower, by the same definitions. */
export async function asOnGpu(run: () => Promise<void>): Promise<void> {
  // Here, since it loads TensorFlow, which may have to wait for settings.
  const { nativeBackend } = await import('../../lib/engine/runtime/backend.js');
  const backend = nativeBackend() as { isUsingGpuDevice: boolean };
  const was = backend.isUsingGpuDevice;
  backend.isUsingGpuDevice = true;
  try {
    await run();
  } finally {
    backend.isUsingGpuDevice = was;
  }
}
