// What else is done with a result as it is computed, while it is in a core's cache.

#pragma once

#include <cstdint>

namespace resnet {

// Takes a result in stretches of pixels, each once, as soon as they are complete.
class Epilogue {
 public:
  virtual ~Epilogue() = default;

  // Is called first.
  virtual void Begin(int64_t stretches) = 0;

  // Is called by several threads at once.
  virtual void Apply(int64_t stretch, int64_t first_pixel, int64_t pixels) = 0;
};

}  // namespace resnet
