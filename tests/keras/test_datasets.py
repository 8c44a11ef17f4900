"""Data sets of tf.keras, from files of their kinds that are made here."""

import gzip
import json
import os
import pickle

import numpy as np
import pytest

import tfcompat.compat.v1 as tf
from tfcompat.keras.datasets import images, tables

DATA = np.random.RandomState(0)


def _ragged(rows):
    made = np.empty(rows, object)
    made[:] = [[int(x) for x in DATA.randint(1, 50, DATA.randint(3, 9))] for _ in range(rows)]
    return made


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Files of `tmp_path` in place of those of the internet; the calls of `get_file` by name."""
    calls = {}

    def get_file(name, **options):
        calls[name] = options
        return str(tmp_path / name)

    monkeypatch.setattr(images, "get_file", get_file)
    monkeypatch.setattr(tables, "get_file", get_file)
    return calls


def test_mnist(asked, tmp_path):
    arrays = {k: DATA.randint(0, 255, (n, 28, 28)).astype("uint8") for k, n in (("x_train", 3), ("x_test", 2))}
    np.savez(tmp_path / "mnist.npz", y_train=np.arange(3), y_test=np.arange(2), **arrays)
    (x, y), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
    np.testing.assert_array_equal(x, arrays["x_train"])
    np.testing.assert_array_equal(x_test, arrays["x_test"])
    assert (y.tolist(), y_test.tolist()) == ([0, 1, 2], [0, 1])
    assert asked["mnist.npz"]["origin"] == "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"


def test_fashion_mnist(asked, tmp_path):
    pixels = DATA.randint(0, 255, (2, 28, 28)).astype("uint8")
    for part in ("train", "t10k"):
        for kind, head, body in (("labels-idx1", 8, bytes([4, 5])), ("images-idx3", 16, pixels.tobytes())):
            with gzip.open(tmp_path / f"{part}-{kind}-ubyte.gz", "wb") as stream:
                stream.write(bytes(head) + body)
    (x, y), (x_test, _) = tf.keras.datasets.fashion_mnist.load_data()
    np.testing.assert_array_equal(x, pixels)
    np.testing.assert_array_equal(x_test, pixels)
    assert y.tolist() == [4, 5]
    assert asked["train-labels-idx1-ubyte.gz"]["cache_subdir"] == os.path.join("datasets", "fashion-mnist")


def _pickled(path, rows, **labels):
    pixels = DATA.randint(0, 255, (rows, 3072)).astype("uint8")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        pickle.dump({b"data": pixels, **{k.encode(): v for k, v in labels.items()}}, stream)
    return pixels.reshape(rows, 3, 32, 32)


def test_cifar10(asked, tmp_path):
    folder = str(tmp_path / "cifar-10-batches-py")
    parts = [_pickled(f"{folder}/data_batch_{i}", 2, labels=[i, 9]) for i in range(1, 6)]
    test = _pickled(f"{folder}/test_batch", 3, labels=[7, 8, 9])
    (x, y), (x_test, y_test) = tf.keras.datasets.cifar10.load_data()
    np.testing.assert_array_equal(x, np.concatenate(parts).transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(x_test, test.transpose(0, 2, 3, 1))
    assert (y.dtype, y_test.dtype, y.shape, y_test.tolist()) == ("uint8", "uint8", (10, 1), [[7], [8], [9]])
    assert asked["cifar-10-batches-py"]["untar"]


def test_cifar100(asked, tmp_path):
    folder = str(tmp_path / "cifar-100-python")
    train = _pickled(f"{folder}/train", 2, fine_labels=[50, 99], coarse_labels=[3, 4])
    _pickled(f"{folder}/test", 1, fine_labels=[6], coarse_labels=[2])
    (x, y), _ = tf.keras.datasets.cifar100.load_data()
    np.testing.assert_array_equal(x, train.transpose(0, 2, 3, 1))
    assert y.tolist() == [[50], [99]]
    assert tf.keras.datasets.cifar100.load_data("coarse")[1][1].tolist() == [[2]]
    with pytest.raises(ValueError, match="label_mode"):
        tf.keras.datasets.cifar100.load_data("medium")


def test_imdb(asked, tmp_path):
    made = {"x_train": _ragged(6), "y_train": np.arange(6), "x_test": _ragged(4), "y_test": np.arange(4)}
    np.savez(tmp_path / "imdb.npz", **made)
    (x, y), (x_test, _) = tf.keras.datasets.imdb.load_data()
    assert sorted(y.tolist()) == list(range(6))
    assert [row[0] for row in x] == [1] * 6
    for row, label in zip(x, y, strict=True):
        assert all(got in (word + 3, 2) for got, word in zip(row[1:], made["x_train"][label], strict=True))
    assert len(x_test) == 4
    (few, _), _ = tf.keras.datasets.imdb.load_data(num_words=20, skip_top=5)
    assert {word for row in few for word in row} <= {2, *range(5, 20)}
    (dropped, _), _ = tf.keras.datasets.imdb.load_data(num_words=20, start_char=None, oov_char=None, index_from=0)
    assert {word for row in dropped for word in row} <= set(range(20))
    (short, _), _ = tf.keras.datasets.imdb.load_data(maxlen=7)
    assert all(len(row) < 7 for row in short)
    with pytest.raises(ValueError, match="maxlen"):
        tf.keras.datasets.imdb.load_data(maxlen=2)
    with pytest.raises(TypeError, match="Unrecognized"):
        tf.keras.datasets.imdb.load_data(words=2)


def test_reuters(asked, tmp_path):
    held = _ragged(10)
    np.savez(tmp_path / "reuters.npz", x=held, y=np.arange(10))
    (x, y), (x_test, y_test) = tf.keras.datasets.reuters.load_data(test_split=0.3)
    assert (len(x), len(x_test)) == (7, 3)
    assert sorted([*y, *y_test]) == list(range(10))
    assert all(got in (word + 3, 2) for got, word in zip(x[0][1:], held[y[0]], strict=True))


def test_boston_housing(asked, tmp_path):
    x, y = DATA.rand(10, 13), DATA.rand(10)
    np.savez(tmp_path / "boston_housing.npz", x=x, y=y)
    (train, prices), (test, _) = tf.keras.datasets.boston_housing.load_data(seed=5)
    assert (train.shape, test.shape) == ((8, 13), (2, 13))
    order = np.arange(10)
    np.random.RandomState(5).shuffle(order)
    np.testing.assert_array_equal(prices, y[order[:8]])
    with pytest.raises(AssertionError):
        tf.keras.datasets.boston_housing.load_data(test_split=1.5)


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_word_index(asked, tmp_path, name):
    (tmp_path / f"{name}_word_index.json").write_text(json.dumps({"film": 1}))
    assert getattr(tf.keras.datasets, name).get_word_index() == {"film": 1}
