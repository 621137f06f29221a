"""Times the convolutions of ResNet-18 alone in PyTorch. Arguments: width, batch size, float32 | bfloat16. Prints a line of JSON: for each
layer the median seconds of the convolution, of its input gradient and of its filter gradient.
"""

import json
import sys
import time

import torch

width, batch, precision = int(sys.argv[1]), int(sys.argv[2]), getattr(torch, sys.argv[3])
layers = [(32, 3, width, 3, 1), (32, width, width, 3, 1)]
for stage in (1, 2, 3):
    size, channels = 64 >> stage, width << stage
    layers += [(size, channels // 2, channels, 3, 2), (size // 2, channels, channels, 3, 1)]
for stage in (1, 2, 3):
    layers.append((64 >> stage, width << stage >> 1, width << stage, 1, 2))


def median(work):
    work()
    times, end = [], time.perf_counter() + 0.3
    while len(times) < 5 or time.perf_counter() < end:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


results = []
for size, inputs, outputs, kernel, stride in layers:
    pad = kernel // 2
    x = torch.randn(batch, inputs, size, size).to(precision, memory_format=torch.channels_last)
    filters = torch.randn(outputs, inputs, kernel, kernel).to(precision, memory_format=torch.channels_last)
    convolve = lambda: torch.nn.functional.conv2d(x, filters, stride=stride, padding=pad)
    dy = torch.ones_like(convolve())
    backward = lambda mask: torch.ops.aten.convolution_backward(
        dy, x, filters, None, [stride, stride], [pad, pad], [1, 1], False, [0, 0], 1, mask
    )
    with torch.no_grad():
        results.append([median(convolve), median(lambda: backward([True, False, False])), median(lambda: backward([False, True, False]))])
print(json.dumps(results))
