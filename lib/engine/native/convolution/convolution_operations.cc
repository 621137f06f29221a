// The convolutions as TensorFlow operations:
//
//   DirectConv2D(x, filter) -> y
//   DirectConv2DBackpropInput(filter, dy) -> dx
//   DirectConv2DBackpropInputAdd(filter, dy, addend) -> dx + addend
//   DirectConv2DBackpropFilter(x, dy) -> dfilter
//
// float32, [batch, h, w, channels], filters [h, w, in, out]. Attributes: strides [h, w], pads [top, left], and the
// sizes that don't follow from the inputs: [h, w] of the result; and a number of Arithmetic.

#include <algorithm>

#include "convolution/convolution.h"
#include "shared/operation.h"

namespace resnet {
namespace {

struct Attributes {
  Sizes strides = Sizes(2), pads = Sizes(2), size = Sizes(2);
  Arithmetic arithmetic = Arithmetic::kFloat32;
};

void* Make(TF_OpKernelConstruction* context) {
  auto* attributes = new Attributes();
  AttributeReader reader(context);
  reader.Read("strides", attributes->strides);
  reader.Read("pads", attributes->pads);
  reader.Read("size", attributes->size);
  int64_t arithmetic = 0;
  reader.Read("arithmetic", arithmetic);
  attributes->arithmetic = static_cast<Arithmetic>(arithmetic);
  return attributes;
}

void Destroy(void* attributes) {
  delete static_cast<Attributes*>(attributes);
}

// What the tensors of a convolution say of it: x [n, h, w, in], filter [h, w, in, out], y [n, h, w, out], any of
// which may be the result.
Convolution ShapeOf(const Sizes& x, const Sizes& filter, const Sizes& y, const Attributes& attributes) {
  const auto& [strides, pads, size, arithmetic] = attributes;
  return {x[0], x[1], x[2], x[3], y[1], y[2], y[3], filter[0], filter[1], strides[0], strides[1], pads[0], pads[1]};
}

bool FitEachOther(const Sizes& x, const Sizes& filter, const Sizes& y) {
  return x[0] == y[0] && x[3] == filter[2] && y[3] == filter[3];
}

void ComputeForward(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor x = call.Input(0, 4), filter = call.Input(1, 4);
  if (!call.Fine()) return;
  const Sizes in = SizesOf(x), weights = SizesOf(filter),
              out{in[0], attributes.size[0], attributes.size[1], weights[3]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("x and filter differ in channels");
  Tensor y = call.Output(0, out);
  if (!call.Fine()) return;
  Convolve(ShapeOf(in, weights, out, attributes), attributes.arithmetic, Values(x), Values(filter), Values(y));
}

void ComputeInputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor filter = call.Input(0, 4), dy = call.Input(1, 4);
  if (!call.Fine()) return;
  const Sizes weights = SizesOf(filter), out = SizesOf(dy),
              in{out[0], attributes.size[0], attributes.size[1], weights[2]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("filter and dy differ in channels");
  const bool adds = call.Inputs() == 3;
  Tensor dx = adds ? call.OutputInPlace(0, 2, in) : call.Output(0, in);
  Tensor addend = call.Input(adds ? 2 : 0, 4);
  if (!call.Fine()) return;
  if (adds && SizesOf(addend) != in) return call.Refuse("the addend is of another shape");
  InputGradient(ShapeOf(in, weights, out, attributes), attributes.arithmetic, Values(filter), Values(dy),
                adds ? Values(addend) : nullptr, Values(dx));
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

// It depends on attributes, which this interface doesn't show to shape functions.
void LeaveShapeOpen(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

Operation Describe(const char* name, std::vector<const char*> inputs, const char* output,
                   void (*compute)(void*, TF_OpKernelContext*)) {
  return {name,           inputs,
          {output},       {"strides: list(int)", "pads: list(int)", "size: list(int)", "arithmetic: int = 0"},
          LeaveShapeOpen, Make,
          compute,        Destroy};
}

}  // namespace

const std::vector<Operation>& ConvolutionOperations() {
  static const std::vector<Operation> operations{
      Describe("DirectConv2D", {"x: float", "filter: float"}, "y: float", ComputeForward),
      Describe("DirectConv2DBackpropInput", {"filter: float", "dy: float"}, "dx: float", ComputeInputGradient),
      Describe("DirectConv2DBackpropInputAdd", {"filter: float", "dy: float", "addend: float"}, "dx: float",
               ComputeInputGradient),
      Describe("DirectConv2DBackpropFilter", {"x: float", "dy: float"}, "dfilter: float", ComputeFilterGradient),
  };
  return operations;
}

}  // namespace resnet
