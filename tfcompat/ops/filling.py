"""Tensors of one value: zeros, ones, fill; identity matrices and one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import unchanged
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, Dimension, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import as_tensor
from tfcompat.ops.array import reshape, shape_internal

_SMALL = 1000
"""Fewer elements than this are recorded as a constant, more as a Fill."""


@tf_export("zeros")
def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None) -> Tensor:
    """Zeros (empty strings, False): a constant when the shape is known and small, else a Fill.

    Args:
        shape: list of ints, TensorShape, or vector tensor.
        dtype: any type with a zero.
        name: name of the operation.
        layout: must be None.
    """
    return _filled(shape, dtype, 0, "zeros", name)


@tf_export("ones")
def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None) -> Tensor:
    """Ones (True): a constant when the shape is known and small, else a Fill.

    Args:
        shape: list of ints, TensorShape, or vector tensor.
        dtype: any type with a one.
        name: name of the operation.
        layout: must be None.
    """
    return _filled(shape, dtype, 1, "ones", name)


def _filled(shape: Any, dtype: Any, number: int, default_name: str, name: str | None) -> Tensor:
    dtype = dtypes.as_dtype(dtype).base_dtype
    value = _element(number, dtype)
    with name_scope(name, default_name, [shape]) as scope:
        if not isinstance(shape, Tensor):
            sizes = _known_sizes(shape)
            if sizes is not None and np.prod(sizes) < _SMALL and np.ndim(shape) == 1:
                return constant(value, dtype, shape=sizes, name=scope)
            shape = (
                convert_to_tensor(shape, dtypes.int32)
                if sizes is None
                else convert_to_tensor(TensorShape(sizes), None if sizes else dtypes.int32)
            )
        if shape.shape.rank in (None, 0):
            shape = reshape(shape, [-1])
        return raw_ops.Fill(dims=shape, value=constant(value, dtype), name=scope)  # type: ignore[no-any-return]


def _element(number: int, dtype: dtypes.DType) -> Any:
    if dtype.is_bool:
        return bool(number)
    if dtype is dtypes.string:
        if number:
            raise TypeError("Expected binary or unicode string, got 1")
        return ""
    return np.full([], number).astype(dtype.as_numpy_dtype) if dtype.is_quantized else number


def _known_sizes(shape: Any) -> list[int] | None:
    """The sizes when all of them are Python numbers, else None."""
    if isinstance(shape, TensorShape):
        if not shape.is_fully_defined():
            raise ValueError(f"Cannot convert a partially known TensorShape {shape} to a Tensor.")
        return shape.as_list()  # type: ignore[return-value]
    if isinstance(shape, (list, tuple)) and any(isinstance(s, Tensor) for s in shape):
        return None
    try:
        sizes = TensorShape(shape)
    except (TypeError, ValueError):
        return None
    return sizes.as_list() if sizes.is_fully_defined() else None  # type: ignore[return-value]


@tf_export("zeros_like")
def zeros_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Zeros in the shape of `tensor`.

    Args:
        tensor: whose shape is taken.
        dtype: type of the result; that of `tensor` when None.
        name: name of the operation.
        optimize: whether to record a constant when the shape is known.
    """
    with name_scope(name, "zeros_like", [tensor]) as scope:
        tensor = as_tensor(tensor, name="tensor")
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype)
        if optimize and tensor.shape.is_fully_defined() and tensor.dtype.base_dtype != dtypes.variant:
            return zeros(tensor.shape, wanted, name=scope)
        if wanted != tensor.dtype.base_dtype and wanted != dtypes.variant:
            return zeros(shape_internal(tensor, optimize=optimize), wanted, name=scope)
        return raw_ops.ZerosLike(x=tensor, name=scope)  # type: ignore[no-any-return]


@tf_export("ones_like")
def ones_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Ones in the shape of `tensor`.

    Args:
        tensor: whose shape is taken.
        dtype: type of the result; that of `tensor` when None.
        name: name of the operation.
        optimize: whether to use the shape when it is known.
    """
    with name_scope(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        sizes = shape_internal(tensor, optimize=optimize)
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype)
        result = ones(sizes, wanted, name=scope)
        result.set_shape(tensor.shape)
        return result


@tf_export("fill")
def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of shape `dims`, every element of which is the scalar `value`.

    Args:
        dims: int32 or int64 vector.
        value: scalar of any type.
        name: name of the operation.
        layout: must be None.
    """
    return raw_ops.Fill(dims=dims, value=value, name=name)  # type: ignore[no-any-return]


