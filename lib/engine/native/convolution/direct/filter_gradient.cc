// The gradient of a convolution's filter.

#include <algorithm>
#include <utility>
#include <vector>

#include "convolution/direct/direct.h"
#include "convolution/direct/packing.h"
#include "shared/parallel.h"

namespace resnet {
namespace {

// The filter's gradient over some images.
class FilterShare {
 public:
  FilterShare(const Kernels& kernels, const Convolution& shape, const Convolution& original)
      : kernels_(kernels), s_(shape) {
    const int64_t lanes = kernels_.lanes, taps = Taps(), pixels = s_.out_h * s_.out_w;
    Packing& p = x_;
    p.h = s_.in_h, p.w = s_.in_w, p.c = s_.in_c;
    p.block_numbers = kBlock;
    if (s_.in_c != original.in_c) TakeNeighbors(original, p);
    few_ = p.neighbors > 1 && taps == 3 && s_.in_c <= kernels_.few;
    // A vector has as many lanes as a block, or half as many.
    width_ = few_ || (s_.out_c <= lanes && lanes == kBlock) ? kBlock : 2 * lanes;
    // A tile goes through the pixels that see one tap, so there are no margins, but where it has three taps.
    p.side_by_side = !few_;
    p.stride_h = s_.stride_h, p.stride_w = s_.stride_w;
    p.rows = s_.in_h, p.columns = s_.in_w;
    if (few_) p.top = s_.pad_top, p.rows = (s_.out_h - 1) * s_.stride_h + s_.kernel_h;
    for (int64_t tap = 0; tap < taps; ++tap) {
      p.kept_h = std::max(p.kept_h, Modulo(tap / s_.kernel_w - s_.pad_top + p.top, s_.stride_h) + 1);
      p.kept_w = std::max(p.kept_w, Modulo(tap % s_.kernel_w - s_.pad_left, s_.stride_w) + 1);
    }
    // Tiles are of 16 cells of each pixel.
    p.Arrange(Turns() ? kBlock
                      : std::clamp<int64_t>(128 / pixels, 1, CeilDiv(CeilDiv(s_.batch, Cores()), kernels_.numbers)));

    Packing& d = dy_;
    d.h = s_.out_h, d.w = s_.out_w, d.c = s_.out_c;
    d.block_numbers = kBlock;
    d.side_by_side = p.side_by_side;
    d.rows = s_.out_h, d.columns = s_.out_w;
    d.Arrange(p.images);
    // The two blocks of a panel lie side by side in each pixel.
    for (size_t i = 0; i < d.blocks.size(); ++i) {
      const int64_t channel = i * kBlock, panel = channel / width_ * width_;
      d.blocks[i] = panel * p.images * pixels + channel - panel;
    }
    parts_ = MakeParts(p.images);
  }

  int64_t Width() const { return width_; }
  int64_t Sums() const { return RoundUp(s_.in_c, kBlock) * Taps() * RoundUp(s_.out_c, kBlock); }

  // Where the sums for a tap, a channel of x and a panel of dy's channels are.
  int64_t At(int64_t tap, int64_t in, int64_t panel) const {
    const int64_t taps = Taps(), wide = WidthOf(panel), c = in % kBlock;
    const int64_t start = RoundUp(s_.in_c, kBlock) * taps * panel + (in - c) * taps * wide;
    return start + (few_ ? c * 3 + tap : tap * kBlock + c) * wide;
  }

  void Add(const float* x, const float* dy, int64_t begin, int64_t end, float* sums) const {
    const int64_t x_size = s_.in_h * s_.in_w * s_.in_c / x_.neighbors, dy_size = s_.out_h * s_.out_w * s_.out_c;
    // A gradient of one panel is packed as it is.
    const bool packed = kernels_.numbers == 1 && s_.out_c == width_ && x_.images == 1;
    float* xs = Scratch(kSource, x_.Size());
    float* dys = packed ? nullptr : Scratch(kGradient, GradientSize());
    const int64_t chunk = x_.images * kernels_.numbers;
    for (int64_t image = begin; image < end; image += chunk) {
      const int64_t count = std::min(chunk, end - image);
      const int64_t cells = Turns() ? x_.images : CeilDiv(count, kernels_.numbers);
      if (Turns() && count < chunk) {
        std::fill_n(xs, x_.Size(), 0.0f);
        std::fill_n(dys, GradientSize(), 0.0f);
      }
      x_.Pack(kernels_, x + image * x_size, count, true, xs);
      if (Turns()) {
        for (const int64_t block : x_.blocks) kernels_.turn_squares(xs + block, x_.BlockSize() / (kBlock * kBlock));
      }
      if (!packed) PackGradient(dy + image * dy_size, count, dys);
      const int64_t next = image + count, next_end = std::min(next + chunk, end), steps = Steps();
      Ahead ahead[] = {Soon(x + next * x_size, x + next_end * x_size, steps / 2),
                       Soon(dy + next * dy_size, dy + next_end * dy_size, steps / 2)};
      AddChunk(xs, packed ? dy + image * dy_size : dys, cells, sums, ahead);
    }
  }

