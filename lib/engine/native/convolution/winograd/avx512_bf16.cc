// Winograd's kernels for processors with AVX-512 and its products of bfloat16.

#include <cstdint>
#include <utility>

#include "convolution/winograd/winograd.h"
#include "shared/scratch.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "shared/target/avx512_bf16.h"
#define RESNET_AVX512
#define RESNET_BF16

namespace resnet {
namespace {

constexpr int kLanes = 16;
constexpr bool kBfloat16 = true;

#include "convolution/winograd/loops.h"

}  // namespace

const WinogradKernels* const kAvx512Bf16Winograd = &kKernels;

}  // namespace resnet

#include "shared/target/end.h"
#else

namespace resnet {
const WinogradKernels* const kAvx512Bf16Winograd = nullptr;
}

#endif