@tf_export("linalg.eye", "eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Identity matrices, with ones on the diagonal.

    Args:
        num_rows: int or int32 scalar.
        num_columns: the same; as many as rows when None.
        batch_shape: list of ints or vector, the shape of the batch of matrices.
        dtype: element type.
        name: prefix of the names of the operations.

    Returns:
        A tensor of shape batch_shape + [num_rows, num_columns].
    """
    from tfcompat.ops.diagonals import matrix_diag, matrix_set_diag

    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        is_square = num_columns is None
        batch: Any = [] if batch_shape is None else batch_shape
        num_columns = num_rows if num_columns is None else num_columns
        if isinstance(num_rows, Tensor) or isinstance(num_columns, Tensor):
            diagonal: Any = raw_ops.Minimum(x=num_rows, y=num_columns)
        else:
            for size in (num_rows, num_columns):
                if not isinstance(size, (int, np.integer, Dimension)):
                    raise TypeError(f"Arguments `num_rows` and `num_columns` must be integers. Received: {size!r}")
            is_square = num_rows == num_columns
            diagonal = np.minimum(int(num_rows), int(num_columns))
        matrix: Any = None
        if isinstance(batch, Tensor) or isinstance(diagonal, Tensor):
            from tfcompat.ops.concat import concat

            batch = convert_to_tensor(batch, dtypes.int32, name="shape")
            shape: Any = concat((batch, [diagonal]), axis=0)
            matrix = None if is_square else concat((batch, [num_rows, num_columns]), axis=0)
        else:
            batch = list(batch)
            shape = [*batch, diagonal]
            matrix = None if is_square else [*batch, num_rows, num_columns]
        diagonal_ones = ones(shape, dtype=dtype)
        if is_square:
            return matrix_diag(diagonal_ones)
        return matrix_set_diag(zeros(matrix, dtype=dtype), diagonal_ones)


@tf_export("one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """For every index a vector of length `depth` that is `on_value` at that index and `off_value` elsewhere.

    Args:
        indices: uint8, int8, int32 or int64; an index outside [0, depth) gives a vector of `off_value`.
        depth: int32 scalar.
        on_value: scalar; 1 when None.
        off_value: scalar; 0 when None.
        axis: position of the new dimension; -1, the last, when None.
        dtype: element type; that of the values, or float32.
        name: name of the operation.

    Raises:
        TypeError: the types of `on_value`, `off_value` and `dtype` differ.
    """
    dtype = None if dtype is None else dtypes.as_dtype(dtype)
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as scope:
        given = {}
        for what, value in (("on_value", on_value), ("off_value", off_value)):
            if value is not None:
                given[what] = convert_to_tensor(value, dtype_hint=dtype)
        for what, tensor in given.items():
            if dtype is not None and tensor.dtype.base_dtype != dtype:
                raise TypeError(f"dtype {tensor.dtype.base_dtype} of {what} does not match dtype parameter {dtype}")
        wanted = dtype or next((t.dtype.base_dtype for t in given.values()), dtypes.float32)
        on, off = (
            given[what] if what in given else convert_to_tensor(default, wanted, name=what)
            for what, default in (("on_value", 1), ("off_value", 0))
        )
        if on.dtype.base_dtype != off.dtype.base_dtype:
            raise TypeError(
                f"dtype {on.dtype.base_dtype} of on_value does not match dtype {off.dtype.base_dtype} of off_value"
            )
        return raw_ops.OneHot(
            indices=indices,
            depth=depth,
            on_value=on,
            off_value=off,  # type: ignore[no-any-return]
            axis=axis,
            name=scope,
        )


# ---------------------------------------------------------------- shapes and gradients

shape_of("ZerosLike", "OnesLike")(unchanged)
not_differentiable("ZerosLike", "OnesLike", "OneHot")


@shape_of("Fill")
def _fill_shape(c: InferenceContext, dims: TensorShape, value: TensorShape) -> list[TensorShape]:
    if dims.rank not in (None, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {dims.rank}")
    if value.rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {value.rank}")
    known = c.value(0)
    if known is not None and (known < 0).any():
        raise ValueError(f"Fill dimensions must be >= 0, got {known.tolist()}")
    return [c.shape_value(0)]


@shape_of("Empty")
def _empty_shape(c: InferenceContext, shape: TensorShape) -> list[TensorShape]:
    return [c.shape_value(0)]


@gradient_of("Fill")
def _fill_grad(op: Operation, grad: Any) -> list[Any]:
    """Every element of the result is the one value."""
    axes = raw_ops.Range(start=0, limit=raw_ops.Rank(input=grad), delta=1)
    return [None, raw_ops.Sum(input=grad, reduction_indices=axes)]


@shape_of("OneHot")
def _one_hot_shape(c: InferenceContext, indices: TensorShape, *scalars: TensorShape) -> list[TensorShape]:
    axis = c.attr("axis")
    if axis < -1:
        raise ValueError("axis must be >= -1")
    for s in scalars:
        if s.rank not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {s.rank}")
    depth = c.value(1)
    if depth is not None and depth < 0:
        raise ValueError(f"Dimension size, given by scalar input 1, must be non-negative but is {int(depth)}")
    if indices.tuple is None:
        return [UNKNOWN]
    rank = len(indices.tuple)
    if axis > rank:
        raise ValueError(f"axis must be < {rank + 1}, got {axis}")
    position = rank if axis == -1 else axis
    size = None if depth is None else int(depth)
    return [TensorShape.of(indices.tuple[:position] + (size,) + indices.tuple[position:])]
