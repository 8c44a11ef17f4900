"""Counts of ragged integers, and rows of tables that they choose."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.ops.histogram import bincount as dense_bincount
from tfcompat.ops.ragged.tensor import RaggedTensor, as_ragged_or_tensor


def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = dtypes.int32
) -> Any:
    """`tf.math.bincount` of the values of a ragged tensor."""
    weighing = weights.flat_values if isinstance(weights, RaggedTensor) else weights
    return dense_bincount(arr.flat_values, weighing, minlength, maxlength, dtype)


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> RaggedTensor:
    """`tf.nn.embedding_lookup` of ragged ids.

    Raises:
        ValueError: there are no parameters, or the ids are no integers.
    """
    if params is None or (isinstance(params, (tuple, list)) and not params):
        raise ValueError("params must be specified.")
    ids = as_ragged_or_tensor(ids, name="ids")
    if ids.dtype.base_dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(
            f"The values contained by the inputs have type {ids.dtype!s} and cannot be processed. All values should be "
            "indices, either of type `int32` or `int64`."
        )
    with name_scope(name, "embedding_lookup_ragged"):
        found = PUBLIC["nn.embedding_lookup"](
            params, ids.flat_values, partition_strategy, None, validate_indices, max_norm
        )
        return ids.with_flat_values(found)
