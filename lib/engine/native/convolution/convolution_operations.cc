// The convolutions as TensorFlow operations:
//
//   DirectConv2D(x, filter) -> y
//   DirectConv2DMoments(x, filter, mean, variance) -> y, and what BatchNormMoments gives of y
//   DirectConv2DBackpropInput(filter, dy) -> dx
//   DirectConv2DBackpropInputAdd(filter, dy, addend) -> dx + addend
//   DirectConv2DBackpropInputAddRelu(filter, dy, addend, rectified) -> dx + addend where `rectified` is above 0, else 0
//   DirectConv2DBackpropFilter(x, dy) -> dfilter
//
// and with max pooling of y by windows of 2x2, for what CanPool says:
//
//   DirectConv2DMaxPool(x, filter) -> pooled y, places
//   DirectConv2DBackpropInputMaxPool(filter, dy, places) -> dx
//   DirectConv2DBackpropFilterMaxPool(x, dy, places) -> dfilter
//
// float32, [batch, h, w, channels], filters [h, w, in, out]; places int32, [batch, h, w, channels / 4], a byte for each
// number of the pooled y. Attributes: strides [h, w], pads [top, left], and the
// sizes that don't follow from the inputs: [h, w] of the result; and a number of Arithmetic.

#include <optional>

#include "batch_norm/moments_outputs.h"
#include "convolution/convolution.h"
#include "shared/operation.h"

namespace resnet {
namespace {

struct Attributes {
  void Read(AttributeReader& reader) {
    reader.Read("strides", strides);
    reader.Read("pads", pads);
    reader.Read("size", size);
    int64_t number = 0;
    reader.Read("arithmetic", number);
    arithmetic = static_cast<Arithmetic>(number);
  }

  Sizes strides = Sizes(2), pads = Sizes(2), size = Sizes(2);
  Arithmetic arithmetic = Arithmetic::kFloat32;
};

struct MomentsConvolution {
  void Read(AttributeReader& reader) {
    convolution.Read(reader);
    moments.Read(reader);
  }

  Attributes convolution;
  MomentsAttributes moments;
};

// What the tensors of a convolution say of it: x [n, h, w, in], filter [h, w, in, out], y [n, h, w, out], any of
// which may be the result.
Convolution ShapeOf(const Sizes& x, const Sizes& filter, const Sizes& y, const Attributes& attributes) {
  const auto& [strides, pads, size, arithmetic] = attributes;
  return {x[0], x[1], x[2], x[3], y[1], y[2], y[3], filter[0], filter[1], strides[0], strides[1], pads[0], pads[1]};
}

bool FitEachOther(const Sizes& x, const Sizes& filter, const Sizes& y) {
  return x[0] == y[0] && x[3] == filter[2] && y[3] == filter[3];
}

// What a convolution takes, and its result's shape. Refuses what doesn't fit; nothing else is to be read then.
struct ForwardInputs {
  ForwardInputs(Call& call, const Attributes& attributes) : x(call.Input(0, 4)), filter(call.Input(1, 4)) {
    if (!call.Fine()) return;
    in = SizesOf(x), weights = SizesOf(filter), out = {in[0], attributes.size[0], attributes.size[1], weights[3]};
    if (!FitEachOther(in, weights, out)) call.Refuse("x and filter differ in channels");
  }

  Tensor x, filter;
  Sizes in, weights, out;
};

void ComputeForward(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  const ForwardInputs given(call, attributes);
  if (!call.Fine()) return;
  Tensor y = call.Output(0, given.out);
  if (!call.Fine()) return;
  Convolve(ShapeOf(given.in, given.weights, given.out, attributes), attributes.arithmetic, Values(given.x),
           Values(given.filter), Values(y));
}

// Sums a convolution's result for its moments.
class SumMoments : public Epilogue {
 public:
  SumMoments(const float* y, int64_t channels) : y_(y), channels_(channels) {}

  void Begin(int64_t stretches) override { sums_.emplace(channels_, stretches); }
  void Apply(int64_t stretch, int64_t first_pixel, int64_t pixels) override {
    sums_->Add(stretch, y_ + first_pixel * channels_, pixels);
  }
  void Write(float* mean, float* variance) const { sums_->Write(mean, variance); }

