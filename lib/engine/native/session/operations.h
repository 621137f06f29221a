// This library's own operations, for TensorFlow.

#pragma once

namespace resnet {

// Makes them known to TensorFlow, once a process. Does nothing where KernelLevel says that they are off.
void RegisterOperations();

}  // namespace resnet
