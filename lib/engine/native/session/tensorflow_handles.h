// TensorFlow's objects, freed when what holds them goes.

#pragma once

#include <memory>

#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace resnet {

using Status = std::unique_ptr<TF_Status, decltype(&TF_DeleteStatus)>;
using Tensor = std::unique_ptr<TF_Tensor, decltype(&TF_DeleteTensor)>;

inline Status NewStatus() {
  return {TF_NewStatus(), TF_DeleteStatus};
}

inline bool Ok(const Status& status) {
  return TF_GetCode(status.get()) == TF_OK;
}

}  // namespace resnet
