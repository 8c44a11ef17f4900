"""What a workload is, and the layers that several of them share."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Program:
    """A built graph: what a call fetches and feeds.

    Attributes:
        fetches: the list that `session.run` gets; its last item is a float tensor, whose mean square is compared.
        feeds: placeholder to array, in the order of the exported model's inputs.
        calls: how often one timed call runs the session.
    """

    fetches: list[Any]
    feeds: dict[Any, np.ndarray]
    calls: int = 1


@dataclasses.dataclass(frozen=True)
class Workload:
    """One row of the table.

    Attributes:
        about: what it is, in a few words.
        build: makes the program in the default graph of the `tf` module that it gets.
        peer: the library whose time the ratio divides by: "onnxruntime" or "tensorflow".
        target: the ratio that is aimed at.
        group: the table it stands in: "training", "loops" or "inference".
        callable: whether the call goes through `Session.make_callable` instead of `Session.run`.
        tolerance: largest relative difference of the compared numbers; wide where the random numbers differ.
    """

    about: str
    build: Callable[[Any], Program]
    peer: str
    target: float
    group: str
    callable: bool = False
    tolerance: float = 1e-3


def training_step(about: str, build: Callable[[Any], Program], group: str = "training", **options: Any) -> Workload:
    """A workload that is compared with TensorFlow and has to be faster."""
    return Workload(about, build, "tensorflow", 1.0, group, **options)


def variable(tf, random, name, shape, dtype=np.float32):
    """A variable of normal values with a deviation that suits a layer's kernel."""
    values = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))
    return tf.get_variable(name, initializer=values.astype(dtype))


def zeros(tf, name, shape, dtype=np.float32):
    """A variable of zeros."""
    return tf.get_variable(name, initializer=np.zeros(shape, dtype))


def ones(tf, name, shape):
    """A variable of ones."""
    return tf.get_variable(name, initializer=np.ones(shape, np.float32))


def dense(tf, random, inputs, units, name):
    """A fully connected layer."""
    kernel = variable(tf, random, f"{name}/kernel", [int(inputs.shape[-1]), units], inputs.dtype.as_numpy_dtype)
    bias = zeros(tf, f"{name}/bias", [units], inputs.dtype.as_numpy_dtype)
    return tf.nn.bias_add(tf.matmul(inputs, kernel), bias)


def cross_entropy(tf, labels, logits):
    """The mean cross-entropy of integer labels."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
