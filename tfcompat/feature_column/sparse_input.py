"""Dense features as sparse ids, and lengths of sequences."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import ones_like, zeros
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.masks import where


def to_sparse_input(feature: Any, ignore_value: Any = None) -> SparseTensor:
    """The elements of a dense feature that are not `ignore_value`: "" or -1 when None. Sparse ones stay as they are."""
    if isinstance(feature, SparseTensor):
        return feature
    with name_scope(None, "to_sparse_input", [feature, ignore_value]):
        if ignore_value is None:
            ignore_value = "" if feature.dtype == dtypes.string else -1
        ignored = cast(ignore_value, feature.dtype, name="ignore_value")
        places = where(raw_ops.NotEqual(x=feature, y=ignored), name="indices")
        return SparseTensor(
            places,
            gather_nd(feature, places, name="values"),
            shape(feature, out_type=dtypes.int64, name="dense_shape"),
        )


def sequence_length(sparse: SparseTensor, num_elements: int = 1) -> Any:
    """The number of steps of each example: the last column that is there, plus one, by `num_elements`, rounded up."""
    with name_scope(None, "sequence_length") as scope:
        rows, columns = sparse.indices[:, 0], sparse.indices[:, 1]
        columns = columns + ones_like(columns)
        steps = cast(PUBLIC["ceil"](PUBLIC["segment_max"](columns, rows) / num_elements), dtypes.int64)
        missing = shape(sparse)[:1] - shape(steps)[:1]  # type: ignore[index]
        return concat([steps, zeros(missing, dtype=steps.dtype)], 0, name=scope)
