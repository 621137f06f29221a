// The convolutions as TensorFlow operations, registered through its C interface:
//
//   DirectConv2D(x, filter) -> y
//   DirectConv2DBackpropInput(filter, dy) -> dx
//   DirectConv2DBackpropFilter(x, dy) -> dfilter
//
// float32, [batch, h, w, channels], filters [h, w, in, out]. Attributes: strides [h, w], pads [top, left], and the sizes
// that don't follow from the inputs: [h, w] of the result.

#include "operations.h"

#include <vector>

#include "convolution.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow_handles.h"

namespace resnet {
namespace {

using Sizes = std::vector<int64_t>;

// The attributes of a node.
struct Attributes {
  Sizes strides = Sizes(2), pads = Sizes(2), size = Sizes(2);
};

void* ReadAttributes(TF_OpKernelConstruction* context) {
  auto* attributes = new Attributes();
  auto status = NewStatus();
  const auto read = [&](const char* name, Sizes& values) {
    TF_OpKernelConstruction_GetAttrInt64List(context, name, values.data(), values.size(), status.get());
    if (!Ok(status)) TF_OpKernelConstruction_Failure(context, status.get());
  };
  read("strides", attributes->strides);
  read("pads", attributes->pads);
  read("size", attributes->size);
  return attributes;
}

void DeleteAttributes(void* attributes) { delete static_cast<Attributes*>(attributes); }

// A kernel's inputs and its one output.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context) {}

  ~Call() {
    if (!Ok(status_)) TF_OpKernelContext_Failure(context_, status_.get());
  }

  Tensor Input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_.get());
    if (Ok(status_) && TF_NumDims(tensor) != 4) {
      TF_SetStatus(status_.get(), TF_INVALID_ARGUMENT, "a convolution's inputs have four dimensions");
    }
    return {tensor, TF_DeleteTensor};
  }

  Tensor Output(const Sizes& shape) {
    size_t bytes = sizeof(float);
    for (const int64_t size : shape) bytes *= size;
    return {TF_AllocateOutput(context_, 0, TF_FLOAT, shape.data(), shape.size(), bytes, status_.get()), TF_DeleteTensor};
  }

  void Refuse(const char* why) { TF_SetStatus(status_.get(), TF_INVALID_ARGUMENT, why); }

  bool Fine() const { return Ok(status_); }

 private:
  TF_OpKernelContext* context_;
  Status status_ = NewStatus();
};

float* Values(const Tensor& tensor) { return static_cast<float*>(TF_TensorData(tensor.get())); }

// What the tensors of a convolution say of it: x [n, h, w, in], filter [h, w, in, out], y [n, h, w, out], any of
// which may be the result.
Convolution ShapeOf(const Sizes& x, const Sizes& filter, const Sizes& y, const Attributes& attributes) {
  const auto& [strides, pads, size] = attributes;
  return {x[0],      x[1],      x[2],       x[3],       y[1],    y[2],   y[3],
          filter[0], filter[1], strides[0], strides[1], pads[0], pads[1]};
}

Sizes SizesOf(const Tensor& tensor) {
  Sizes sizes;
  for (int i = 0; i < 4; ++i) sizes.push_back(TF_Dim(tensor.get(), i));
  return sizes;
}

bool FitEachOther(const Sizes& x, const Sizes& filter, const Sizes& y) {
  return x[0] == y[0] && x[3] == filter[2] && y[3] == filter[3];
}

void ComputeForward(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor x = call.Input(0), filter = call.Input(1);
  if (!call.Fine()) return;
  const Sizes in = SizesOf(x), weights = SizesOf(filter), out{in[0], attributes.size[0], attributes.size[1], weights[3]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("x and filter differ in channels");
  Tensor y = call.Output(out);
  if (!call.Fine()) return;
  Convolve(ShapeOf(in, weights, out, attributes), Values(x), Values(filter), Values(y));
}

void ComputeInputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor filter = call.Input(0), dy = call.Input(1);
  if (!call.Fine()) return;
  const Sizes weights = SizesOf(filter), out = SizesOf(dy), in{out[0], attributes.size[0], attributes.size[1], weights[2]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("filter and dy differ in channels");
  Tensor dx = call.Output(in);
  if (!call.Fine()) return;
  InputGradient(ShapeOf(in, weights, out, attributes), Values(filter), Values(dy), Values(dx));
}

void ComputeFilterGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel);
  Call call(context);
  Tensor x = call.Input(0), dy = call.Input(1);
  if (!call.Fine()) return;
  const Sizes in = SizesOf(x), out = SizesOf(dy), weights{attributes.size[0], attributes.size[1], in[3], out[3]};
  if (!FitEachOther(in, weights, out)) return call.Refuse("x and dy differ in batch size");
  Tensor dfilter = call.Output(weights);
  if (!call.Fine()) return;
  FilterGradient(ShapeOf(in, weights, out, attributes), Values(x), Values(dy), Values(dfilter));
}

struct Operation {
  const char* name;
  std::vector<const char*> inputs;
  const char* output;
  void (*compute)(void*, TF_OpKernelContext*);
};

const Operation kOperations[] = {
    {"DirectConv2D", {"x: float", "filter: float"}, "y: float", ComputeForward},
    {"DirectConv2DBackpropInput", {"filter: float", "dy: float"}, "dx: float", ComputeInputGradient},
    {"DirectConv2DBackpropFilter", {"x: float", "dy: float"}, "dfilter: float", ComputeFilterGradient},
};

void LeaveShapeOpen(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

// Does nothing where another copy of this library has registered it already.
void Register(const Operation& operation) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, operation.output);
  for (const char* attribute : {"strides: list(int)", "pads: list(int)", "size: list(int)"}) {
    TF_OpDefinitionBuilderAddAttr(definition, attribute);
  }
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, LeaveShapeOpen);
  auto status = NewStatus();
  TF_RegisterOpDefinition(definition, status.get());
  if (!Ok(status)) return;
  TF_KernelBuilder* kernel =
      TF_NewKernelBuilder(operation.name, "CPU", ReadAttributes, operation.compute, DeleteAttributes);
  TF_RegisterKernelBuilder(operation.name, kernel, status.get());
}

}  // namespace

bool RegisterOperations() {
  if (!ConvolutionIsFast()) return false;
  static const bool registered = [] {
    for (const Operation& operation : kOperations) Register(operation);
    return true;
  }();
  return registered;
}

}  // namespace resnet