 private:
  int64_t Taps() const { return s_.kernel_h * s_.kernel_w; }
  bool Turns() const { return kernels_.turn_squares && !few_; }
  int64_t GradientSize() const { return x_.images * s_.out_h * s_.out_w * RoundUp(s_.out_c, width_); }
  int64_t WidthOf(int64_t panel) const {
    return kernels_.lanes == kBlock && s_.out_c - panel <= kBlock ? kBlock : width_;
  }

  void PackGradient(const float* dy, int64_t count, float* to) const {
    // The last panel may be of another width, which a pixel takes as many cells as.
    const int64_t last = (s_.out_c - 1) / width_ * width_;
    PackGradientOf(dy, count, 0, WidthOf(last) == width_ ? s_.out_c : last, width_, to);
    if (WidthOf(last) != width_) PackGradientOf(dy, count, last, s_.out_c, WidthOf(last), to);
  }

  void PackGradientOf(const float* dy, int64_t count, int64_t begin, int64_t end, int64_t wide, float* to) const {
    if (begin == end) return;
    PackJob job{};
    job.from = dy + begin;
    job.images = count, job.h = s_.out_h, job.w = s_.out_w, job.c = s_.out_c, job.channels = end - begin;
    job.image_size = s_.out_h * s_.out_w * s_.out_c;
    job.rows = s_.out_h, job.columns = s_.out_w;
    job.stride_h = job.stride_w = job.kept_h = job.kept_w = 1;
    job.image_pairs = true;
    job.to = to;
    job.blocks = dy_.blocks.data() + begin / kBlock;
    const int64_t scale = wide / kBlock;
    job.image_step = dy_.image_step * scale, job.row_step = dy_.row_step * scale;
    job.column_step = dy_.column_step * scale;
    kernels_.pack(job);
  }

  // About how often a chunk's tiles take up a stretch.
  int64_t Steps() const {
    return s_.out_h * (few_ ? 1 : Taps()) * CeilDiv(s_.in_c, kernels_.channels[width_ / kernels_.lanes]) *
           CeilDiv(s_.out_c, width_);
  }

  // The rows of dy that see a row of x at a tap, or its columns.
  static std::pair<int64_t, int64_t> Seeing(int64_t out, int64_t in, int64_t stride, int64_t offset) {
    const int64_t begin = offset < 0 ? CeilDiv(-offset, stride) : 0;
    const int64_t end = in > offset ? CeilDiv(in - offset, stride) : 0;
    return {std::min(begin, out), std::clamp(end, std::min(begin, out), out)};
  }

  // The pixels that each tap is for, or all three, among some rows of dy.
  using Part = std::vector<std::vector<Stretch>>;

  // Of `cells` images, parts that stay in the first cache.
  std::vector<Part> MakeParts(int64_t cells) const {
    const int64_t rows = std::max<int64_t>(1, 128 / (s_.out_w * x_.images));
    std::vector<Part> parts;
    for (int64_t row = 0; row < s_.out_h; row += rows) {
      Part part;
      for (int64_t tap = 0; tap < (few_ ? 1 : Taps()); ++tap) {
        part.push_back(MakeStretches(tap, row, std::min(rows, s_.out_h - row), cells));
      }
      parts.push_back(std::move(part));
    }
    return parts;
  }

