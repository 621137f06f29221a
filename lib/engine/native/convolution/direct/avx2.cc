// The direct kernels for processors with AVX2.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "shared/target/avx2.h"
#define RESNET_AVX2
#include "convolution/direct/loops.h"

namespace resnet {
namespace {
const Kernels kKernels = KernelsOf<Avx2>();
}
const Kernels* const kAvx2Kernels = &kKernels;
}  // namespace resnet

#include "shared/target/end.h"

#else

namespace resnet {
const Kernels* const kAvx2Kernels = nullptr;
}

#endif
