// Winograd's kernels for processors with AVX-512.

#include <cstdint>
#include <utility>

#include "convolution/winograd/winograd.h"
#include "shared/scratch.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")
#endif

namespace resnet {
namespace {

constexpr int kLanes = 16;

#include "convolution/winograd/loops.h"

}  // namespace

const WinogradKernels* const kAvx512Winograd = &kKernels;

}  // namespace resnet

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else

namespace resnet {
const WinogradKernels* const kAvx512Winograd = nullptr;
}

#endif
