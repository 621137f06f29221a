// Batch normalization in training as TensorFlow operations:
//
//   BatchNormMoments(x, mean, variance) -> next_mean, next_variance, batch_mean, inverse_deviation
//   BatchNormApply(x, scale, offset, batch_mean, inverse_deviation) -> y
//   BatchNormApplyAdd(x, scale, offset, batch_mean, inverse_deviation, addend) -> y
//   BatchNormGradient(dy, x, scale, offset, batch_mean, inverse_deviation) -> dx, dscale, doffset
//
// float32, pictures [batch, h, w, channels], the others [channels]. `mean` and `variance` are the moving ones; the
// batch's enter them by 1 - momentum, the variance unbiased. With the attribute relu a ReLU comes last.

#include <algorithm>

#include "batch_norm/batch_norm.h"
#include "batch_norm/moments_outputs.h"
#include "shared/operation.h"

namespace resnet {
namespace {

// The one attribute of the other operations.
void* MakeRelu(TF_OpKernelConstruction* context) {
  auto* relu = new bool();
  AttributeReader(context).Read("relu", *relu);
  return relu;
}

void DestroyRelu(void* relu) {
  delete static_cast<bool*>(relu);
}

void ComputeMoments(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<MomentsAttributes*>(kernel);
  Call call(context);
  Tensor x = call.Input(0, 4);
  if (!call.Fine()) return;
  const Pixels shape = PixelsOf(SizesOf(x));
  MomentsOutputs outputs(call, attributes, shape, 1, 0);
  if (!call.Fine()) return;
  Moments(shape, Values(x), outputs.Mean(), outputs.Variance());
  outputs.Finish();
}

// The four inputs, from `first` on, that a picture is normalized by.
class Normalizing {
 public:
  Normalizing(Call& call, int first) {
    for (int i = 0; i < 4; ++i) tensors_.push_back(call.Input(first + i, 1));
  }

  bool Has(int64_t channels) const {
    return std::all_of(tensors_.begin(), tensors_.end(),
                       [&](const Tensor& t) { return TF_Dim(t.get(), 0) == channels; });
  }

  Normalization All() const {
    return {Values(tensors_[0]), Values(tensors_[1]), Values(tensors_[2]), Values(tensors_[3])};
  }

 private:
  std::vector<Tensor> tensors_;
};

void ComputeApply(void* kernel, TF_OpKernelContext* context) {
  const bool relu = *static_cast<bool*>(kernel);
  Call call(context);
  Tensor x = call.Input(0, 4);
  const Normalizing norm(call, 1);
  if (!call.Fine()) return;
  const Sizes sizes = SizesOf(x);
  const Pixels shape = PixelsOf(sizes);
  if (!norm.Has(shape.channels)) return call.Refuse("parameters of other channels than x's");
  const bool adds = call.Inputs() == 6;
  Tensor y = adds ? call.OutputInPlace(0, 5, sizes) : call.Output(0, sizes);
  Tensor addend = call.Input(adds ? 5 : 0, 4);
  if (!call.Fine()) return;
  if (SizesOf(addend) != sizes) return call.Refuse("the addend is of another shape");
  Normalize(shape, norm.All(), Values(x), adds ? Values(addend) : nullptr, relu, Values(y));
}

void ComputeGradient(void* kernel, TF_OpKernelContext* context) {
  const bool relu = *static_cast<bool*>(kernel);
  Call call(context);
  Tensor x = call.Input(1, 4);
  const Normalizing norm(call, 2);
  if (!call.Fine()) return;
  const Sizes sizes = SizesOf(x);
  const Pixels shape = PixelsOf(sizes);
  if (!norm.Has(shape.channels)) return call.Refuse("parameters of other channels than x's");
  Tensor dx = call.OutputInPlace(0, 0, sizes), dy = call.Input(0, 4);
  Tensor dscale = call.Output(1, {shape.channels}), doffset = call.Output(2, {shape.channels});
  if (!call.Fine()) return;
  if (SizesOf(dy) != sizes) return call.Refuse("dy and x differ in shape");
  NormalizeGradient(shape, norm.All(), Values(x), Values(dy), relu, Values(dx), Values(dscale), Values(doffset));
}

}  // namespace

const std::vector<Operation>& BatchNormOperations() {
  static const std::vector<Operation> operations{
      {"BatchNormMoments",
       {"x: float", "mean: float", "variance: float"},
       {"next_mean: float", "next_variance: float", "batch_mean: float", "inverse_deviation: float"},
       {"epsilon: float", "momentum: float"},
       ShapesLike<1, 1, 1, 1>,
       Make<MomentsAttributes>,
       ComputeMoments,
       Destroy<MomentsAttributes>},
      {"BatchNormApply",
       {"x: float", "scale: float", "offset: float", "batch_mean: float", "inverse_deviation: float"},
       {"y: float"},
       {"relu: bool"},
       ShapesLike<0>,
       MakeRelu,
       ComputeApply,
       DestroyRelu},
      {"BatchNormApplyAdd",
       {"x: float", "scale: float", "offset: float", "batch_mean: float", "inverse_deviation: float", "addend: float"},
       {"y: float"},
       {"relu: bool"},
       ShapesLike<0>,
       MakeRelu,
       ComputeApply,
       DestroyRelu},
      {"BatchNormGradient",
       {"dy: float", "x: float", "scale: float", "offset: float", "batch_mean: float", "inverse_deviation: float"},
       {"dx: float", "dscale: float", "doffset: float"},
       {"relu: bool"},
       ShapesLike<1, 2, 2>,
       MakeRelu,
       ComputeGradient,
       DestroyRelu},
  };
  return operations;
}

}  // namespace resnet
