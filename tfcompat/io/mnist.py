"""`tensorflow.examples.tutorials.mnist.input_data`: the handwritten digits that many example programs read.

Source of the file format: the description on the MNIST database's page (IDX: big-endian sizes, then unsigned bytes).
"""

from __future__ import annotations

import collections
import gzip
import os
import struct
from typing import Any

import numpy as np

from tfcompat.graph.default import get_default_graph
from tfcompat.graph.dtypes import as_dtype
from tfcompat.graph.export import export, tf_export

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
_MODULE = "examples.tutorials.mnist.input_data"
_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_IMAGES, _LABELS = 2051, 2049

Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])
Datasets.__doc__ = "The three parts of a data set."


class DataSet:
    """Images and labels that are handed out in batches.

    Args:
        images: uint8 `[count, height, width, 1]`.
        labels: `[count]`, or one-hot `[count, classes]`.
        fake_data: whether to make batches of constants instead.
        one_hot: whether fake labels are one-hot.
        dtype: float32 scales images to [0, 1]; uint8 leaves them.
        reshape: whether images become rows.
        seed: of the shuffling, by default the seed of the default graph.

    Batches are shuffled by numpy's global generator, which gets the seed here, or without any seed a random state.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = "float32",
        reshape: bool = True,
        seed: int | None = None,
    ):
        np.random.seed(get_default_graph().seed if seed is None else seed)
        self._fake, self._one_hot = fake_data, one_hot
        self._epochs_completed = self._next = 0
        if fake_data:
            self._num_examples = 10000
            return
        if images.shape[0] != labels.shape[0]:
            raise ValueError(f"images.shape: {images.shape} labels.shape: {labels.shape}")
        self._num_examples = images.shape[0]
        if reshape:
            images = images.reshape(images.shape[0], -1)
        if as_dtype(dtype).name == "float32":
            images = images.astype(np.float32) * np.float32(1.0 / 255.0)
        self._images, self._labels = images, labels

    @property
    def images(self) -> np.ndarray:
        """All images."""
        return self._images  # type: ignore[no-any-return]

    @property
    def labels(self) -> np.ndarray:
        """All labels."""
        return self._labels  # type: ignore[no-any-return]

    @property
    def num_examples(self) -> int:
        """How many there are."""
        return self._num_examples  # type: ignore[no-any-return]

    @property
    def epochs_completed(self) -> int:
        """How often all were handed out."""
        return self._epochs_completed

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Any, Any]:
        """The next images and labels; a new order begins with every epoch."""
        if fake_data or self._fake:
            label = [1] + [0] * 9 if self._one_hot else 0
            return [[1.0] * 784 for _ in range(batch_size)], [label for _ in range(batch_size)]
        if self._epochs_completed == 0 and self._next == 0 and shuffle:
            self._shuffle()
        start = self._next
        if start + batch_size <= self._num_examples:
            self._next += batch_size
            return self._images[start : self._next], self._labels[start : self._next]
        self._epochs_completed += 1
        rest = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._next = batch_size - (self._num_examples - start)
        return (
            np.concatenate([rest[0], self._images[: self._next]]),
            np.concatenate([rest[1], self._labels[: self._next]]),
        )

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]


def extract_images(f: Any) -> np.ndarray:
    """The images of an open gzipped IDX file: uint8 `[count, rows, columns, 1]`; ValueError for another file."""
    with gzip.GzipFile(fileobj=f) as stream:
        magic, count, rows, columns = struct.unpack(">4I", stream.read(16))
        if magic != _IMAGES:
            raise ValueError(f"Invalid magic number {magic} in MNIST image file: {getattr(f, 'name', f)}")
        data = stream.read(count * rows * columns)
    return np.frombuffer(data, np.uint8).reshape(count, rows, columns, 1)


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> np.ndarray:
    """The labels of an open gzipped IDX file, uint8 `[count]` or one-hot; ValueError for another file."""
    with gzip.GzipFile(fileobj=f) as stream:
        magic, count = struct.unpack(">2I", stream.read(8))
        if magic != _LABELS:
            raise ValueError(f"Invalid magic number {magic} in MNIST label file: {getattr(f, 'name', f)}")
        labels = np.frombuffer(stream.read(count), np.uint8)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int) -> np.ndarray:
    """Labels as rows with a 1.0 in the label's column."""
    return np.eye(num_classes)[labels_dense.reshape(-1)]


def maybe_download(filename: str, work_directory: str, source_url: str) -> str:
    """The path of a file in a directory, fetched from `source_url` when it is not there."""
    os.makedirs(work_directory, exist_ok=True)
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        import urllib.request

        urllib.request.urlretrieve(source_url, path + ".part")
        os.replace(path + ".part", path)
    return path


def read_data_sets(
    train_dir: str,
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = "float32",
    reshape: bool = True,
    validation_size: int = 5000,
    seed: int | None = None,
    source_url: str = DEFAULT_SOURCE_URL,
) -> Any:
    """The training, validation and test parts of MNIST, from `train_dir` or, when not there, from `source_url`.

    Raises:
        ValueError: `validation_size` is larger than the training set, or a file is damaged.
    """
    if fake_data:
        return Datasets(*(DataSet([], [], True, one_hot, dtype, reshape, seed) for _ in range(3)))
    paths = [maybe_download(name, train_dir, (source_url or DEFAULT_SOURCE_URL) + name) for name in _FILES]
    parts = []
    for path, is_image in zip(paths, (True, False, True, False), strict=True):
        with open(path, "rb") as file:
            parts.append(extract_images(file) if is_image else extract_labels(file, one_hot=one_hot))
    images, labels, test_images, test_labels = parts
    if not 0 <= validation_size <= len(images):
        raise ValueError(f"Validation size should be between 0 and {len(images)}. Received: {validation_size}.")
    cut = validation_size
    made = [
        DataSet(i, t, dtype=dtype, reshape=reshape, seed=seed)
        for i, t in ((images[cut:], labels[cut:]), (images[:cut], labels[:cut]), (test_images, test_labels))
    ]
    return Datasets(*made)


for _object in (read_data_sets, extract_images, extract_labels, dense_to_one_hot, DataSet):
    export(f"{_MODULE}.{_object.__name__}", _object)
    export(f"contrib.learn.datasets.mnist.{_object.__name__}", _object)


@tf_export("examples.tutorials.mnist.load_mnist", "contrib.learn.datasets.mnist.load_mnist")
def load_mnist(train_dir: str = "MNIST-data") -> Any:
    """`read_data_sets` with its defaults."""
    return read_data_sets(train_dir)


@tf_export("contrib.learn.datasets.load_dataset")
def load_dataset(name: str, size: str = "small", test_with_fake_data: bool = False) -> Any:
    """The data set called "mnist", from the folder MNIST-data; ValueError for any other."""
    if name != "mnist":
        raise ValueError(f"Name of dataset is not found: {name}")
    return load_mnist()
