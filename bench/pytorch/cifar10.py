"""CIFAR-10's files, and random crops of its images, a whole batch at once."""

from pathlib import Path

import torch

MEAN = 255 * torch.tensor([0.4914, 0.4822, 0.4465])
STD = 255 * torch.tensor([0.247, 0.2435, 0.2616])
TRAIN = [f"data_batch_{i}.bin" for i in range(1, 6)]
TEST = ["test_batch.bin"]


def read(folder, names):
    """Images, bytes [n, 32, 32, 3], and labels."""
    data = b"".join(Path(folder, name).read_bytes() for name in names)
    records = torch.frombuffer(bytearray(data), dtype=torch.uint8).view(-1, 3073)
    return records[:, 1:].view(-1, 3, 32, 32).permute(0, 2, 3, 1), records[:, 0].long()


def crops(padded, index, mirrored):
    """Images of `index` at random places of `padded` [n, 32 + 2 * shift, 32 + 2 * shift, 3], mirrored where that is said."""
    across = torch.arange(32)
    places = padded.size(1) - 31
    top, left = (torch.randint(places, (len(index), 1)) for _ in range(2))
    columns = left + torch.where(mirrored[:, None], 31 - across, across)
    return padded[index[:, None, None], (top + across)[:, :, None], columns[:, None, :]]  # [n, 32, 32, 3]
