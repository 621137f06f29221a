#include "convolution/direct/bands.h"

#include <algorithm>

#include "shared/scratch.h"

namespace resnet {
namespace {

// Numbers of a source that a band shall see: 256 KB.
constexpr int64_t kBandNumbers = 65536;

// Maps are packed in blocks of 16 channels.
int64_t RowNumbers(int64_t columns, int64_t channels) {
  return columns * RoundUp(channels, 16);
}

// Bands of about equal numbers of rows.
int64_t Bands(int64_t source_rows, int64_t row_numbers, int64_t result_rows) {
  if (source_rows * row_numbers <= 2 * kBandNumbers) return 1;
  return std::clamp<int64_t>(CeilDiv(source_rows * row_numbers, kBandNumbers), 1,
                             std::max<int64_t>(1, result_rows / 4));
}

}  // namespace

int64_t ForwardBands(const Convolution& s) {
  return Bands(s.in_h, RowNumbers(s.in_w, s.in_c), s.out_h);
}

Band ForwardBand(const Convolution& s, int64_t band) {
  const int64_t bands = ForwardBands(s), first = s.out_h * band / bands, end = s.out_h * (band + 1) / bands;
  const int64_t top = first * s.stride_h - s.pad_top, bottom = (end - 1) * s.stride_h - s.pad_top + s.kernel_h;
  const int64_t from = std::clamp<int64_t>(top, 0, s.in_h - 1), to = std::clamp<int64_t>(bottom, from + 1, s.in_h);
  Convolution shape = s;
  shape.batch = 1, shape.in_h = to - from, shape.out_h = end - first, shape.pad_top = from - top;
  return {shape, from, first};
}

int64_t InputGradientBands(const Convolution& s) {
  return Bands(s.out_h, RowNumbers(s.out_w, s.out_c), s.in_h);
}

Band InputGradientBand(const Convolution& s, int64_t band) {
  const int64_t bands = InputGradientBands(s), first = s.in_h * band / bands, end = s.in_h * (band + 1) / bands;
  // dx[a] sums dy[(a + pad - k) / stride].
  const int64_t top = first + s.pad_top - (s.kernel_h - 1), bottom = (end - 1 + s.pad_top) / s.stride_h + 1;
  const int64_t from = std::clamp<int64_t>(top <= 0 ? 0 : top / s.stride_h, 0, s.out_h - 1);
  const int64_t to = std::clamp<int64_t>(bottom, from + 1, s.out_h);
  Convolution shape = s;
  shape.batch = 1, shape.in_h = end - first, shape.out_h = to - from;
  shape.pad_top = s.pad_top + first - s.stride_h * from;
  return {shape, from, first};
}

}  // namespace resnet
