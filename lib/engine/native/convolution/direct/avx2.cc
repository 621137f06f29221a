// The direct kernels for processors with AVX2.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define RESNET_AVX2
#include "convolution/direct/loops.h"

namespace resnet {
namespace {
const Kernels kKernels = KernelsOf<Avx2>();
}
const Kernels* const kAvx2Kernels = &kKernels;
}  // namespace resnet

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else

namespace resnet {
const Kernels* const kAvx2Kernels = nullptr;
}

#endif
