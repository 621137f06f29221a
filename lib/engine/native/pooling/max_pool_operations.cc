// Max pooling as TensorFlow operations:
//
//   MaxPoolWindows(x) -> y
//   MaxPoolWindowsGradient(dy, x, y) -> dx
//   MaxPoolPlacesGradient(dy, places) -> dx, for windows of 2x2 and the places that DirectConv2DMaxPool gives
//
// float32, [batch, h, w, channels]. The attribute window [h, w] is a window's size, and how far it is to the next.

#include "pooling/max_pool.h"
#include "shared/operation.h"

namespace resnet {
namespace {

struct Window {
  void Read(AttributeReader& reader) { reader.Read("window", size); }

  Sizes size = Sizes(2);
};

Pooling ShapeOf(const Sizes& x, const Window& window) {
  return {x[0], x[1], x[2], x[3], window.size[0], window.size[1]};
}

Sizes ResultOf(const Pooling& s) {
  return {s.images, s.OutH(), s.OutW(), s.channels};
}

bool HasWindow(const Pooling& s) {
  return s.window_h > 0 && s.window_w > 0 && s.OutH() > 0 && s.OutW() > 0;
}

void ComputeMaxPool(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  Tensor x = call.Input(0, 4);
  if (!call.Fine()) return;
  const Pooling shape = ShapeOf(SizesOf(x), *static_cast<Window*>(kernel));
  if (!HasWindow(shape)) return call.Refuse("the window is larger than x");
  Tensor y = call.Output(0, ResultOf(shape));
  if (!call.Fine()) return;
  MaxPool(shape, Values(x), Values(y));
}

void ComputeMaxPoolGradient(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  Tensor dy = call.Input(0, 4), x = call.Input(1, 4), y = call.Input(2, 4);
  if (!call.Fine()) return;
  const Sizes sizes = SizesOf(x);
  const Pooling shape = ShapeOf(sizes, *static_cast<Window*>(kernel));
  if (!HasWindow(shape)) return call.Refuse("the window is larger than x");
  if (SizesOf(y) != ResultOf(shape) || SizesOf(dy) != SizesOf(y)) return call.Refuse("x, y and dy don't fit");
  Tensor dx = call.Output(0, sizes);
  if (!call.Fine()) return;
  MaxPoolGradient(shape, Values(x), Values(y), Values(dy), Values(dx));
}

void ComputeMaxPoolPlacesGradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  Tensor dy = call.Input(0, 4), places = call.Input(1, 4);
  if (!call.Fine()) return;
  const Sizes pooled = SizesOf(dy);
  if (SizesOf(places) != Sizes{pooled[0], pooled[1], pooled[2], pooled[3] / 4}) {
    return call.Refuse("dy and places don't fit");
  }
  const Pooling shape{pooled[0], 2 * pooled[1], 2 * pooled[2], pooled[3], 2, 2};
  Tensor dx = call.Output(0, {shape.images, shape.in_h, shape.in_w, shape.channels});
  if (!call.Fine()) return;
  MaxPoolGradientByPlaces(shape, Values(dy), BytesIn(places), Values(dx));
}

}  // namespace

const std::vector<Operation>& PoolingOperations() {
  static const std::vector<Operation> operations{
      {"MaxPoolWindows",
       {"x: float"},
       {"y: float"},
       {"window: list(int)"},
       LeaveShapeOpen,
       Make<Window>,
       ComputeMaxPool,
       Destroy<Window>},
      {"MaxPoolWindowsGradient",
       {"dy: float", "x: float", "y: float"},
       {"dx: float"},
       {"window: list(int)"},
       ShapesLike<1>,
       Make<Window>,
       ComputeMaxPoolGradient,
       Destroy<Window>},
      {"MaxPoolPlacesGradient",
       {"dy: float", "places: int32"},
       {"dx: float"},
       {},
       LeaveShapeOpen,
       nullptr,
       ComputeMaxPoolPlacesGradient,
       nullptr},
  };
  return operations;
}

}  // namespace resnet
