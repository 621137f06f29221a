// Large images band by band: what a band of rows of the result needs of an image stays in the second cache.

#pragma once

#include "convolution/convolution.h"

namespace resnet {

// Rows of a result that are computed by themselves, as a convolution of fewer rows.
struct Band {
  Convolution shape;  // of one image
  // Rows of the source and of the result before the band's.
  int64_t source_row, result_row;
};

// How many bands an image's result has, and one of them.
int64_t ForwardBands(const Convolution& shape);
Band ForwardBand(const Convolution& shape, int64_t band);
int64_t InputGradientBands(const Convolution& shape);
Band InputGradientBand(const Convolution& shape, int64_t band);

}  // namespace resnet
