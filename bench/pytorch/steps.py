"""Training steps of PyTorch: takes as many as a line on stdin says, and answers with their seconds as a line of JSON.

Arguments: nchw | channels_last | compile, float32 | bfloat16, network, width, batch size.
"""

import json
import os
import sys
import tempfile
import time

# A folder of this process's own, so that the first step compiles everything, however often it was measured before.
cache = tempfile.TemporaryDirectory()
os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache.name

import torch
from network import network, sgd
from torch import nn

how, precision, name, width, batch = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
net, images, labels = network(name, width), torch.randn(batch, 3, 32, 32), torch.arange(batch) % 10
if how != "nchw":
    net, images = net.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
optimizer, criterion = sgd(net), nn.CrossEntropyLoss()
forward = torch.compile(net) if how == "compile" else net

for line in sys.stdin:
    seconds = []
    for _ in range(int(line)):
        began = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = criterion(forward(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds}), flush=True)
