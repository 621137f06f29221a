// The direct kernels for processors with AVX-512.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"))), \
                             apply_to = function)
#else
#pragma GCC target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq,prefer-vector-width=512")
#endif
#define RESNET_AVX512
#include "convolution/direct/loops.h"

namespace resnet {
namespace {
const Kernels kKernels = KernelsOf<Avx512>();
}
const Kernels* const kAvx512Kernels = &kKernels;
}  // namespace resnet

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else

namespace resnet {
const Kernels* const kAvx512Kernels = nullptr;
}

#endif
