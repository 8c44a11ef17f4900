"""Shapes of the operations of datasets."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.op_def import arg_types
from tfcompat.graph.tensor_shape import SCALAR, TensorShape
from tfcompat.ops.shape_checks import exact_rank

_SCALARS = frozenset(
    ("count", "buffer_size", "seed", "seed2", "batch_size", "drop_remainder", "num_shards", "index", "size", "shift",
     "stride", "start", "stop", "step", "cycle_length", "block_length", "num_parallel_calls", "buffer_output_elements",
     "prefetch_input_elements", "filename", "compression_type", "header_bytes", "record_bytes", "footer_bytes",
     "driver_name", "data_source_name", "query", "header", "field_delim", "use_quote_delim", "na_value", "cardinality")
)  # fmt: skip


def dataset_shape(c: Any, *shapes: TensorShape) -> list[TensorShape]:
    """The variant of a dataset is a scalar; so are its numbers and switches, else ValueError."""
    left = iter(shapes)
    for arg in c.op.definition.inputs:
        own = [next(left) for _ in arg_types(arg, c.op.attrs)]
        if arg.name in _SCALARS:
            exact_rank(own[0], 0)
    return [SCALAR]
