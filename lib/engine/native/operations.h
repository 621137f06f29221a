// This library's own operations, for TensorFlow.

#pragma once

namespace resnet {

// Makes them known to TensorFlow, once a process. Says false where this processor has no use for them.
bool RegisterOperations();

}  // namespace resnet
