"""The article's networks in PyTorch, with a width, and their optimizer."""

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


def network(name, width):
    blocks, expansion = {
        "resnet18": ([2, 2, 2, 2], 1),
        "resnet34": ([3, 4, 6, 3], 1),
        "resnet50": ([3, 4, 6, 3], 4),
    }[name]
    return resnet(blocks, expansion, width)


def sgd(net):
    return torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
