// How images are laid out for the direct kernels.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "convolution/convolution.h"
#include "convolution/direct/kernels.h"
#include "shared/scratch.h"

namespace resnet {

// Of a remainder that may be asked of a negative number.
inline int64_t Modulo(int64_t a, int64_t b) {
  return (a % b + b) % b;
}

// Images as they are packed, either with margins of zeros and the columns side by side, or without margins and the
// images side by side. The latter is for small maps: a tile then is the same pixel of many images, which all see the
// same part of the filter, so that no margin is multiplied.
struct Packing {
  int64_t h, w, c;  // of a image
  int64_t stride_h = 1, stride_w = 1, kept_h = 1, kept_w = 1;
  int64_t top = 0, left = 0, rows, columns;  // packed, with margins
  // Few channels: a pixel is packed with its neighbors to the right, so many in all, as if it had all their channels.
  int64_t neighbors = 1, margin_left = 0, margin_right = 0;
  bool side_by_side;
  int64_t block_numbers;  // channels of a block
  int64_t images;         // in cells: two images may share one
  int64_t image_step, row_step, plane_step, column_step, block_step;
  std::vector<int64_t> blocks;

  void Arrange(int64_t images_at_a_time) {
    images = images_at_a_time;
    column_step = side_by_side ? images * kBlock : kBlock;
    plane_step = CeilDiv(columns, stride_w) * column_step;
    row_step = kept_w * plane_step;
    const int64_t image = ImageSize();
    image_step = side_by_side ? kBlock : image;
    // Behind the last pixel a group may look on; blocks a multiple of 4 KB apart would take each other's place in the
    // cache.
    block_step = BlockSize() + kBlock;
    if (block_step % 1024 == 0) block_step += kBlock;
    blocks.resize(CeilDiv(c, block_numbers));
    for (size_t i = 0; i < blocks.size(); ++i) blocks[i] = i * block_step;
  }

  // Cells of a block that are packed.
  int64_t BlockSize() const { return side_by_side ? ImageSize() : images * ImageSize(); }

  int64_t Size() const { return blocks.size() * block_step + 16 * kBlock; }

  // Where a pixel is, its row and column counted from the margins' corner.
  int64_t At(int64_t y, int64_t x) const {
    return (y / stride_h * kept_h + y % stride_h) * row_step + x % stride_w * plane_step + x / stride_w * column_step;
  }

  void Pack(const Kernels& kernels, const float* from, int64_t count, bool pairs, float* to) const {
    PackJob job{};
    job.from = from;
    job.images = count, job.h = h, job.w = w, job.c = c / neighbors, job.channels = c;
    if (neighbors > 1) job.from = WithMargins(from, count), job.w += margin_left + margin_right;
    job.image_size = job.h * job.w * job.c;
    job.first_row = -top, job.rows = rows, job.left = left, job.columns = columns;
    job.stride_h = stride_h, job.stride_w = stride_w, job.kept_h = kept_h, job.kept_w = kept_w;
    job.image_pairs = pairs;
    job.to = to;
    job.blocks = blocks.data();
    job.image_step = image_step, job.row_step = row_step, job.plane_step = plane_step, job.column_step = column_step;
    kernels.pack(job);
  }

 private:
  // Cells of a block of an image, or of all of them side by side.
  int64_t ImageSize() const { return CeilDiv(rows, stride_h) * kept_h * row_step; }

  const float* WithMargins(const float* from, int64_t count) const {
    const int64_t pixel = c / neighbors, row = (margin_left + w + margin_right) * pixel;
    float* copies = Scratch(kMargins, count * h * row);
    float* to = copies;
    for (int64_t i = 0; i < count * h; ++i, from += w * pixel) {
      to = std::fill_n(to, margin_left * pixel, 0.0f);
      to = std::copy_n(from, w * pixel, to);
      to = std::fill_n(to, margin_right * pixel, 0.0f);
    }
    return copies;
  }
};

// Whether images of few channels are better packed with their neighbors: a filter of 3x3 pixels of 3 channels becomes
// one of 3x1 pixels of 9, a third as many rounds of the loops, and of the cells in a block less than half are empty.
inline bool TakesNeighbors(const Convolution& s) {
  // Neighbors are counted from pixels of the image, which a result far in its margin isn't.
  const bool starts_inside = (s.out_w - 1) * s.stride_w < s.in_w;
  return s.kernel_w > 1 && s.in_c * s.kernel_w <= kBlock && starts_inside;
}

inline Convolution WithNeighbors(const Convolution& s) {
  Convolution wide = s;
  wide.in_c = s.in_c * s.kernel_w, wide.kernel_w = 1, wide.pad_left = 0;
  return wide;
}

inline void TakeNeighbors(const Convolution& s, Packing& packing) {
  packing.neighbors = s.kernel_w, packing.margin_left = s.pad_left;
  packing.margin_right = std::max<int64_t>(0, (s.out_w - 1) * s.stride_w + s.kernel_w - s.pad_left - s.in_w);
}

// What a thread is likely to read next, to be fetched during the last of `steps` steps, so that it isn't driven out
// again.
inline Ahead Soon(const float* from, const float* to, int64_t steps) {
  const char *at = reinterpret_cast<const char*>(from), *end = reinterpret_cast<const char*>(to);
  return {at, end, steps - CeilDiv(end - at, kLine * kLinesAtOnce)};
}

}  // namespace resnet