 private:
  const float* y_;
  int64_t channels_;
  std::optional<MomentSums> sums_;
};

void ComputeForwardAndMoments(void* kernel, TF_OpKernelContext* context) {
  const auto& [attributes, moments] = *static_cast<MomentsConvolution*>(kernel);
  Call call(context);
  const ForwardInputs given(call, attributes);
  if (!call.Fine()) return;
  Tensor y = call.Output(0, given.out);
  const MomentsOutputs outputs(call, moments, PixelsOf(given.out), 2, 1);
  if (!call.Fine()) return;
  SumMoments sums(Values(y), given.out[3]);
  Convolve(ShapeOf(given.in, given.weights, given.out, attributes), attributes.arithmetic, Values(given.x),
           Values(given.filter), Values(y), &sums);
  sums.Write(outputs.Mean(), outputs.Variance());
  outputs.Finish();
}

// The shapes of what is pooled, and of its places.
Sizes PooledOf(const Sizes& y) {
  return {y[0], y[1] / 2, y[2] / 2, y[3]};
}
Sizes UnpooledOf(const Sizes& pooled) {
  return {pooled[0], 2 * pooled[1], 2 * pooled[2], pooled[3]};
}
Sizes PlacesOf(const Sizes& pooled) {
  return {pooled[0], pooled[1], pooled[2], pooled[3] / 4};
}

constexpr const char* kCantPool = "windows of 2x2 can't be pooled along with this convolution";

void ComputeForwardAndPool(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  const ForwardInputs given(call, attributes);
  if (!call.Fine()) return;
  const Convolution shape = ShapeOf(given.in, given.weights, given.out, attributes);
  if (!CanPool(shape)) return call.Refuse(kCantPool);
  const Sizes pooled = PooledOf(given.out);
  Tensor y = call.Output(0, pooled), places = call.Output(1, PlacesOf(pooled), TF_INT32);
  if (!call.Fine()) return;
  ConvolveAndPool(shape, attributes.arithmetic, Values(given.x), Values(given.filter), Values(y), BytesIn(places));
}

// Sets a result to zero where ReLU let nothing pass.
class ReluGradient : public Epilogue {
 public:
  ReluGradient(const float* rectified, int64_t channels, float* dx)
      : rectified_(rectified), channels_(channels), dx_(dx) {}

  void Begin(int64_t) override {}
  void Apply(int64_t, int64_t first_pixel, int64_t pixels) override {
    const int64_t first = first_pixel * channels_;
    ZeroWhereRectified(pixels * channels_, rectified_ + first, dx_ + first);
  }

