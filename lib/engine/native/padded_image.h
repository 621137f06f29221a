// What the convolutions share: vectors, aligned memory, and pictures with margins of zeros.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "convolution.h"
#include "fast.h"

namespace resnet {

// Channels in a tile: two vectors of eight.
constexpr int64_t kLanes = 16;
// Pixels, or rows of a filter, in a tile: 6 x 2 sums, two weights and a value fill the 16 registers.
constexpr int64_t kRows = 6;

// Eight numbers; the compilers know arithmetic on them, and that of a number with a vector.
using Vector = float __attribute__((vector_size(32), may_alias));

// The vector at an aligned place.
inline const Vector& VectorAt(const float* place) { return *reinterpret_cast<const Vector*>(place); }
inline Vector& VectorAt(float* place) { return *reinterpret_cast<Vector*>(place); }

inline int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

using Buffer = std::unique_ptr<float, decltype(&std::free)>;

// Memory for `count` numbers, aligned for vectors.
inline Buffer NewBuffer(int64_t count) {
  const size_t bytes = CeilDiv(count * sizeof(float) + 1, 64) * 64;
  return {static_cast<float*>(std::aligned_alloc(64, bytes)), std::free};
}

// Memory that a thread keeps from one operation to the next. Each use of it has a slot of its own.
inline float* Scratch(int slot, int64_t count) {
  struct Kept {
    Buffer memory{nullptr, std::free};
    int64_t count = 0;
  };
  static thread_local Kept slots[2];
  Kept& kept = slots[slot];
  if (kept.count < count) kept = {NewBuffer(count), count};
  return kept.memory.get();
}

// The sizes of a picture, and the margins around it.
struct PaddedImage {
  int64_t h, w, c;
  int64_t top, left, bottom, right;

  int64_t Rows() const { return top + h + bottom; }
  int64_t Columns() const { return left + w + right; }
  int64_t RowSize() const { return Columns() * c; }
  int64_t Size() const { return Rows() * RowSize(); }
  bool HasMargins() const { return top + left + bottom + right > 0; }
};

// A convolution's input with what its filter sees around it.
inline PaddedImage PaddedInput(const Convolution& s) {
  const auto behind = [](int64_t out, int64_t stride, int64_t kernel, int64_t before, int64_t in) {
    const int64_t missing = (out - 1) * stride + kernel - before - in;
    return missing > 0 ? missing : 0;
  };
  return {s.in_h,
          s.in_w,
          s.in_c,
          s.pad_top,
          s.pad_left,
          behind(s.out_h, s.stride_h, s.kernel_h, s.pad_top, s.in_h),
          behind(s.out_w, s.stride_w, s.kernel_w, s.pad_left, s.in_w)};
}

}  // namespace resnet
