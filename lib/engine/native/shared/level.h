// Which instructions the kernels use on this processor.

#pragma once

namespace resnet {

// From the fewest instructions to the most; each level has those before it on the same kind of processor.
enum class Level {
  kTensorFlow,  // this library's operations are off
  kPortable,    // the compiler's own vectors, for any processor
  kAvx2,
  kAvx512,
  kAvx512Bf16,
  kAmx,  // tiles of bfloat16
};

// The level by the processor, or by the environment variable RESNET_KERNELS: tensorflow, portable, avx2, avx512,
// avx512_bf16 or amx_bf16. One that the processor doesn't have counts as tensorflow.
Level KernelLevel();

// As RESNET_KERNELS names it.
const char* NameOf(Level level);

}  // namespace resnet
