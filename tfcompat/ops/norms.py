"""Norms, trace, cross product, and what else belongs to small matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import expand_dims, invert_permutation, matrix_transpose, rank, squeeze, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.decompositions import svd
from tfcompat.ops.math import abs as absolute
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.sequences import range as range_
from tfcompat.ops.shape_checks import at_least_rank

_MATRIX = ("euclidean", "fro", 1, 2, np.inf)


@tf_export("norm", "linalg.norm")
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Norm of vectors or matrices.

    Args:
        tensor: a float or complex type.
        ord: "euclidean" (or "fro" for matrices), 1, 2, np.inf, or for vectors any positive number p.
        axis: one axis for vectors, two for matrices; None takes all elements as one vector.
        keepdims: whether the axes stay with size 1.
        name: name of the scope.
        keep_dims: deprecated alias of `keepdims`.

    Returns:
        The norms.

    Raises:
        ValueError: `ord` or `axis` is not supported.
    """
    keep = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    is_matrix = isinstance(axis, (tuple, list)) and len(axis) == 2
    axis = _matrix_axes(axis, ord) if is_matrix else _vector_axis(axis, ord)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        if ord in ("fro", "euclidean", 2, 2.0):
            if is_matrix and ord in (2, 2.0):
                result = _spectral(tensor, axis)
            else:
                conjugate = raw_ops.Conj(input=tensor) if tensor.dtype.is_complex else tensor
                result = raw_ops.Sqrt(x=reduce_sum(tensor * conjugate, axis, keepdims=True))  # type: ignore[operator]
        else:
            result = _other_norm(absolute(tensor), ord, axis, is_matrix)
        return result if keep else squeeze(result, axis)


def _matrix_axes(axis: Any, ord: Any) -> tuple[int, int]:
    axis = tuple(axis)
    if any(not isinstance(a, (int, np.integer)) for a in axis) or axis[0] == axis[1]:
        raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}")
    if ord not in _MATRIX:
        raise ValueError(f"'ord' must be a supported matrix norm in {list(_MATRIX)}, got {ord}")
    return axis  # type: ignore[return-value]


def _vector_axis(axis: Any, ord: Any) -> tuple[int] | None:
    if not (axis is None or isinstance(axis, (int, np.integer))):
        raise ValueError(f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}")
    if ord != "euclidean" and (isinstance(ord, str) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return None if axis is None else (int(axis),)


def _other_norm(sizes: Tensor, ord: Any, axis: Any, is_matrix: bool) -> Tensor:
    """The norm of what has the absolute values `sizes`, for any `ord` but 2."""
    if ord == 1:
        result = reduce_sum(sizes, None if axis is None else axis[0], keepdims=True)
        return reduce_max(result, axis[-1], keepdims=True) if is_matrix else result
    if ord == np.inf:
        result = reduce_sum(sizes, axis[1], keepdims=True) if is_matrix else sizes
        return reduce_max(result, None if axis is None else axis[0], keepdims=True)
    powers = reduce_sum(raw_ops.Pow(x=sizes, y=ord), axis, keepdims=True)
    return raw_ops.Pow(x=powers, y=1.0 / ord)  # type: ignore[no-any-return]


def _spectral(tensor: Tensor, axis: tuple[int, int]) -> Tensor:
    """The largest singular value of every matrix, with both axes kept."""
    known = tensor.shape.rank
    order: Any
    if known is None:
        last = raw_ops.FloorMod(x=list(axis), y=rank(tensor))
        others, _ = raw_ops.ListDiff(x=range_(rank(tensor)), y=last)
        order = concat([others, last], axis=0)
        back: Any = invert_permutation(order)
    else:
        pair = [a % known for a in axis]
        order = [i for i in range(known) if i not in pair] + pair
        back = [order.index(i) for i in range(known)]
    values = svd(transpose(tensor, order), compute_uv=False)
    return transpose(expand_dims(reduce_max(absolute(values), -1, keepdims=True), -1), back)


@tf_export("linalg.normalize")
def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None) -> tuple[Tensor, Tensor]:
    """(`tensor` / its norm, the norm with its axes kept); the arguments are those of `norm`."""
    with name_scope(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        size = norm(tensor, ord, axis, keepdims=True)
        size = cast(size, tensor.dtype)
        return tensor / size, size  # type: ignore[operator]


@tf_export("trace", "linalg.trace")
def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the main diagonal of the last two dimensions."""
    with name_scope(name, "Trace", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return reduce_sum(PUBLIC["matrix_diag_part"](x), [-1], name=scope)


@tf_export("linalg.adjoint")
def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    with name_scope(name, "adjoint", [matrix]):
        matrix = convert_to_tensor(matrix, name="matrix")
        return matrix_transpose(matrix, conjugate=True)


@tf_export("cross", "linalg.cross")
def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """The cross product of the vectors in the last dimension, of size 3; `a` and `b` have one real type and shape."""
    return raw_ops.Cross(a=a, b=b, name=name)  # type: ignore[no-any-return]


@shape_of("Cross")
def _cross_shape(c: InferenceContext, a: TensorShape, b: TensorShape) -> list[TensorShape]:
    merged = at_least_rank(a, 1)
    if a.rank is not None and b.rank is not None and a.rank != b.rank:
        raise ValueError(f"Shapes must be equal rank, but are {a.rank} and {b.rank}")
    merged = merged.merge_with(at_least_rank(b, 1))
    if merged.tuple is not None and merged.tuple[-1] not in (None, 3):
        raise ValueError(f"Dimension must be 3 but is {merged.tuple[-1]}")
    return [merged]


@gradient_of("Cross")
def _cross_gradient(op: Operation, grad: Tensor) -> tuple[Any, Any]:
    a, b = op.inputs
    return raw_ops.Cross(a=b, b=grad), raw_ops.Cross(a=grad, b=a)
