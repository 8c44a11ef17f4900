"""`tf.keras.backend`: variables, constants and placeholders, their values and what is known of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfcompat.graph.constant import constant as constant_op
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.keras import config
from tfcompat.keras.backend.random import float_or, seed_or_drawn
from tfcompat.keras.backend.state import get_session
from tfcompat.layers.graph_state import track_variable
from tfcompat.ops import array, filling, identity, random, sparse, state
from tfcompat.ops.resource_variable import ResourceVariable
from tfcompat.training.moving_averages import assign_moving_average


@tf_export("keras.backend.variable")
def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """A variable with an initial value.

    Args:
        value: array, number, tensor, or function that gives one; a SciPy matrix gives a SparseTensor.
        dtype: its type; the default float type when None.
        name: its name.
        constraint: function that gives what it is set to after each step.
    """
    if hasattr(value, "tocoo"):
        matrix = value.tocoo()
        indices = np.stack([matrix.row, matrix.col], axis=1).astype(np.int64)
        return SparseTensor(indices, matrix.data, matrix.shape)
    made = ResourceVariable(value, dtype=float_or(dtype), name=name, constraint=constraint)
    track_variable(made)
    return made


@tf_export("keras.backend.constant")
def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Tensor:
    """A constant tensor, of the default float type when `dtype` is None."""
    return constant_op(value, dtype=dtype or config.floatx(), shape=shape, name=name or "Const")


def _filled(make: Any, shape: Any, dtype: Any, name: str | None) -> Any:
    """A variable filled with one number; the tensor where its shape is not known."""
    dtype = float_or(dtype)
    value = make(shape=shape, dtype=dtype, name=name)
    return variable(value, dtype=dtype, name=name) if value.shape.is_fully_defined() else value


@tf_export("keras.backend.zeros")
def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable of zeros; a tensor where the shape is a tensor of sizes that are not known."""
    return _filled(filling.zeros, shape, dtype, name)


@tf_export("keras.backend.ones")
def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable of ones; a tensor where the shape is a tensor of sizes that are not known."""
    return _filled(filling.ones, shape, dtype, name)


@tf_export("keras.backend.eye")
def eye(size: int, dtype: Any = None, name: str | None = None) -> Any:
    """A variable with the identity matrix of `size` rows."""
    return variable(filling.eye(size, dtype=float_or(dtype)), dtype, name)


@tf_export("keras.backend.zeros_like")
def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Zeros of the shape of `x`, and of its type unless another is given."""
    return filling.zeros_like(x, dtype=dtype, name=name)


@tf_export("keras.backend.ones_like")
def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Ones of the shape of `x`, and of its type unless another is given."""
    return filling.ones_like(x, dtype=dtype, name=name)


@tf_export("keras.backend.random_uniform_variable")
def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """A variable of uniform random numbers in [low, high); numpy's generator gives the seed when None."""
    dtype = float_or(dtype)
    return variable(random.random_uniform(shape, low, high, dtype=dtype, seed=seed_or_drawn(seed)), dtype, name)


@tf_export("keras.backend.random_normal_variable")
def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """A variable of normal random numbers of mean `mean` and standard deviation `scale`; see above for the seed."""
    dtype = float_or(dtype)
    return variable(random.random_normal(shape, mean, scale, dtype=dtype, seed=seed_or_drawn(seed)), dtype, name)


