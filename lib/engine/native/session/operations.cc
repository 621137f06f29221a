#include "session/operations.h"

#include "shared/level.h"
#include "shared/operation.h"

namespace resnet {
namespace {

// Does nothing where another copy of this library has registered it already.
void Register(const Operation& operation) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, operation.shapes);
  auto status = NewStatus();
  TF_RegisterOpDefinition(definition, status.get());
  if (!Ok(status)) return;
  TF_KernelBuilder* kernel =
      TF_NewKernelBuilder(operation.name, "CPU", operation.make, operation.compute, operation.destroy);
  TF_RegisterKernelBuilder(operation.name, kernel, status.get());
}

}  // namespace

void RegisterOperations() {
  if (KernelLevel() == Level::kTensorFlow) return;
  static const bool registered = [] {
    for (const auto* operations : {&ConvolutionOperations(), &BatchNormOperations(), &PoolingOperations()}) {
      for (const Operation& operation : *operations) Register(operation);
    }
    return true;
  }();
  (void)registered;
}

}  // namespace resnet
