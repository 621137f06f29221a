// Shares work among the processor's cores.

#pragma once

#include <functional>

namespace resnet {

// How many cores there are.
int Cores();

// Does `work(0)` to `work(tasks - 1)`, each once, on the caller's thread and those of the other cores.
void Parallel(int tasks, const std::function<void(int)>& work);

}  // namespace resnet
