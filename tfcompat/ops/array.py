"""Shapes as tensors, and operations that only rearrange: reshape, expand_dims, squeeze, transpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import export, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import scalar
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import as_tensor, is_tensor, one_of
from tfcompat.ops.shape_checks import exact_rank

export("newaxis", None)


# ---------------------------------------------------------------- shapes as tensors


def _is_sparse(value: Any) -> bool:
    return type(value).__name__ in ("SparseTensor", "SparseTensorValue")


@tf_export("shape")
def shape(input: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The shape of `input` as a vector; a constant when it is known.

    Args:
        input: tensor or SparseTensor.
        name: name of the operation; "Shape" when None.
        out_type: int32 (default) or int64.
    """
    return shape_internal(input, name, optimize=True, out_type=out_type or dtypes.int32)


def shape_internal(input: Any, name: str | None = None, optimize: bool = True, out_type: Any = None) -> Tensor:
    """`shape`; with `optimize` False always as an operation, and a constant of no given type has a name of its own."""
    given, out_type = out_type, dtypes.int32 if out_type is None else dtypes.as_dtype(out_type)
    with name_scope(name, "Shape", [input]) as scope:
        if _is_sparse(input):
            from tfcompat.ops.cast import cast

            return cast(input.dense_shape, out_type)
        tensor = convert_to_tensor(input)
        if optimize and tensor.shape.is_fully_defined():
            if given is None:
                return convert_to_tensor(tensor.shape, out_type)
            return constant(tensor.shape.as_list(), out_type, name=scope)
        return raw_ops.Shape(input=tensor, out_type=out_type, name=scope)  # type: ignore[no-any-return]


@tf_export("shape_n")
def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """The shapes of the tensors in the list `input`, which have one dtype, as vectors of type `out_type`."""
    return raw_ops.ShapeN(input=input, out_type=out_type, name=name)  # type: ignore[no-any-return]


@tf_export("size")
def size(input: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The number of elements of `input` as a scalar; a constant when it is known.

    Args:
        input: tensor or SparseTensor (whose zeros count).
        name: name of the operation; "Size" when None.
        out_type: int32 (default) or int64.
    """
    return size_internal(input, name, optimize=True, out_type=out_type)


def size_internal(input: Any, name: str | None = None, optimize: bool = True, out_type: Any = None) -> Tensor:
    """`size`; with `optimize` False always as an operation."""
    out_type = dtypes.int32 if out_type is None else dtypes.as_dtype(out_type)
    with name_scope(name, "Size", [input]) as scope:
        if _is_sparse(input):
            from tfcompat.ops.cast import cast

            return raw_ops.Prod(input=cast(input.dense_shape, out_type), axis=0, name=scope)  # type: ignore[no-any-return]
        tensor = convert_to_tensor(input)
        count = tensor.shape.num_elements()
        if optimize and count is not None:
            return constant(count, out_type, name=scope)
        return raw_ops.Size(input=tensor, out_type=out_type, name=scope)  # type: ignore[no-any-return]


@tf_export("rank")
def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of dimensions of `input` (tensor or SparseTensor) as an int32 scalar; a constant when it is known."""
    return rank_internal(input, name, optimize=True)


def rank_internal(input: Any, name: str | None = None, optimize: bool = True) -> Tensor:
    """`rank`; with `optimize` False always as an operation."""
    with name_scope(name, "Rank", [input]) as scope:
        if _is_sparse(input):
            return raw_ops.Size(input=input.dense_shape, name=scope)  # type: ignore[no-any-return]
        tensor = convert_to_tensor(input)
        if optimize and tensor.shape.rank is not None:
            return constant(tensor.shape.rank, dtypes.int32, name=scope)
        return raw_ops.Rank(input=tensor, name=scope)  # type: ignore[no-any-return]


@shape_of("Shape")
def _shape_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((x.rank,))]


@shape_of("ShapeN")
def _shape_n_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    return [TensorShape.of((s.rank,)) for s in shapes]


shape_of("Size", "Rank")(scalar)
not_differentiable("Shape", "ShapeN", "Size", "Rank")


# ---------------------------------------------------------------- reshape


