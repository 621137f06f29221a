"""ResNet-8 by the recipe of notebook 13 in PyTorch, at its best on a CPU: bfloat16, channels last, torch.compile.

For a line on stdin trains a network, and answers with what it came to as a line of JSON. Arguments: the folder of the data, the
channels of the three groups, epochs, batch size, learning rate, label smoothing, the share of the training images that is left out, seed, and whether to compile.
"""

import json
import sys
import time

import torch
from cifar10 import MEAN, STD, TEST, TRAIN, crops, read
from torch import nn
from torch.nn import functional

SHIFT = 2


def normalized(folder, names):
    """Images [n, 3, 32, 32], channels last in memory, and labels."""
    images, labels = read(folder, names)
    return images.float().sub_(MEAN).div_(STD).contiguous().permute(0, 3, 1, 2), labels


class BatchNorm(nn.BatchNorm2d):
    def __init__(self, channels):
        super().__init__(channels, eps=1e-5, momentum=0.4)
        self.weight.requires_grad = False


class Group(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1, self.bn2 = BatchNorm(outputs), BatchNorm(outputs)

    def forward(self, x):
        x = torch.relu(self.bn1(functional.max_pool2d(self.conv1(x), 2)))
        return torch.relu(self.bn2(self.conv2(x)) + x)


class Net(nn.Module):
    def __init__(self, channels, images):
        super().__init__()
        widths = [32, *channels]
        self.whitening = nn.Conv2d(3, 32, 3, padding=1, bias=False)
        self.groups = nn.Sequential(*(Group(widths[i], widths[i + 1]) for i in range(3)))
        self.classifier = nn.Linear(widths[-1], 10)
        nn.init.normal_(self.classifier.weight, std=1 / widths[-1])
        nn.init.zeros_(self.classifier.bias)
        patches = images.unfold(2, 3, 1).unfold(3, 3, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 27)
        values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (vectors / torch.sqrt(values + 5e-4)).T.flip(0)[:16].reshape(16, 3, 3, 3)
        self.whitening.weight.data = torch.cat([filters, -filters])
        self.whitening.weight.requires_grad = False

    def forward(self, x):
        x = self.groups(torch.relu(self.whitening(x)))
        return self.classifier(x.amax((2, 3)))


class Muon:
    def __init__(self, filters, momentum=0.6):
        self.filters, self.momentum = filters, momentum
        self.velocities = [torch.zeros_like(p) for p in filters]

    @torch.no_grad()
    def step(self, lr):
        for p, velocity in zip(self.filters, self.velocities):
            velocity.mul_(self.momentum).add_(p.grad)
            g = p.grad.add(velocity, alpha=self.momentum)
            p.mul_(len(p) ** 0.5 / p.norm())
            x = g.reshape(len(g), -1)
            x = x / (x.norm() + 1e-7)
            for _ in range(3):
                s = x @ x.T if len(x) <= x.size(1) else x.T @ x
                polynomial = -4.775 * s + 2.0315 * s @ s
                x = 3.4445 * x + (polynomial @ x if len(x) <= x.size(1) else x @ polynomial)
            p.sub_(x.view_as(p), alpha=lr)


def train(folder, channels, epochs, size, lr, smoothing, left_out, seed, compiles):
    torch.manual_seed(seed)
    images, labels = normalized(folder, TRAIN)
    tests = normalized(folder, TEST)
    kept = torch.randperm(len(images))[: round(len(images) * (1 - left_out))]
    images, labels = images[kept], labels[kept]
    began = time.perf_counter()
    net = Net(channels, images[:5000]).to(memory_format=torch.channels_last)
    run = torch.compile(net) if compiles else net
    parameters = dict(net.named_parameters())
    filters = [p for p in parameters.values() if p.ndim == 4 and p.requires_grad]
    biases = [p for name, p in parameters.items() if ".bn" in name and p.requires_grad]
    rates = [0.053 * size, 0.67 * size / net.classifier.in_features**2]
    decay = 2e-6 * size
    groups = [biases, list(net.classifier.parameters())]
    sgd = torch.optim.SGD(
        [dict(params=params, lr=rate, weight_decay=decay / rate) for params, rate in zip(groups, rates)],
        momentum=0.85, nesterov=True,
    )  # fmt: skip
    muon = Muon(filters)
    padded = functional.pad(images, (SHIFT,) * 4, "reflect").permute(0, 2, 3, 1).contiguous()
    flipped = torch.randint(2, (len(images),), dtype=torch.bool)
    steps = len(images) // size
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(images))
        for i in range(steps):
            index = order[i * size : (i + 1) * size]
            x = crops(padded, index, flipped[index] ^ (epoch % 2 == 1)).permute(0, 3, 1, 2)
            with torch.autocast("cpu", torch.bfloat16):
                logits = run(x)
            loss = functional.cross_entropy(logits.float(), labels[index], label_smoothing=smoothing)
            net.zero_grad()
            loss.backward()
            left = 1 - (epoch * steps + i) / (epochs * steps)
            for group, rate in zip(sgd.param_groups, rates):
                group["lr"] = rate * left
            sgd.step()
            muon.step(lr * left)
        print(f"epoch {epoch + 1}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "epochs": epochs, **accuracies(net, *tests)}


@torch.no_grad()
def accuracies(net, images, labels):
    net.eval()

    def logits_of(x):
        with torch.autocast("cpu", torch.bfloat16):
            return torch.cat([net(part).float() for part in x.split(500)])

    def both(x):
        return logits_of(x) + logits_of(x.flip(3))

    padded = functional.pad(images, (1,) * 4, "reflect")
    moved = [both(padded[:, :, by : by + 32, by : by + 32]) for by in (0, 2)]
    views = {"last": logits_of(images), "flip": both(images)}
    views["shiftedFlips"] = views["flip"] / 2 + (moved[0] + moved[1]) / 4
    return {name: (logits.argmax(1) == labels).float().mean().item() for name, logits in views.items()}


folder, channels, *numbers = sys.argv[1:]
channels = [int(number) for number in channels.split(",")]
epochs, size, lr, smoothing, left_out, seed, compiles = map(float, numbers)
for line in sys.stdin:
    result = train(folder, channels, int(epochs), int(size), lr, smoothing, left_out, int(seed), compiles > 0)
    print(json.dumps(result), flush=True)
