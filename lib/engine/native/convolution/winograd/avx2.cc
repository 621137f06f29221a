// Winograd's kernels for processors with AVX2.

#include <cstdint>
#include <utility>

#include "convolution/winograd/winograd.h"
#include "shared/scratch.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "shared/target/avx2.h"
#define RESNET_AVX2

namespace resnet {
namespace {

constexpr int kLanes = 8;
constexpr bool kBfloat16 = false;

#include "convolution/winograd/loops.h"

}  // namespace

const WinogradKernels* const kAvx2Winograd = &kKernels;

}  // namespace resnet

#include "shared/target/end.h"
#else

namespace resnet {
const WinogradKernels* const kAvx2Winograd = nullptr;
}

#endif
