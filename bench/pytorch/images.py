"""Training of PyTorch on noise that lies on the device: for a line takes so many steps, answers with the seconds they took together.

Arguments: cuda | cpu, network, width, batch size, float32 | bfloat16, plain | compile. Channels last, TF32 allowed. Pictures are
cropped and mirrored on the device, a batch at once.
"""

import json
import sys
import time

import torch
from network import network, sgd
from torch import nn
from torch.nn import functional

device, name, width, batch, precision, how = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:7]
torch.backends.cudnn.benchmark = True
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True

net = network(name, width).to(device, memory_format=torch.channels_last)
optimizer, criterion = sgd(net), nn.CrossEntropyLoss()
forward = torch.compile(net) if how == "compile" else net
images = functional.pad(torch.randn(8 * batch, 3, 32, 32, device=device), (4, 4, 4, 4))
labels = torch.arange(8 * batch, device=device) % 10
across = torch.arange(32, device=device)


def draw():
    index = torch.randint(len(images), (batch,), device=device)
    top, left = (torch.randint(9, (batch, 1), device=device) for _ in range(2))
    mirrored = torch.randint(2, (batch, 1), device=device, dtype=torch.bool)
    rows, columns = top + across, left + torch.where(mirrored, 31 - across, across)
    crops = images[index[:, None, None], :, rows[:, :, None], columns[:, None, :]]  # [n, 32, 32, 3]
    return crops.permute(0, 3, 1, 2), labels[index]


def step():
    x, y = draw()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
        loss = criterion(forward(x), y)
    loss.backward()
    optimizer.step()
    return loss


where = torch.cuda.get_device_name() if device == "cuda" else "CPU"
for line in sys.stdin:
    began = time.perf_counter()
    for _ in range(int(line)):
        loss = step()
    loss.item()  # waits for the device
    print(json.dumps({"seconds": time.perf_counter() - began, "device": {"name": where}}), flush=True)
