"""The networks of tf.keras.applications, and what is compared of each; see scripts/record_keras_applications.py."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

NETWORKS = [
    "DenseNet121", "DenseNet169", "DenseNet201", "InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2",
    "NASNetLarge", "NASNetMobile", "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50", "ResNet50V2",
    "VGG16", "VGG19", "Xception",
]  # fmt: skip
CALLS = {
    "MobileNet(input_shape=(32, 48, 3), alpha=0.25, classes=7, weights=None)": (2, 32, 48, 3),
    "MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, pooling='avg', weights=None)": (2, 32, 32, 3),
}
"""Calls -> shapes of images, for the answers."""
_KEPT = (
    "filters", "kernel_size", "strides", "padding", "use_bias", "activation", "epsilon", "momentum", "scale", "center",
    "axis", "units", "pool_size", "cropping", "depth_multiplier", "rate", "max_value", "target_shape",
)  # fmt: skip


def described(tf: Any, model: Any) -> dict[str, Any]:
    """Name and size of a model, and a digest of its layers: names, classes, inputs, shapes, sizes, arguments."""
    rows = []
    for layer in model.layers:
        inputs = layer._inbound_nodes[0].inbound_layers
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        config = {} if type(layer).__name__ == "Lambda" else layer.get_config()
        kept = {key: _plain(config[key]) for key in _KEPT if key in config}
        names = [each.name for each in inputs]
        rows.append([layer.name, type(layer).__name__, names, _plain(layer.output_shape), layer.count_params(), kept])
    digest = hashlib.sha1(json.dumps(rows, sort_keys=True).encode()).hexdigest()
    return {"name": model.name, "layers": len(rows), "size": model.count_params(), "digest": digest}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return getattr(value, "tolist", lambda: value)()


def images(shape: Any) -> np.ndarray:
    """Images of 0 to 255, the same everywhere."""
    return np.random.RandomState(5).randint(0, 256, shape).astype(np.float32)


def answers(tf: Any, call: str, shape: Any) -> list[float]:
    """The first answers of a network with random weights."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(3)
        model = eval("A." + call, {"A": tf.keras.applications})
        with tf.Session(graph=graph) as session:
            session.run(tf.global_variables_initializer())
            found = session.run(model.output, {model.input: images(shape) / 127.5 - 1.0})
        return np.ravel(found)[:12].tolist()


def scaled(tf: Any, module: str) -> list[float]:
    """An image as the networks of a module expect it."""
    image = images((2, 3, 3))
    made = getattr(tf.keras.applications, module).preprocess_input(image)
    return np.ravel(made).tolist()


MODULES = ["densenet", "inception_v3", "mobilenet_v2", "resnet50", "resnet_v2", "vgg16", "xception"]
