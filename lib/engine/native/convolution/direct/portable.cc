// The direct kernels in the compiler's own vectors, for any processor.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

#define RESNET_PORTABLE
#include "convolution/direct/loops.h"

namespace resnet {
namespace {
const Kernels kKernels = KernelsOf<Portable>();
}
const Kernels* const kPortableKernels = &kKernels;
}  // namespace resnet
