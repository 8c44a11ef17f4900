"""Sparse tensors from other things: identity matrices, dense tensors, features, counts; and features as indicators."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.registry import shape_of
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import fill, ones, zeros_like
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.identity import identity
from tfcompat.ops.masks import where
from tfcompat.ops.packing import stack
from tfcompat.ops.sequences import range as range_of
from tfcompat.ops.sparse import as_sparse, sparse_reorder, sparse_tensor_to_dense


@shape_of("DenseCountSparseOutput", "SparseCountSparseOutput", "RaggedCountSparseOutput")
def _count_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    if c.op.type == "SparseCountSparseOutput":
        rank = shapes[2].as_list()[0] if shapes[2].rank == 1 else None
    else:
        rank = shapes[0].rank if c.op.type == "DenseCountSparseOutput" else 2
    return [TensorShape.of((None, rank)), TensorShape.of((None,)), TensorShape.of((rank,))]


@shape_of("SparseBincount", "RaggedBincount")
def _bincount_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    bins = c.value(3 if c.op.type == "SparseBincount" else 2)
    size = None if bins is None else int(bins)
    if c.op.type == "RaggedBincount":
        splits = shapes[0].as_list()[0] if shapes[0].rank == 1 else None
        return [TensorShape.of((None if splits is None else splits - 1, size))]
    whole = c.shape_value(2)
    if whole.rank is None:
        return [UNKNOWN]
    return [TensorShape.of((size,) if whole.rank == 1 else (whole.as_list()[0], size))]


@tf_export("sparse.eye")
def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> SparseTensor:
    """The identity matrix of `num_rows` rows and `num_columns` columns (as many by default) as a SparseTensor."""
    with name_scope(name, "eye", [num_rows, num_columns]):
        rows = _as_int64(num_rows, "num_rows")
        columns = rows if num_columns is None else _as_int64(num_columns, "num_columns")
        count = raw_ops.Minimum(x=rows, y=columns)
        places = range_of(count, dtype=dtypes.int64)
        places = stack([places, places], axis=1)
        values = ones(count, dtype=dtype)
        return SparseTensor(places, values, [rows, columns])


def _as_int64(value: Any, name: str) -> Tensor:
    tensor = convert_to_tensor(value, name=name, preferred_dtype=dtypes.int64)
    return cast(tensor, dtypes.int64)  # type: ignore[no-any-return]


@tf_export("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The elements of a tensor that are not zero (or not empty, for strings), as a SparseTensor."""
    with name_scope(name, "dense_to_sparse"):
        tensor = convert_to_tensor(tensor)
        places = where(raw_ops.NotEqual(x=tensor, y=zeros_like(tensor)))
        return SparseTensor(places, gather_nd(tensor, places), shape(tensor, out_type=dtypes.int64))


@tf_export("sparse.to_indicator", "sparse_to_indicator")
def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """Bools of shape [d0, ..., vocab_size]: true at [i, ..., v] where the integers of row [i, ...] contain v.

    Args:
        sp_input: SparseTensor of int32 or int64, of shape [d0, ..., n].
        vocab_size: one more than the largest integer.
    """
    sparse = as_sparse(sp_input)
    with name_scope(name, "SparseToIndicator", [sparse]) as scope:
        count = shape(sparse.indices)[0]
        values = fill(expand_dims(count, 0), True)
        marks = SparseTensor(sparse.indices, values, sparse.dense_shape)
        merged = _merged([sparse], marks, [vocab_size], False)
        return sparse_tensor_to_dense(merged, default_value=False, validate_indices=False, name=scope)


@tf_export("sparse.merge", "sparse_merge")
def sparse_merge(
    sp_ids: Any, sp_values: Any, vocab_size: Any, name: str | None = None, already_sorted: bool = False
) -> SparseTensor:
    """The values of a batch of features at their ids: a SparseTensor of shape [d0, ..., vocab_size]. Deprecated.

    Args:
        sp_ids: SparseTensor of int32 or int64 ids below `vocab_size`, or a list of them for several axes.
        sp_values: SparseTensor with elements at the places of `sp_ids`.
        vocab_size: integer, or a list of them, one for each of `sp_ids`.
        already_sorted: whether the ids ascend within each row.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: there is another number of `vocab_size` than of `sp_ids`.
    """
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        sp_ids = [sp_ids]
        if not isinstance(vocab_size, Tensor) and not _is_integer(vocab_size):
            raise TypeError(f"vocab_size has to be a Tensor or Python int. Found {type(vocab_size)}")
        vocab_size = [vocab_size]
    else:
        _check_lists(sp_ids, vocab_size)
    if len(sp_ids) != len(vocab_size):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with name_scope(name, "SparseMerge", [sp_ids, sp_values]):
        return _merged([as_sparse(ids) for ids in sp_ids], as_sparse(sp_values), vocab_size, already_sorted)


def _is_integer(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, Tensor)


def _check_lists(sp_ids: Any, vocab_size: Any) -> None:
    if not isinstance(sp_ids, (list, tuple)):
        raise TypeError(f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}")
    if not isinstance(vocab_size, (list, tuple)):
        raise TypeError(f"vocab_size has to be a list of Tensors or Python ints. Found {type(vocab_size)}")
    for size in vocab_size:
        if not isinstance(size, Tensor) and not _is_integer(size):
            raise TypeError(f"vocab_size has to be a list of Tensors or Python ints. Found {type(size)}")


