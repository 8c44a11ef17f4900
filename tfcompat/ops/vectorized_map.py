"""`tf.vectorized_map`: `tf.map_fn` whose result types need not be told, and that broadcasts its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.func_graph import FuncGraph
from tfcompat.graph.tensor import CompositeTensor, Tensor
from tfcompat.graph.type_spec import TensorSpec
from tfcompat.ops.identity import identity
from tfcompat.ops.map_fn import map_fn
from tfcompat.ops.tiling import tile


@tf_export("vectorized_map")
def vectorized_map(fn: Callable[[Any], Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True) -> Any:
    """The results of `fn` for each slice of `elems` along the first dimension, along a new first dimension.

    Args:
        fn: called with slices in the structure of `elems`; returns tensors in any structure.
        elems: tensors whose first sizes are equal, or 1, which is repeated.
        fallback_to_while_loop: accepted.
        warn: accepted.

    Raises:
        ValueError: there are no tensors.
    """
    elems = nest.map_structure(lambda e: e if isinstance(e, CompositeTensor) else convert_to_tensor(e), elems)
    flat = nest.flatten(elems)
    if not flat:
        raise ValueError("vectorized_map needs at least one tensor.")
    sizes = [e.shape.as_list()[0] if e.shape.rank else None for e in flat]
    largest = max((s for s in sizes if s is not None), default=None)
    if largest is not None and largest > 1:
        flat = [
            tile(e, [largest] + [1] * (len(e.shape.as_list()) - 1)) if s == 1 and isinstance(e, Tensor) else e
            for e, s in zip(flat, sizes, strict=True)
        ]
    elems = nest.pack_sequence_as(elems, flat)
    scratch = FuncGraph("vectorized_map_types", get_default_graph())
    with scratch.as_default():
        slices = [e[0] if isinstance(e, Tensor) else e for e in flat]
        made = fn(nest.pack_sequence_as(elems, slices))
        specs = nest.map_structure(lambda t: TensorSpec(t.shape, t.dtype), nest.map_structure(convert_to_tensor, made))

    def tensors(given: Any) -> Any:
        return nest.map_structure(lambda t: identity(convert_to_tensor(t)), fn(given))

    return map_fn(tensors, elems, fn_output_signature=specs)
