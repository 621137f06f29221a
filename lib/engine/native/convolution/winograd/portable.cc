// Winograd's kernels in the compiler's own vectors, for any processor.

#include <cstdint>
#include <utility>

#include "convolution/winograd/winograd.h"
#include "shared/scratch.h"

namespace resnet {
namespace {

constexpr int kLanes = 8;
constexpr bool kBfloat16 = false;

#include "convolution/winograd/loops.h"

}  // namespace

const WinogradKernels* const kPortableWinograd = &kKernels;

}  // namespace resnet
