// An operation as TensorFlow's C interface takes it, and what its kernel is given at a call.

#pragma once

#include <cstdint>
#include <vector>

#include "session/tensorflow_handles.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace resnet {

using Sizes = std::vector<int64_t>;

struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void (*shapes)(TF_ShapeInferenceContext*, TF_Status*);
  void* (*make)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

const std::vector<Operation>& ConvolutionOperations();
const std::vector<Operation>& BatchNormOperations();
const std::vector<Operation>& PoolingOperations();

// Reads a node's attributes; the first failure is told to TensorFlow, and nothing is read after it.
class AttributeReader {
 public:
  explicit AttributeReader(TF_OpKernelConstruction* context) : context_(context) {}

  ~AttributeReader() {
    if (!Ok(status_)) TF_OpKernelConstruction_Failure(context_, status_.get());
  }

  void Read(const char* name, Sizes& values) {
    if (!Ok(status_)) return;
    TF_OpKernelConstruction_GetAttrInt64List(context_, name, values.data(), values.size(), status_.get());
  }
  void Read(const char* name, float& value) {
    if (!Ok(status_)) return;
    TF_OpKernelConstruction_GetAttrFloat(context_, name, &value, status_.get());
  }
  void Read(const char* name, int64_t& value) {
    if (!Ok(status_)) return;
    TF_OpKernelConstruction_GetAttrInt64(context_, name, &value, status_.get());
  }
  void Read(const char* name, bool& value) {
    if (!Ok(status_)) return;
    unsigned char flag = 0;
    TF_OpKernelConstruction_GetAttrBool(context_, name, &flag, status_.get());
    value = flag;
  }

 private:
  TF_OpKernelConstruction* context_;
  Status status_ = NewStatus();
};

// An operation's make and destroy, for a kernel that reads its attributes by itself.
template <class Kernel>
void* Make(TF_OpKernelConstruction* context) {
  auto* kernel = new Kernel();
  AttributeReader reader(context);
  kernel->Read(reader);
  return kernel;
}

template <class Kernel>
void Destroy(void* kernel) {
  delete static_cast<Kernel*>(kernel);
}

// A kernel's inputs and outputs, of 4 bytes each, float32 where nothing else is said. The first failure is told to
// TensorFlow; what is asked for after it is null, since each call of TensorFlow's would begin by forgetting the
// failure.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context) {}

  ~Call() {
    if (!Ok(status_)) TF_OpKernelContext_Failure(context_, status_.get());
  }

  int Inputs() const { return TF_NumInputs(context_); }

  Tensor Input(int index, int dimensions) {
    TF_Tensor* tensor = nullptr;
    if (!Fine()) return {tensor, TF_DeleteTensor};
    TF_GetInput(context_, index, &tensor, status_.get());
    if (Ok(status_) && TF_NumDims(tensor) != dimensions) Refuse("an input has another number of dimensions");
    return {tensor, TF_DeleteTensor};
  }

  Tensor Output(int index, const Sizes& shape, TF_DataType type = TF_FLOAT) {
    if (!Fine()) return {nullptr, TF_DeleteTensor};
    size_t bytes = sizeof(float);
    for (const int64_t size : shape) bytes *= size;
    return {TF_AllocateOutput(context_, index, type, shape.data(), shape.size(), bytes, status_.get()),
            TF_DeleteTensor};
  }

  // An output in the memory of an input of its shape, if no one else needs that. Asked before the input is.
  Tensor OutputInPlace(int index, int input, const Sizes& shape) {
    if (!Fine()) return {nullptr, TF_DeleteTensor};
    int forwarded = -1;
    return {TF_ForwardInputOrAllocateOutput(context_, &input, 1, index, shape.data(), shape.size(), &forwarded,
                                            status_.get()),
            TF_DeleteTensor};
  }

  void Refuse(const char* why) { TF_SetStatus(status_.get(), TF_INVALID_ARGUMENT, why); }

  bool Fine() const { return Ok(status_); }

 private:
  TF_OpKernelContext* context_;
  Status status_ = NewStatus();
};

// The shape of an output that depends on attributes, which this interface doesn't show to shape functions.
inline void LeaveShapeOpen(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

// Output i has the shape of input kLike[i].
template <int... kLike>
void ShapesLike(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  int output = 0;
  for (const int input : {kLike...}) {
    TF_ShapeInferenceContextGetInput(context, input, shape, status);
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output++, shape, status);
  }
  TF_DeleteShapeHandle(shape);
}

inline float* Values(const Tensor& tensor) {
  return static_cast<float*>(TF_TensorData(tensor.get()));
}

// Bytes that lie in int32, four in each, for which TensorFlow.js has a type.
inline uint8_t* BytesIn(const Tensor& tensor) {
  return static_cast<uint8_t*>(TF_TensorData(tensor.get()));
}

inline Sizes SizesOf(const Tensor& tensor) {
  Sizes sizes;
  for (int i = 0; i < TF_NumDims(tensor.get()); ++i) sizes.push_back(TF_Dim(tensor.get(), i));
  return sizes;
}

}  // namespace resnet