@tf_export("keras.backend.placeholder")
def placeholder(
    shape: Any = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> Any:
    """A tensor that runs feed.

    Args:
        shape: its shape, with None for sizes that are not known.
        ndim: number of dimensions of unknown size, where there is no `shape`.
        dtype: its type; the default float type when None.
        sparse: whether it is a SparseTensor.
        name: its name.
        ragged: whether it is a RaggedTensor.

    Raises:
        ValueError: sparse and ragged at once.
    """
    if sparse and ragged:
        raise ValueError("Cannot set both sparse and ragged to True when creating a placeholder.")
    dtype = float_or(dtype)
    if not shape and ndim:
        shape = (None,) * ndim
    if sparse:
        return identity.sparse_placeholder(dtype, shape=shape, name=name)
    if ragged:
        from tfcompat.ops.ragged.create import placeholder as ragged_placeholder

        depth = 0
        for axis, size in enumerate(shape or ()):
            depth = axis if size is None else depth
        return ragged_placeholder(dtype, ragged_rank=depth, value_shape=shape[depth + 1 :], name=name)
    return identity.placeholder(dtype, shape=shape, name=name)


def is_placeholder(x: Any) -> bool:
    """Whether a tensor, or the values of a sparse or ragged one, is what runs feed."""
    while not hasattr(x, "op"):
        if not hasattr(x, "values"):
            return False
        x = x.values
    return x.op.type == "Placeholder"  # type: ignore[no-any-return]


# ---------------------------------------------------------------- what is known of a tensor


@tf_export("keras.backend.shape")
def shape(x: Any) -> Any:
    """The sizes of `x` as an int32 tensor."""
    return array.shape(x)


@tf_export("keras.backend.int_shape")
def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """The sizes of `x` as far as they are known, None for others; None when the rank is unknown."""
    found = getattr(x, "_keras_shape", None)
    if found is not None:
        return found  # type: ignore[no-any-return]
    known = x.shape
    if not isinstance(known, (tuple, TensorShape)):
        known = TensorShape(known)
    return tuple(TensorShape(known).as_list()) if TensorShape(known).ndims is not None else None


@tf_export("keras.backend.ndim")
def ndim(x: Any) -> int | None:
    """How many dimensions `x` has, None when that is unknown."""
    return x.shape.ndims  # type: ignore[no-any-return]


@tf_export("keras.backend.dtype")
def dtype(x: Any) -> str:
    """The name of the type of `x`."""
    return x.dtype.base_dtype.name  # type: ignore[no-any-return]


@tf_export("keras.backend.count_params")
def count_params(x: Any) -> int:
    """How many elements a tensor of known shape has."""
    return math.prod(x.shape.as_list())


@tf_export("keras.backend.is_sparse")
def is_sparse(tensor: Any) -> bool:
    """Whether it is a SparseTensor."""
    return isinstance(tensor, SparseTensor)


@tf_export("keras.backend.to_dense")
def to_dense(tensor: Any) -> Any:
    """A SparseTensor as a tensor; other tensors as they are."""
    return sparse.sparse_tensor_to_dense(tensor) if is_sparse(tensor) else tensor


@tf_export("keras.backend.is_keras_tensor")
def is_keras_tensor(x: Any) -> bool:
    """Whether a tensor is what `tf.keras.Input` or a layer gave; ValueError for what is no tensor."""
    if not isinstance(x, (Tensor, SparseTensor, ResourceVariable)) and not hasattr(x, "_keras_history"):
        raise ValueError(f"Unexpectedly found an instance of type `{type(x)}`. Expected a symbolic tensor instance.")
    return hasattr(x, "_keras_history")


# ---------------------------------------------------------------- values


@tf_export("keras.backend.eval")
def eval(x: Any) -> Any:
    """The value of a tensor or variable in Keras' session."""
    return get_value(to_dense(x))


@tf_export("keras.backend.get_value")
def get_value(x: Any) -> Any:
    """The value of a variable or tensor in Keras' session; what is neither as it is."""
    if not hasattr(x, "graph"):
        return x
    return x.eval(session=get_session((x,)))


@tf_export("keras.backend.batch_get_value")
def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of several variables or tensors, in one run."""
    return get_session(tensors).run(list(tensors)) if tensors else []


@tf_export("keras.backend.set_value")
def set_value(x: Any, value: Any) -> None:
    """Sets a variable in Keras' session.

    Args:
        x: the variable.
        value: array, or what numpy makes one, of its shape.
    """
    batch_set_value([(x, value)])


@tf_export("keras.backend.batch_set_value")
def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Sets several variables, given as (variable, value), in one run."""
    if not tuples:
        return
    operations, feeds = [], {}
    for x, value in tuples:
        value = np.asarray(value, dtype=dtype(x))
        if not hasattr(x, "_assign_placeholder"):
            x._assign_placeholder = identity.placeholder(x.dtype.base_dtype, shape=[None] * value.ndim)
            x._assign_op = x.assign(x._assign_placeholder)
        operations.append(x._assign_op)
        feeds[x._assign_placeholder] = value
    get_session([x for x, _ in tuples]).run(operations, feed_dict=feeds)


@tf_export("keras.backend.update")
def update(x: Any, new_x: Any) -> Any:
    """The operation that sets the variable `x` to `new_x`."""
    return state.assign(x, new_x)


@tf_export("keras.backend.update_add")
def update_add(x: Any, increment: Any) -> Any:
    """The operation that adds `increment` to the variable `x`."""
    return state.assign_add(x, increment)


@tf_export("keras.backend.update_sub")
def update_sub(x: Any, decrement: Any) -> Any:
    """The operation that subtracts `decrement` from the variable `x`."""
    return state.assign_sub(x, decrement)


@tf_export("keras.backend.moving_average_update")
def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """The operation that moves the variable `x` to `value`: x * momentum + value * (1 - momentum), without its bias."""
    return assign_moving_average(x, value, momentum, zero_debias=True)
