"""Training steps of PyTorch for the benchmark: does as many as a line on stdin says, and answers with their seconds.

Arguments: nchw | channels_last | compile, network, width, batch size. The network is the article's, with a width.
"""

import json
import sys
import time

import torch
from torch import nn


def conv_bn(inputs, outputs, size, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Block(nn.Module):
    def __init__(self, inputs, channels, stride, expansion):
        super().__init__()
        outputs = expansion * channels
        if expansion == 1:
            self.features = nn.Sequential(
                conv_bn(inputs, channels, 3, stride), nn.ReLU(True), conv_bn(channels, outputs, 3)
            )
        else:
            self.features = nn.Sequential(
                *(conv_bn(inputs, channels, 1), nn.ReLU(True)),
                *(conv_bn(channels, channels, 3, stride), nn.ReLU(True)),
                conv_bn(channels, outputs, 1),
            )
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Sequential() if same else conv_bn(inputs, outputs, 1, stride)

    def forward(self, x):
        return torch.relu(self.features(x) + self.shortcut(x))


def resnet(blocks, expansion, width):
    layers, inputs = [conv_bn(3, width, 3), nn.ReLU(True)], width
    for stage, count in enumerate(blocks):
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            layers.append(Block(inputs, width * 2**stage, stride, expansion))
            inputs = width * 2**stage * expansion
    return nn.Sequential(*layers, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(inputs, 10))


how, network, width, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
net = resnet([3, 4, 6, 3], 4, width) if network == "resnet50" else resnet([2, 2, 2, 2], 1, width)
images, labels = torch.randn(batch, 3, 32, 32), torch.arange(batch) % 10
if how != "nchw":
    net, images = net.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
criterion = nn.CrossEntropyLoss()
forward = torch.compile(net) if how == "compile" else net

for line in sys.stdin:
    seconds = []
    for _ in range(int(line)):
        began = time.perf_counter()
        optimizer.zero_grad()
        loss = criterion(forward(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds), flush=True)
