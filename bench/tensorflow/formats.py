"""What this library's files give in Python's TensorFlow and in Keras.

For a line of JSON loads what bench/workers/formats.ts wrote, and says how far logits are apart, relative to the largest. Its argument: the folder.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow as tf  # noqa: E402

folder = Path(sys.argv[1])


def apart(run, x, expected):
    """All images at once, and one alone."""
    found = numpy.array(run(x)), numpy.array(run(x[:1]))
    return max(float(numpy.abs(y - expected[: len(y)]).max() / numpy.abs(expected).max()) for y in found)


def written(name, size, images, logits, **_):
    x = numpy.array(images, numpy.float32).reshape(-1, size, size, 3)
    expected = numpy.array(logits).reshape(len(x), -1)
    signature = tf.saved_model.load(folder / f"{name}.saved_model").signatures["serving_default"]
    net = keras.saving.load_model(folder / f"{name}.keras")
    return {
        "name": name,
        "tensorflow": apart(lambda x: signature(images=tf.constant(x))["logits"], x, expected),
        "keras": apart(lambda x: net(x), x, expected),
    }


for line in sys.stdin:
    answer = [written(**network) for network in json.loads(line)["networks"]]
    print(json.dumps({"networks": answer}), flush=True)
