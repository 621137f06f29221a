#include "convolution/winograd/winograd.h"

#include <algorithm>

#include "shared/parallel.h"
#include "shared/scratch.h"

namespace resnet {
namespace {

// Tasks for each core: one that is held up is waited for less.
constexpr int64_t kTasksPerCore = 4;

WinogradShape ShapeOf(const Convolution& s) {
  return {s.batch, s.in_h, s.in_w, s.in_c, s.out_c};
}

void Correlate(const WinogradKernels& kernels, const Correlation& given) {
  const WinogradShape& s = given.shape;
  float* transformed = nullptr;
  if (!kernels.has_large_filter(s)) {
    const int64_t parts = kernels.filter_parts(s), size = kernels.filter_part_size(s);
    transformed = Scratch(kPanels, parts * size);
    Parallel(parts, [&](int i) { kernels.transform_filter(s, given.filter, i, transformed + i * size); });
  }
  const int64_t blocks = kernels.blocks(s), tasks = std::min(blocks, kTasksPerCore * Cores());
  if (given.epilogue) given.epilogue->Begin(blocks);
  Parallel(tasks, [&](int i) { kernels.correlate(given, transformed, blocks * i / tasks, blocks * (i + 1) / tasks); });
}

}  // namespace

bool FitsWinograd(const Convolution& s) {
  if (s.kernel_h != 3 || s.kernel_w != 3 || s.stride_h != 1 || s.stride_w != 1 || s.pad_top != 1 || s.pad_left != 1 ||
      s.in_h != s.out_h || s.in_w != s.out_w || s.in_c % 16 != 0 || s.out_c % 16 != 0) {
    return false;
  }
  const int64_t tiles = CeilDiv(s.in_h, 4) * CeilDiv(s.in_w, 4);
  // What a tile has outside of the image is computed in vain; a filter is transformed in vain for a few tiles.
  return 16 * tiles <= 2 * s.in_h * s.in_w && s.batch * tiles >= 8;
}

void WinogradConvolve(const WinogradKernels& kernels, const Convolution& s, const float* x, const float* filter,
                      float* y, Epilogue* epilogue) {
  Correlate(kernels, {ShapeOf(s), {x}, filter, nullptr, y, nullptr, epilogue});
}

void WinogradConvolveAndPool(const WinogradKernels& kernels, const Convolution& s, const float* x, const float* filter,
                             float* y, uint8_t* places) {
  Correlate(kernels, {ShapeOf(s), {x}, filter, nullptr, y, places, nullptr});
}

void WinogradInputGradient(const WinogradKernels& kernels, const Convolution& s, const float* filter, const Maps& dy,
                           const float* addend, float* dx, Epilogue* epilogue) {
  float* turned = Scratch(kTurned, 9 * s.in_c * s.out_c);
  Parallel(9, [&](int tap) { kernels.turn(filter, s.in_c, s.out_c, tap, turned); });
  Correlate(kernels, {{s.batch, s.in_h, s.in_w, s.out_c, s.in_c}, dy, turned, addend, dx, nullptr, epilogue});
}

void WinogradFilterGradient(const WinogradKernels& kernels, const Convolution& s, const float* x, const Maps& dy,
                            float* dfilter) {
  // Each share has sums of its own, always of the same images, so that the result is always the same.
  const int64_t shares = std::min<int64_t>(Cores(), s.batch), size = 9 * s.in_c * s.out_c;
  float* others = Scratch(kTurned, (shares - 1) * size);
  Parallel(shares, [&](int i) {
    const int64_t begin = s.batch * i / shares, end = s.batch * (i + 1) / shares, pixels = begin * s.in_h * s.in_w;
    kernels.filter_gradient({end - begin, s.in_h, s.in_w, s.in_c, s.out_c}, x + pixels * s.in_c,
                            dy.From(pixels * s.out_c), i == 0 ? dfilter : others + (i - 1) * size);
  });
  if (shares == 1) return;
  Parallel(9, [&](int tap) {
    const int64_t part = s.in_c * s.out_c;
    float* to = dfilter + tap * part;
    for (int64_t i = 0; i + 1 < shares; ++i) {
      const float* from = others + i * size + tap * part;
      for (int64_t k = 0; k < part; ++k) to[k] += from[k];
    }
  });
}

}  // namespace resnet
