// Winograd's kernels for processors with AVX2.

#include <cstdint>
#include <utility>

#include "convolution/winograd/winograd.h"
#include "shared/scratch.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

namespace resnet {
namespace {

constexpr int kLanes = 8;

#include "convolution/winograd/loops.h"

}  // namespace

const WinogradKernels* const kAvx2Winograd = &kKernels;

}  // namespace resnet

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else

namespace resnet {
const WinogradKernels* const kAvx2Winograd = nullptr;
}

#endif
