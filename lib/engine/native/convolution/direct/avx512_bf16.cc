// The direct kernels for processors with AVX-512 and its products of bfloat16.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "shared/target/avx512_bf16.h"
#define RESNET_AVX512
#define RESNET_BF16
#include "convolution/direct/loops.h"

namespace resnet {
namespace {
const Kernels kKernels = KernelsOf<Avx512Bf16>();
}
const Kernels* const kAvx512Bf16Kernels = &kKernels;
}  // namespace resnet

#include "shared/target/end.h"

#else

namespace resnet {
const Kernels* const kAvx512Bf16Kernels = nullptr;
}

#endif
