"""Crosses of ragged features: one element for each combination of the elements of a row."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tfcompat.ops import raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor, is_ragged, match_row_splits_dtypes
from tfcompat.ops.sparse import as_sparse
from tfcompat.ops.sparse_cross import DEFAULT_HASH_KEY


@tf_export("ragged.cross")
def cross(inputs: Any, name: str | None = None) -> RaggedTensor:
    """The crosses of the elements of each row of several features, as strings joined by "_X_".

    Args:
        inputs: list of matrices, RaggedTensors, SparseTensors or tensors, of strings or integers.
        name: name scope.

    Raises:
        ValueError: an input has another rank than 2, or another type.
    """
    return _crossed(inputs, False, 0, None, name)


@tf_export("ragged.cross_hashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> RaggedTensor:
    """The crosses of the elements of each row of several features, as int64 hashes.

    Args:
        inputs: list of matrices, RaggedTensors, SparseTensors or tensors, of strings or integers.
        num_buckets: results are below it; 0: any that are not negative.
        hash_key: seed with which the fingerprints of the parts are combined.
        name: name scope.
    """
    return _crossed(inputs, True, num_buckets, hash_key, name)


def _crossed(inputs: Any, hashed: bool, num_buckets: int, hash_key: int | None, name: str | None) -> RaggedTensor:
    if not isinstance(inputs, (tuple, list)):
        raise TypeError("Inputs must be a list.")
    with name_scope(name, "RaggedCross", list(inputs)):
        ragged: list[RaggedTensor] = []
        sparse: list[SparseTensor] = []
        dense: list[Any] = []
        order = ""
        for i, value in enumerate(inputs):
            if is_ragged(value):
                ragged.append(as_ragged_or_tensor(value))
                order += "R"
            elif isinstance(value, (SparseTensor, SparseTensorValue)):
                sparse.append(as_sparse(value))
                order += "S"
            else:
                dense.append(convert_to_tensor(value))
                order += "D"
            _check((ragged if order[-1] == "R" else sparse if order[-1] == "S" else dense)[-1], i)
        kind, _ = match_row_splits_dtypes(*ragged, return_dtype=True)
        made = raw_ops.RaggedCross(
            ragged_values=[_plain(r.values) for r in ragged],
            ragged_row_splits=[r.row_splits for r in ragged],
            sparse_indices=[s.indices for s in sparse],
            sparse_values=[_plain(s.values) for s in sparse],
            sparse_shape=[s.dense_shape for s in sparse],
            dense_inputs=[_plain(d) for d in dense],
            input_order=order,
            hashed_output=hashed,
            num_buckets=num_buckets,
            hash_key=DEFAULT_HASH_KEY if hash_key is None else hash_key,
            out_values_type=dtypes.int64 if hashed else dtypes.string,
            out_row_splits_type=kind or dtypes.int64,
        )
        return RaggedTensor.from_row_splits(made.output_values, made.output_row_splits, validate=False)


def _check(value: Any, place: int) -> None:
    if value.shape.rank is not None and value.shape.rank != 2:
        raise ValueError("tf.ragged.cross only supports inputs with rank=2")
    if not value.dtype.is_integer and value.dtype.base_dtype is not dtypes.string:
        raise ValueError(f"Unexpected dtype for inputs[{place}]: {value.dtype!r}")


def _plain(values: Any) -> Any:
    """Strings, or integers as int64."""
    return values if values.dtype.base_dtype is dtypes.string else cast(values, dtypes.int64)