 private:
  const float* rectified_;
  int64_t channels_;
  float* dx_;
};

void ComputeInputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor filter = call.Input(0, 4), dy = call.Input(1, 4);
  if (!call.Fine()) return;
  const Sizes weights = SizesOf(filter), out = SizesOf(dy),
              in{out[0], attributes.size[0], attributes.size[1], weights[2]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("filter and dy differ in channels");
  const bool adds = call.Inputs() >= 3, rectifies = call.Inputs() == 4;
  Tensor dx = adds ? call.OutputInPlace(0, 2, in) : call.Output(0, in);
  Tensor addend = call.Input(adds ? 2 : 0, 4), rectified = call.Input(rectifies ? 3 : 0, 4);
  if (!call.Fine()) return;
  if (adds && SizesOf(addend) != in) return call.Refuse("the addend is of another shape");
  if (rectifies && SizesOf(rectified) != in) return call.Refuse("what was rectified is of another shape");
  ReluGradient relu(Values(rectified), in[3], Values(dx));
  InputGradient(ShapeOf(in, weights, out, attributes), attributes.arithmetic, Values(filter), Values(dy),
                adds ? Values(addend) : nullptr, Values(dx), rectifies ? &relu : nullptr);
}

void ComputeFilterGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor x = call.Input(0, 4), dy = call.Input(1, 4);
  if (!call.Fine()) return;
  const Sizes in = SizesOf(x), out = SizesOf(dy), weights{attributes.size[0], attributes.size[1], in[3], out[3]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("x and dy differ in batch size");
  Tensor dfilter = call.Output(0, weights);
  if (!call.Fine()) return;
  FilterGradient(ShapeOf(in, weights, out, attributes), attributes.arithmetic, Values(x), Values(dy), Values(dfilter));
}

void ComputePooledInputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor filter = call.Input(0, 4), dy = call.Input(1, 4), places = call.Input(2, 4);
  if (!call.Fine()) return;
  const Sizes weights = SizesOf(filter), out = UnpooledOf(SizesOf(dy)),
              in{out[0], attributes.size[0], attributes.size[1], weights[2]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("filter and dy differ in channels");
  const Convolution shape = ShapeOf(in, weights, out, attributes);
  if (SizesOf(places) != PlacesOf(SizesOf(dy)) || !CanPool(shape)) {
    return call.Refuse(kCantPool);
  }
  Tensor dx = call.Output(0, in);
  if (!call.Fine()) return;
  InputGradientOfPooled(shape, attributes.arithmetic, Values(filter), {Values(dy), BytesIn(places)}, Values(dx));
}

void ComputePooledFilterGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor x = call.Input(0, 4), dy = call.Input(1, 4), places = call.Input(2, 4);
  if (!call.Fine()) return;
  const Sizes in = SizesOf(x), out = UnpooledOf(SizesOf(dy)),
              weights{attributes.size[0], attributes.size[1], in[3], out[3]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("x and dy differ in batch size");
  const Convolution shape = ShapeOf(in, weights, out, attributes);
  if (SizesOf(places) != PlacesOf(SizesOf(dy)) || !CanPool(shape)) {
    return call.Refuse(kCantPool);
  }
  Tensor dfilter = call.Output(0, weights);
  if (!call.Fine()) return;
  FilterGradientOfPooled(shape, attributes.arithmetic, Values(x), {Values(dy), BytesIn(places)}, Values(dfilter));
}

// The result's depends on attributes; the others are of the moving mean's.
void LeaveFirstShapeOpen(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 2, shape, status);
  for (int output = 1; output <= 4 && TF_GetCode(status) == TF_OK; ++output) {
    TF_ShapeInferenceContextSetOutput(context, output, shape, status);
  }
  TF_DeleteShapeHandle(shape);
}

std::vector<const char*> AttributesAnd(std::vector<const char*> others) {
  std::vector<const char*> all{"strides: list(int)", "pads: list(int)", "size: list(int)", "arithmetic: int = 0"};
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

Operation Describe(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs,
                   void (*compute)(void*, TF_OpKernelContext*)) {
  return {name, inputs, outputs, AttributesAnd({}), LeaveShapeOpen, Make<Attributes>, compute, Destroy<Attributes>};
}

Operation DescribeMoments() {
  return {"DirectConv2DMoments",
          {"x: float", "filter: float", "mean: float", "variance: float"},
          {"y: float", "next_mean: float", "next_variance: float", "batch_mean: float", "inverse_deviation: float"},
          AttributesAnd({"epsilon: float", "momentum: float"}),
          LeaveFirstShapeOpen,
          Make<MomentsConvolution>,
          ComputeForwardAndMoments,
          Destroy<MomentsConvolution>};
}

}  // namespace

const std::vector<Operation>& ConvolutionOperations() {
  static const std::vector<Operation> operations{
      Describe("DirectConv2D", {"x: float", "filter: float"}, {"y: float"}, ComputeForward),
      DescribeMoments(),
      Describe("DirectConv2DBackpropInput", {"filter: float", "dy: float"}, {"dx: float"}, ComputeInputGradient),
      Describe("DirectConv2DBackpropInputAdd", {"filter: float", "dy: float", "addend: float"}, {"dx: float"},
               ComputeInputGradient),
      Describe("DirectConv2DBackpropInputAddRelu", {"filter: float", "dy: float", "addend: float", "rectified: float"},
               {"dx: float"}, ComputeInputGradient),
      Describe("DirectConv2DBackpropFilter", {"x: float", "dy: float"}, {"dfilter: float"}, ComputeFilterGradient),
      Describe("DirectConv2DMaxPool", {"x: float", "filter: float"}, {"y: float", "places: int32"},
               ComputeForwardAndPool),
      Describe("DirectConv2DBackpropInputMaxPool", {"filter: float", "dy: float", "places: int32"}, {"dx: float"},
               ComputePooledInputGradient),
      Describe("DirectConv2DBackpropFilterMaxPool", {"x: float", "dy: float", "places: int32"}, {"dfilter: float"},
               ComputePooledFilterGradient),
  };
  return operations;
}

}  // namespace resnet
