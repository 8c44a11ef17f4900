"""Sizes of states and outputs, with the batch in front of them."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.export import export_internal
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.graph.tensor_util import get_static_value
from tfcompat.ops.array import expand_dims
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import zeros


def _part(size: Any, role: str) -> tuple[Tensor | None, Any]:
    """A size as a vector tensor, None where it is not known, and what is known of it."""
    if isinstance(size, Tensor):
        known = get_static_value(size)
        if size.shape.rank == 0:
            return expand_dims(size, 0), known
        if size.shape.rank != 1:
            raise ValueError(f"{role} tensor must be either a scalar or vector, but received tensor: {size}")
        return size, known
    shape = TensorShape(_dims(size))
    dims = None if shape.rank is None else shape.as_list()
    return (constant(dims, dtypes.int32) if shape.is_fully_defined() else None), dims


def _dims(size: Any) -> Any:
    return [size] if isinstance(size, int) or hasattr(size, "__index__") else size


def joined(prefix: Any, suffix: Any) -> Tensor:
    """The shape tensor of `prefix` and then `suffix`, each a number, a shape, or an int32 scalar or vector.

    Raises:
        ValueError: one of them is not known.
    """
    first, _ = _part(prefix, "Prefix")
    second, _ = _part(suffix, "Suffix")
    if first is None or second is None:
        raise ValueError(f"Prefix or suffix can't be None. Received prefix = {prefix} and suffix = {suffix}")
    return concat([first, second], 0)


def known(prefix: Any, suffix: Any) -> TensorShape:
    """What is known of the shape made of `prefix` and then `suffix`."""
    first, second = (_part(size, role)[1] for size, role in ((prefix, "Prefix"), (suffix, "Suffix")))
    return _shape(first).concatenate(_shape(second))


def _shape(dims: Any) -> TensorShape:
    if dims is None:
        return TensorShape(None)
    return TensorShape([int(dims)] if getattr(dims, "ndim", 1) == 0 else [None if d is None else int(d) for d in dims])


def zero_tensors(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros in the structure of `state_size`, with `batch_size` as first dimension."""

    def zero(size: Any) -> Tensor:
        made = zeros(joined(batch_size, size), dtype)
        made.set_shape(known(batch_size, size))
        return made

    return nest.map_structure(zero, state_size)


def _joined_or_known(prefix: Any, suffix: Any, static: bool = False) -> Any:
    """The two functions above as one, as programs import it."""
    if not static:
        return joined(prefix, suffix)
    shape = known(prefix, suffix)
    return None if shape.rank is None else shape.as_list()


export_internal("python.ops.rnn_cell_impl._concat", _joined_or_known)
export_internal("python.ops.rnn_cell_impl._zero_state_tensors", zero_tensors)
