// What the operations that compute a batch's moments have in common: attributes, two inputs and four outputs.

#pragma once

#include "batch_norm/batch_norm.h"
#include "shared/operation.h"

namespace resnet {

struct MomentsAttributes {
  void Read(AttributeReader& reader) {
    reader.Read("epsilon", epsilon);
    reader.Read("momentum", momentum);
  }

  float epsilon = 0, momentum = 0;
};

inline Pixels PixelsOf(const Sizes& x) {
  return {x[0] * x[1] * x[2], x[3]};
}

// Takes the moving mean and variance, and gives the next ones, the batch's mean and its inverse deviation.
class MomentsOutputs {
 public:
  MomentsOutputs(Call& call, const MomentsAttributes& attributes, const Pixels& shape, int first_input,
                 int first_output)
      : attributes_(attributes),
        shape_(shape),
        mean_(call.Input(first_input, 1)),
        variance_(call.Input(first_input + 1, 1)) {
    if (!call.Fine()) return;
    const Sizes channels{shape.channels};
    if (SizesOf(mean_) != channels || SizesOf(variance_) != channels) {
      call.Refuse("statistics of other channels than x's");
      return;
    }
    for (int i = 0; i < 4; ++i) outputs_.push_back(call.Output(first_output + i, channels));
  }

  // Where the batch's moments are to be written.
  float* Mean() const { return Values(outputs_[2]); }
  float* Variance() const { return Values(outputs_[3]); }

  // Makes the outputs of them.
  void Finish() const {
    const MovingStatistics moving{Values(mean_), Values(variance_), Values(outputs_[0]), Values(outputs_[1])};
    UpdateStatistics(shape_, attributes_.epsilon, attributes_.momentum, moving, Mean(), Variance());
  }

 private:
  const MomentsAttributes& attributes_;
  Pixels shape_;
  Tensor mean_, variance_;
  std::vector<Tensor> outputs_;
};

}  // namespace resnet
