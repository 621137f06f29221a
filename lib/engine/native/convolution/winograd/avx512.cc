// Winograd's kernels for processors with AVX-512.

#include <cstdint>
#include <utility>

#include "convolution/winograd/winograd.h"
#include "shared/scratch.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "shared/target/avx512.h"
#define RESNET_AVX512

namespace resnet {
namespace {

constexpr int kLanes = 16;
constexpr bool kBfloat16 = false;

#include "convolution/winograd/loops.h"

}  // namespace

const WinogradKernels* const kAvx512Winograd = &kKernels;

}  // namespace resnet

#include "shared/target/end.h"
#else

namespace resnet {
const WinogradKernels* const kAvx512Winograd = nullptr;
}

#endif