  std::vector<Stretch> MakeStretches(int64_t tap, int64_t first_row, int64_t rows, int64_t cells) const {
    const int64_t a = tap / s_.kernel_w - s_.pad_top, b = tap % s_.kernel_w - s_.pad_left;
    auto [top, bottom] = few_ ? std::make_pair(int64_t{0}, s_.out_h) : Seeing(s_.out_h, s_.in_h, s_.stride_h, a);
    top = std::max(top, first_row), bottom = std::min(bottom, first_row + rows);
    const auto [begin, end] = few_ ? std::make_pair(int64_t{0}, s_.out_w) : Seeing(s_.out_w, s_.in_w, s_.stride_w, b);
    // Of images side by side, those that are there.
    const int64_t places = x_.side_by_side ? x_.images : 1, taken = x_.side_by_side ? cells : 1;
    std::vector<Stretch> stretches;
    for (int64_t y = top; y < bottom && begin < end; ++y) {
      const int64_t from = x_.At(x_.top + y * s_.stride_h + a, begin * s_.stride_w + b);
      const int64_t to = (y * s_.out_w + begin) * places;
      if (taken == places) {
        stretches.push_back({from, to, (end - begin) * places});
      } else {
        for (int64_t x = 0; x < end - begin; ++x) {
          stretches.push_back({from + x * x_.column_step, to + x * places, taken});
        }
      }
    }
    return stretches;
  }

  void AddChunk(const float* xs, const float* dys, int64_t cells, float* sums, Ahead (&ahead)[2]) const {
    if (few_) {
      for (int64_t image = 0; image < cells; ++image) {
        const int64_t pixels = image * s_.out_h * s_.out_w;
        for (const Part& part : parts_) AddPart(part, xs + image * x_.image_step, dys, pixels, sums, ahead);
      }
    } else if (cells < x_.images) {
      for (const Part& part : MakeParts(cells)) AddPart(part, xs, dys, 0, sums, ahead);
    } else {
      for (const Part& part : parts_) AddPart(part, xs, dys, 0, sums, ahead);
    }
  }

  void AddPart(const Part& part, const float* xs, const float* dys, int64_t first_pixel, float* sums,
               Ahead (&ahead)[2]) const {
    FilterSweep sweep{};
    sweep.few = few_;
    if (few_) {
      for (int64_t t = 0; t < 3; ++t) sweep.taps[t] = x_.At(t, 0) - x_.At(0, 0);
    }
    for (int64_t panel = 0; panel < s_.out_c; panel += width_) {
      sweep.dy = dys + panel * x_.images * s_.out_h * s_.out_w + first_pixel * WidthOf(panel);
      sweep.vectors = WidthOf(panel) / kernels_.lanes;
      const int64_t at_once = Turns() ? 2 * kBlock : kBlock;
      sweep.x_step = x_.block_step, sweep.sums_step = kBlock * Taps() * WidthOf(panel);
      for (int64_t block = 0; block < s_.in_c; block += at_once) {
        sweep.x = xs + block / kBlock * x_.block_step;
        sweep.channels = std::min(at_once, s_.in_c - block);
        sweep.blocks = CeilDiv(sweep.channels, kBlock);
        for (size_t tap = 0; tap < part.size(); ++tap) {
          sweep.stretches = part[tap].data(), sweep.count = part[tap].size();
          sweep.sums = sums + At(tap, block, panel);
          // One after the other, as they are needed.
          sweep.ahead = &ahead[ahead[0].at < ahead[0].end ? 0 : 1];
          kernels_.filter_sweep(sweep);
        }
      }
    }
  }

  const Kernels& kernels_;
  const Convolution& s_;
  Packing x_{}, dy_{};
  std::vector<Part> parts_;
  int64_t width_ = 0;
  bool few_ = false;
};

}  // namespace

void DirectFilterGradient(const Kernels& kernels, const Convolution& shape, const float* x, const float* dy,
                          float* dfilter) {
  const Convolution s = TakesNeighbors(shape) ? WithNeighbors(shape) : shape;
  const FilterShare share(kernels, s, shape);
  // Each share has sums of its own, always of the same images, so that the result is always the same.
  const int64_t shares = std::min<int64_t>(Cores(), s.batch), size = share.Sums();
  float* sums = Scratch(kSums, shares * size);
  Parallel(shares, [&](int i) {
    std::fill_n(sums + i * size, size, 0.0f);
    share.Add(x, dy, s.batch * i / shares, s.batch * (i + 1) / shares, sums + i * size);
  });
  const int64_t width = share.Width();
  Parallel(s.kernel_h * s.kernel_w, [&](int tap) {
    for (int64_t in = 0; in < s.in_c; ++in) {
      for (int64_t panel = 0; panel < s.out_c; panel += width) {
        float* to = dfilter + (tap * s.in_c + in) * s.out_c + panel;
        const float* from = sums + share.At(tap, in, panel);
        const int64_t lanes = std::min(width, s.out_c - panel);
        std::copy_n(from, lanes, to);
        for (int64_t i = 1; i < shares; ++i) {
          for (int64_t lane = 0; lane < lanes; ++lane) to[lane] += from[i * size + lane];
        }
      }
    }
  });
}

}  // namespace resnet