@tf_export("reshape", "manip.reshape")
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The elements of `tensor` in row-major order under another shape.

    Args:
        tensor: of any type.
        shape: int32 or int64 vector; one size may be -1 and follows from the others.
        name: name of the operation.

    Raises:
        ValueError: the static shapes hold different numbers of elements.
    """
    return raw_ops.Reshape(tensor=tensor, shape=shape, name=name)  # type: ignore[no-any-return]


@shape_of("Reshape")
def _reshape_shape(c: InferenceContext, x: TensorShape, _: TensorShape) -> list[TensorShape]:
    out = c.shape_value(1)
    if out.tuple is None or x.tuple is None:
        return [out]
    have, in_unknown = _known_product(x.tuple)
    want, out_unknown = _known_product(out.tuple)
    if len(in_unknown) > 1 or len(out_unknown) > 1:
        return [out]
    sizes = list(out.tuple)
    if not in_unknown and not out_unknown:
        if have != want:
            raise ValueError(
                f"Cannot reshape a tensor with {have} elements to shape [{','.join(map(str, sizes))}] ({want} elements)"
            )
    elif not in_unknown and want > 0:
        sizes[out_unknown[0]] = _divide(have, want)
    elif not out_unknown and have > 0:
        _divide(want, have)
    elif in_unknown and out_unknown and have == want:
        sizes[out_unknown[0]] = x.tuple[in_unknown[0]]
    return [TensorShape.of(tuple(sizes))]


def _known_product(dims: tuple[int | None, ...]) -> tuple[int, list[int]]:
    """The product of the sizes that are known, and the positions of the others."""
    product = 1
    for d in dims:
        product *= 1 if d is None else d
    return product, [i for i, d in enumerate(dims) if d is None]


def _divide(total: int, part: int) -> int:
    if total % part:
        raise ValueError(f"Dimension size must be evenly divisible by {part} but is {total}")
    return total // part


@gradient_of("Reshape", "ExpandDims", "Squeeze")
def _reshape_grad(op: Operation, grad: Any) -> Any:
    """The gradient in the shape of the input."""
    back = reshape(convert_to_tensor(grad), shape_internal(op.inputs[0]))
    return back if op.type == "Squeeze" else [back, None]


# ---------------------------------------------------------------- dimensions of size one


@tf_export("expand_dims")
def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """`input` with a dimension of size 1 inserted.

    Args:
        input: tensor of any type.
        axis: scalar, position of the new dimension in [-rank - 1, rank].
        name: name of the operation.
        dim: deprecated name of `axis`.

    Raises:
        ValueError: no axis is given, or it is outside that range.
    """
    axis = one_of("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return raw_ops.ExpandDims(input=input, dim=axis, name=name)  # type: ignore[no-any-return]


@shape_of("ExpandDims")
def _expand_dims_shape(c: InferenceContext, x: TensorShape, axis_shape: TensorShape) -> list[TensorShape]:
    axis = c.value(1)
    if x.tuple is None:
        return [UNKNOWN]
    rank = len(x.tuple)
    if axis is None or axis.size != 1:
        if axis is not None or axis_shape.num_elements() not in (None, 1):
            raise ValueError("'dim' input must be a tensor with a single value")
        return [UNKNOWN]
    position = int(axis.reshape(()))
    if not -rank - 1 <= position <= rank:
        raise ValueError(f"dim {position} not in the interval [{-rank - 1}, {rank}].")
    position = position + rank + 1 if position < 0 else position
    return [TensorShape.of(x.tuple[:position] + (1,) + x.tuple[position:])]


@tf_export("squeeze")
def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Tensor:
    """`input` without dimensions of size 1.

    Args:
        input: tensor of any type.
        axis: int or list of ints, the dimensions to drop; all of size 1 when None or empty.
        name: name of the operation.
        squeeze_dims: deprecated name of `axis`.

    Raises:
        ValueError: a named dimension does not exist or has another size.
    """
    axis = one_of("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    return raw_ops.Squeeze(input=input, squeeze_dims=axis, name=name)  # type: ignore[no-any-return]


@shape_of("Squeeze")
def _squeeze_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    if x.tuple is None:
        return [UNKNOWN]
    rank = len(x.tuple)
    named = c.attr("squeeze_dims")
    for axis in named:
        if not -rank <= axis < rank:
            raise ValueError(f"squeeze_dims[{named.index(axis)}] not in [{-rank},{rank}).")
    dropped = {axis % rank for axis in named}
    if not named and None in x.tuple:
        return [UNKNOWN]
    kept: list[int | None] = []
    for i, d in enumerate(x.tuple):
        if i in dropped:
            if d not in (1, None):
                raise ValueError(f"Can not squeeze dim[{i}], expected a dimension of 1, got {d}")
        elif named or d != 1:
            kept.append(d)
    return [TensorShape.of(tuple(kept))]


# ---------------------------------------------------------------- transpose


@tf_export("transpose")
def transpose(a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False) -> Tensor:
    """`a` with its dimensions permuted: dimension i of the result is dimension perm[i] of `a`.

    Args:
        a: tensor of any type.
        perm: int32 or int64 vector, a permutation of the dimensions; None reverses them.
        name: name of the operation.
        conjugate: whether complex elements are conjugated.

    Raises:
        ValueError: `perm` has the wrong length or is no permutation.
    """
    with name_scope(name, "transpose", [a]) as scope:
        tensor = a if is_tensor(a) else convert_to_tensor(a, name="a")
        record = raw_ops.ConjugateTranspose if conjugate and tensor.dtype.is_complex else raw_ops.Transpose
        if perm is None:
            ndims = tensor.shape.rank
            perm = _reversed_axes(tensor) if ndims is None else np.arange(ndims - 1, -1, -1, dtype=np.int32)
        return record(x=tensor, perm=perm, name=scope)  # type: ignore[no-any-return]


def _reversed_axes(tensor: Tensor) -> Tensor:
    """[rank - 1, ..., 0] of a tensor of unknown rank."""
    last = raw_ops.Sub(x=raw_ops.Rank(input=tensor), y=1, name="sub")
    return raw_ops.Range(start=last, limit=-1, delta=-1)  # type: ignore[no-any-return]


@tf_export("linalg.matrix_transpose", "linalg.transpose", "matrix_transpose")
def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """`a` with its last two dimensions exchanged.

    Args:
        a: tensor of rank 2 or more.
        name: name of the operation.
        conjugate: whether complex elements are conjugated.

    Raises:
        ValueError: the rank is known and below 2.
    """
    with name_scope(name, values=[a]):
        tensor = as_tensor(a, name="a")
        ndims = tensor.shape.rank
        perm: Any
        if ndims is None:
            perm = _last_two_exchanged(tensor)
        elif ndims < 2:
            raise ValueError(
                "Argument `a` should be a (batch) matrix with rank >= 2.  "
                f"Received `a` = {tensor} with shape: {tensor.shape}"
            )
        else:
            perm = [*range(ndims - 2), ndims - 1, ndims - 2]
        return transpose(tensor, perm=perm, conjugate=conjugate)


def _last_two_exchanged(tensor: Tensor) -> Tensor:
    """[0, ..., rank - 3, rank - 1, rank - 2] of a tensor of unknown rank."""
    ndims = rank(tensor)
    head = raw_ops.Sub(x=ndims, y=2, name="sub")
    axes = raw_ops.Range(start=0, limit=head, delta=1)
    last, before = (raw_ops.Sub(x=ndims, y=n, name="sub") for n in (1, 2))
    return raw_ops.ConcatV2(values=[axes, [last, before]], axis=0, name="concat")  # type: ignore[no-any-return]


@shape_of("Transpose", "ConjugateTranspose")
def _transpose_shape(c: InferenceContext, x: TensorShape, perm_shape: TensorShape) -> list[TensorShape]:
    perm = c.value(1)
    count = perm_shape.num_elements() if perm is None else perm.size
    if x.tuple is not None and count is not None and len(x.tuple) not in (count, 1):
        raise ValueError(f"Dimension must be {len(x.tuple)} but is {count}")
    if x.tuple is None:
        return [unknown_shape(count) if count is not None and count > 1 else UNKNOWN]
    if perm is None:
        return [x] if len(x.tuple) < 2 else [unknown_shape(len(x.tuple))]
    for axis in perm.tolist():
        if not -len(x.tuple) <= axis < len(x.tuple):
            raise ValueError(f"perm dim {axis} is out of range of input rank {len(x.tuple)}")
    return [TensorShape.of(tuple(x.tuple[axis] for axis in perm.tolist()))]


@gradient_of("Transpose", "ConjugateTranspose")
def _transpose_grad(op: Operation, grad: Any) -> Any:
    """The gradient transposed by the inverse permutation."""
    inverse = raw_ops.InvertPermutation(x=op.inputs[1])
    return [transpose(grad, inverse, conjugate=op.type == "ConjugateTranspose"), None]


@tf_export("math.invert_permutation", "invert_permutation")
def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """The inverse of the permutation `x`, an int32 or int64 vector: result[x[i]] = i.

    Errors: a run fails with InvalidArgumentError when `x` is no permutation of 0 .. n - 1.
    """
    return raw_ops.InvertPermutation(x=x, name=name)  # type: ignore[no-any-return]


@shape_of("InvertPermutation")
def _invert_permutation_shape(c: InferenceContext, x: TensorShape) -> list[TensorShape]:
    return [x.with_rank(1)]


@shape_of("UnravelIndex")
def _unravel_index_shape(c: InferenceContext, indices: TensorShape, dims: TensorShape) -> list[TensorShape]:
    count = exact_rank(dims, 1).as_list()
    return [UNKNOWN if indices.tuple is None else TensorShape.of((*count, *indices.tuple))]


not_differentiable("InvertPermutation", "UnravelIndex")