def _merged(ids: list[SparseTensor], values: SparseTensor, vocab_size: list[Any], already_sorted: bool) -> SparseTensor:
    """`values`, their last index replaced by the ids."""
    columns = [expand_dims(cast(i.values, dtypes.int64), axis=1) for i in ids]
    sizes = [cast(size, dtypes.int64) for size in vocab_size]
    indices = concat([ids[0].indices[:, :-1], *columns], axis=1)
    new_shape = concat([ids[0].dense_shape[:-1], sizes], axis=0)
    result = SparseTensor(indices, values.values, new_shape)
    if already_sorted:
        return result
    ordered = sparse_reorder(result)
    return SparseTensor(ordered.indices, ordered.values, new_shape)


@tf_export("sparse.bincount")
def sparse_bincount(
    values: Any,
    weights: Any = None,
    axis: int = 0,
    minlength: int | None = None,
    maxlength: int | None = None,
    binary_output: bool = False,
    name: str | None = None,
) -> SparseTensor:
    """How often each integer occurs, as a SparseTensor.

    Args:
        values: int32 or int64, a tensor, SparseTensor or RaggedTensor, of rank 1 or 2.
        weights: of the kind and shape of `values`: their sums take the place of counts.
        axis: 0: count all; -1: count each row.
        minlength: least size of the last axis.
        maxlength: size of the last axis at most; higher integers are left out.
        binary_output: 1 for what occurs, instead of counts.

    Raises:
        ValueError: another `axis`, or `weights` with `binary_output`, or kinds that do not fit.
    """
    with name_scope(name, "count", [values, weights]):
        if not isinstance(values, CompositeTensor):
            values = convert_to_tensor(values, name="values")
        if weights is not None:
            if not isinstance(weights, CompositeTensor):
                weights = convert_to_tensor(weights, name="weights")
            if binary_output:
                raise ValueError(
                    "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only one."
                )
        if axis is None:
            axis = 0
        if axis not in (0, -1):
            raise ValueError(f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported.")
        limits = {
            "minlength": -1 if minlength is None else minlength,
            "maxlength": -1 if maxlength is None else maxlength,
            "binary_output": binary_output,
        }
        if axis == 0:
            values, weights = _flattened(values, weights)
        if isinstance(values, SparseTensor):
            parts = raw_ops.SparseCountSparseOutput(
                indices=values.indices,
                values=values.values,
                dense_shape=values.dense_shape,
                weights=_same_places(values, weights),
                **limits,
            )
        elif not isinstance(values, Tensor):
            weighing = _same_rows(values, weights)
            parts = raw_ops.RaggedCountSparseOutput(
                splits=values.row_splits, values=values.values, weights=weighing, **limits
            )
        else:
            weighing = constant([], values.dtype) if weights is None else _dense_weights(values, weights)
            parts = raw_ops.DenseCountSparseOutput(values=values, weights=weighing, **limits)
        return SparseTensor(*parts)


def _flattened(values: Any, weights: Any) -> tuple[Any, Any]:
    if isinstance(values, SparseTensor):
        if weights is not None:
            weights = _same_places(values, weights)
        return values.values, weights
    if isinstance(values, Tensor):
        weights = None if weights is None else reshape(weights, [-1])
        return reshape(values, [-1]), weights
    if weights is not None:
        weights = _same_rows(values, weights)
    return values.values, weights


def _same_places(values: SparseTensor, weights: Any) -> Any:
    """The weights of the elements of a sparse tensor."""
    if weights is None:
        return constant([], values.values.dtype)
    if not isinstance(weights, SparseTensor):
        raise ValueError(
            "Argument `weights` must be a SparseTensor if `values` is a SparseTensor. "
            f"Received weights={weights} of type: {type(weights).__name__}"
        )
    checks = []
    if weights.dense_shape is not values.dense_shape:
        message = "'weights' and 'values' must have the same dense shape."
        checks.append(PUBLIC["assert_equal"](weights.dense_shape, values.dense_shape, message=message))
    if weights.indices is not values.indices:
        message = "'weights' and 'values' must have the same indices."
        checks.append(PUBLIC["assert_equal"](weights.indices, values.indices, message=message))
    if not checks:
        return weights.values
    with control_dependencies(checks):
        return identity(weights.values)


def _same_rows(values: Any, weights: Any) -> Any:
    """The weights of the values of a ragged tensor."""
    if weights is None:
        return constant([], values.values.dtype)
    if not isinstance(weights, type(values)):
        raise ValueError(
            "`weights` must be a RaggedTensor if `values` is a RaggedTensor. "
            f"Received argument weights={weights} of type: {type(weights).__name__}."
        )
    if weights.row_splits is values.row_splits:
        return weights.values
    message = "'weights' and 'values' must have the same row splits."
    check = PUBLIC["assert_equal"](weights.row_splits, values.row_splits, message=message)
    with control_dependencies([check]):
        return identity(weights.values)


def _dense_weights(values: Tensor, weights: Any) -> Any:
    if not isinstance(weights, Tensor):
        raise ValueError(
            f"Argument `weights` must be a tf.Tensor if `values` is a tf.Tensor. Received weights={weights} of type: "
            f"{type(weights).__name__}"
        )
    return weights
