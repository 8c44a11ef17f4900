"""Images with their classes: MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100."""

from __future__ import annotations

import gzip
import os
import pickle

import numpy as np

from tfcompat.graph.export import tf_export
from tfcompat.keras.config import image_data_format
from tfcompat.keras.utils.downloads import get_file

Pairs = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
"""Where Keras keeps its data."""
_CIFAR = "https://www.cs.toronto.edu/~kriz/"


@tf_export("keras.datasets.mnist.load_data")
def load_mnist(path: str = "mnist.npz") -> Pairs:
    """Handwritten digits.

    Args:
        path: name of the file below ~/.keras/datasets, or an absolute path.

    Returns:
        ((images of training, uint8 [60000, 28, 28], their digits), (10000 for testing, their digits)).
    """
    found = get_file(
        path,
        origin=KERAS + "mnist.npz",
        file_hash="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    )
    with np.load(found) as held:
        return (held["x_train"], held["y_train"]), (held["x_test"], held["y_test"])


@tf_export("keras.datasets.fashion_mnist.load_data")
def load_fashion_mnist() -> Pairs:
    """Pictures of clothes, of ten kinds; arrays as those of MNIST."""
    folder = os.path.join("datasets", "fashion-mnist")
    arrays = []
    for part in ("train", "t10k"):
        labels, images = (
            get_file(name, origin=KERAS + name, cache_subdir=folder)
            for name in (f"{part}-labels-idx1-ubyte.gz", f"{part}-images-idx3-ubyte.gz")
        )
        with gzip.open(labels) as stream:
            y = np.frombuffer(stream.read(), np.uint8, offset=8)
        with gzip.open(images) as stream:
            x = np.frombuffer(stream.read(), np.uint8, offset=16).reshape(len(y), 28, 28)
        arrays.append((x, y))
    return arrays[0], arrays[1]


@tf_export("keras.datasets.cifar10.load_data")
def load_cifar10() -> Pairs:
    """Pictures of ten kinds of things.

    Returns:
        ((images of training, uint8 [50000, 32, 32, 3], their classes [50000, 1]), (10000 for testing, their classes));
        with channels first where that is the setting.
    """
    folder = get_file(
        "cifar-10-batches-py",
        origin=_CIFAR + "cifar-10-python.tar.gz",
        untar=True,
        file_hash="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    )
    parts = [_batch(os.path.join(folder, f"data_batch_{i}"), "labels") for i in range(1, 6)]
    x_train = np.concatenate([x for x, _ in parts])
    y_train = np.concatenate([y for _, y in parts]).astype("uint8")
    x_test, y_test = _batch(os.path.join(folder, "test_batch"), "labels")
    return _arranged(x_train, y_train, x_test, y_test.astype(x_test.dtype))


@tf_export("keras.datasets.cifar100.load_data")
def load_cifar100(label_mode: str = "fine") -> Pairs:
    """Pictures of a hundred kinds of things; arrays as those of CIFAR-10.

    Args:
        label_mode: "fine" for the hundred kinds, "coarse" for twenty groups of them.

    Raises:
        ValueError: another mode.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError('`label_mode` must be one of `"fine"`, `"coarse"`.')
    folder = get_file(
        "cifar-100-python",
        origin=_CIFAR + "cifar-100-python.tar.gz",
        untar=True,
        file_hash="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    )
    x_train, y_train = _batch(os.path.join(folder, "train"), f"{label_mode}_labels")
    x_test, y_test = _batch(os.path.join(folder, "test"), f"{label_mode}_labels")
    return _arranged(x_train, y_train, x_test, y_test)


def _batch(path: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Images, channels first, and labels of a pickled file."""
    with open(path, "rb") as stream:
        held = {k.decode() if isinstance(k, bytes) else k: v for k, v in pickle.load(stream, encoding="bytes").items()}
    data = held["data"]
    return data.reshape(data.shape[0], 3, 32, 32), np.array(held[labels])


def _arranged(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> Pairs:
    """Labels as columns, channels where the setting says."""
    y_train, y_test = np.reshape(y_train, (len(y_train), 1)), np.reshape(y_test, (len(y_test), 1))
    if image_data_format() == "channels_last":
        x_train, x_test = x_train.transpose(0, 2, 3, 1), x_test.transpose(0, 2, 3, 1)
    return (x_train, y_train), (x_test, y_test)
