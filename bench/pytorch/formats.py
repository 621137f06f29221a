"""What this library's files give in PyTorch and in onnxruntime, and what PyTorch's files give in this library.

For a line of JSON: `written` loads what bench/workers/formats.ts wrote, and says how far logits are apart, relative to the largest; `save`
writes state dicts by torch.save; `loaded` compares what the worker made of them. Its argument: the folder.
"""

import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy
import onnxruntime
import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "test" / "fixtures" / "pytorch"))
from networks import BasicBlock, Bottleneck, ResNet, randomized  # noqa: E402

# torchvision's networks, without its operators, which have to be built for just this PyTorch.
where = importlib.util.find_spec("torchvision").submodule_search_locations[0]
for name in ("torchvision", "torchvision.models"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [where + name.removeprefix("torchvision").replace(".", "/")]
from torchvision.models import resnet  # noqa: E402

MAKERS = {
    "resnet18": lambda: ResNet(BasicBlock, [2, 2, 2, 2]),
    "resnet34": lambda: ResNet(BasicBlock, [3, 4, 6, 3]),
    "resnet50": lambda: ResNet(Bottleneck, [3, 4, 6, 3]),
    "resnet101": lambda: ResNet(Bottleneck, [3, 4, 23, 3]),
    "resnet152": lambda: ResNet(Bottleneck, [3, 8, 36, 3]),
    "torchvision18": resnet.resnet18,
    "torchvision50": resnet.resnet50,
}
folder = Path(sys.argv[1])


def apart(found, expected):
    return float(numpy.abs(found - expected).max() / numpy.abs(expected).max())


def given(images, size, logits):
    x = numpy.array(images, numpy.float32).reshape(-1, size, size, 3).transpose(0, 3, 1, 2)
    return x, numpy.array(logits).reshape(len(x), -1)


def in_pytorch(name, weights, x):
    net = MAKERS[name]()
    net.load_state_dict(weights)
    with torch.no_grad():
        return net.eval()(torch.tensor(x)).numpy()


def written(name, size, images, logits, names=None):
    """In PyTorch, where there is a state dict, and in onnxruntime, all images at once and one alone."""
    x, expected = given(images, size, logits)
    result = {"name": name}
    if names:
        weights = load_file(folder / f"{name}.safetensors")
        result["pytorch"] = apart(in_pytorch(name, weights, x), expected)
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
    (all_,) = session.run(["logits"], {"images": x})
    (one,) = session.run(["logits"], {"images": x[:1]})
    return {**result, "onnxruntime": max(apart(all_, expected), apart(one, expected[:1]))}


def loaded(name, size, images, logits, names=None):
    x, expected = given(images, size, logits)
    weights = torch.load(folder / f"{name}.pth", weights_only=True)
    return {"name": name, "loaded": apart(in_pytorch(name, weights, x), expected)}


def saved(name):
    net = randomized(MAKERS[name]())
    torch.save(net.state_dict(), folder / f"{name}.pth")
    return {"name": name}


for line in sys.stdin:
    asked = json.loads(line)
    work = {"written": written, "loaded": loaded, "save": saved}[asked["what"]]
    answer = [work(**network) for network in asked["networks"]]
    print(json.dumps({"networks": answer}), flush=True)
