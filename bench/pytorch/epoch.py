"""An epoch of CIFAR-10 by PyTorch: for a line on stdin trains one, and answers with its seconds as a line of JSON.

Arguments: the folder of the data, network, width, batch size, the DataLoader's workers. Pictures are cropped, mirrored and
normalized as by torchvision's RandomCrop(32, padding=4), RandomHorizontalFlip and Normalize, but a whole batch at once, which is
several times faster than picture by picture.
"""

import json
import sys
import time

import torch
from cifar10 import MEAN, STD, TRAIN, crops, read
from network import network, sgd
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset):
    def __init__(self, folder):
        pictures, self.labels = read(folder, TRAIN)
        self.padded = functional.pad(pictures, (0, 0, 4, 4, 4, 4)).contiguous()  # [n, 40, 40, 3]

    def __len__(self):
        return len(self.labels)

    # A DataLoader asks it for the pictures of a batch together.
    def __getitems__(self, indices):
        index = torch.tensor(indices)
        mirrored = torch.randint(2, (len(index),), dtype=torch.bool)
        images = crops(self.padded, index, mirrored).float().sub_(MEAN).div_(STD)
        return images.permute(0, 3, 1, 2), self.labels[index]  # channels last in memory


def as_it_is(batch):
    return batch


folder, name, width, batch, workers = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
loader = DataLoader(Pictures(folder), batch, shuffle=True, num_workers=workers, collate_fn=as_it_is)
net = network(name, width).to(memory_format=torch.channels_last)
optimizer, criterion = sgd(net), nn.CrossEntropyLoss()

for line in sys.stdin:
    began = time.perf_counter()
    loss_sum, correct, count = 0.0, 0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        logits = net(images)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(labels)
        correct += (logits.argmax(1) == labels).sum().item()
        count += len(labels)
    seconds = time.perf_counter() - began
    result = {"seconds": seconds, "images": count, "loss": loss_sum / count, "accuracy": correct / count}
    print(json.dumps(result), flush=True)
