"""The handwritten digits that programs read from files."""

import gzip
import struct

import numpy as np
import pytest

import tfcompat.compat.v1 as tf


@pytest.fixture(autouse=True)
def state_of_numpy():
    state = np.random.get_state()
    yield
    np.random.set_state(state)


@pytest.fixture
def folder(tmp_path):
    for part, count in (("train", 30), ("t10k", 6)):
        with gzip.open(tmp_path / f"{part}-images-idx3-ubyte.gz", "wb") as stream:
            pixels = np.repeat(np.arange(count, dtype=np.uint8), 4)
            stream.write(struct.pack(">4I", 2051, count, 2, 2) + pixels.tobytes())
        with gzip.open(tmp_path / f"{part}-labels-idx1-ubyte.gz", "wb") as stream:
            stream.write(struct.pack(">2I", 2049, count) + bytes(i % 10 for i in range(count)))
    return str(tmp_path)


def order(seed, count):
    positions = np.arange(count)
    random = np.random.RandomState(seed)
    random.shuffle(positions)
    return positions, random


@pytest.mark.parametrize("given", [None, 3])
def test_batches_come_in_the_order_of_the_seed(folder, given):
    with tf.Graph().as_default():
        tf.set_random_seed(5)
        read = tf.examples.tutorials.mnist.input_data.read_data_sets
        data = read(folder, one_hot=True, validation_size=10, seed=given)
        train = data.train
        images, labels = train.next_batch(15)
        first, random = order(5 if given is None else given, 20)
        np.testing.assert_array_equal((images[:, 0] * 255).round(), first[:15] + 10)
        assert labels[0].tolist() == np.eye(10)[first[0] % 10].tolist()
        images, _ = train.next_batch(10)
        random.shuffle(second := np.arange(20))
        np.testing.assert_array_equal((images[:, 0] * 255).round(), [*(first[15:] + 10), *(first[second][:5] + 10)])
        assert (train.epochs_completed, train.num_examples) == (1, 20)
    images, _ = data.validation.next_batch(3, shuffle=False)
    np.testing.assert_array_equal((images * 255).round(), [[0] * 4, [1] * 4, [2] * 4])
    assert data.test.images.shape == (6, 4)


def test_programs_may_seed_numpy_themselves(folder):
    data = tf.contrib.learn.datasets.mnist.read_data_sets(folder, validation_size=0, reshape=False)
    np.random.seed(9)
    images, labels = data.train.next_batch(4)
    np.testing.assert_array_equal(labels, order(9, 30)[0][:4] % 10)
    assert images.shape == (4, 2, 2, 1)


def test_files_and_sizes_are_checked(folder):
    read = tf.contrib.learn.datasets.mnist.read_data_sets
    with pytest.raises(ValueError, match="between 0 and 30"):
        read(folder, validation_size=31)
    with open(f"{folder}/train-labels-idx1-ubyte.gz", "rb") as file, pytest.raises(ValueError, match="magic number"):
        tf.contrib.learn.datasets.mnist.extract_images(file)
    with pytest.raises(ValueError, match="not found"):
        tf.contrib.learn.datasets.load_dataset("no such")
    fake = read(folder, fake_data=True, one_hot=True).train.next_batch(2)
    assert [len(x) for x in fake[0]] == [784, 784]
