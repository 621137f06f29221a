// The direct kernels for processors with AVX-512.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "shared/target/avx512.h"
#define RESNET_AVX512
#include "convolution/direct/loops.h"

namespace resnet {
namespace {
const Kernels kKernels = KernelsOf<Avx512>();
}
const Kernels* const kAvx512Kernels = &kKernels;
}  // namespace resnet

#include "shared/target/end.h"

#else

namespace resnet {
const Kernels* const kAvx512Kernels = nullptr;
}

#endif
