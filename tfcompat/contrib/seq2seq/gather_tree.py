"""Beams put in order: every step's choices follow the parents of the steps after it."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, dimension_value
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, reshape, shape
from tfcompat.ops.binary import equal
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.filling import fill
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.masks import sequence_mask, where
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_max
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range
from tfcompat.ops.tensor_array import TensorArray
from tfcompat.ops.tiling import tile
from tfcompat.ops.while_loop import while_loop


def dims_of(tensor: Any, count: int) -> list[Any]:
    """The first `count` sizes of `tensor`: numbers where they are known, scalar tensors elsewhere."""
    known = [None] * count if tensor.shape.rank is None else tensor.shape.as_list()[:count]
    return [shape(tensor)[axis] if size is None else size for axis, size in enumerate(known)]


def beam_indices(beams: Any, rows: Any, width: Any) -> Tensor:
    """Indices `[batch, width, 2]` of `beams`, `[batch, width]`, for gather_nd."""
    batch = tile(expand_dims(range(rows), 1), [1, width])
    return stack([batch, beams], -1)


@tf_export("contrib.seq2seq.gather_tree")
def gather_tree(
    step_ids: Any, parent_ids: Any, max_sequence_lengths: Any, end_token: Any, name: str | None = None
) -> Tensor:
    """Full sequences of a beam search, from what each step chose and from which beam it came.

    Args:
        step_ids: int32 `[time, batch, beams]`.
        parent_ids: the same, the beam of the step before.
        max_sequence_lengths: int32 `[batch]`, how many steps count.
        end_token: scalar int32; it stands behind the end of every sequence, and after its first end token.
        name: name scope.

    Returns:
        int32 `[time, batch, beams]`.
    """
    with name_scope(name, "GatherTree"):
        ids = convert_to_tensor(step_ids, dtypes.int32)
        parents = convert_to_tensor(parent_ids, dtypes.int32)
        lengths = convert_to_tensor(max_sequence_lengths, dtypes.int32)
        end = convert_to_tensor(end_token, dtypes.int32)
        steps, rows, width = dims_of(ids, 3)
        own = tile(expand_dims(range(width), 0), stack([rows, 1]))
        ended = fill(stack([rows, width]), end)
        read_ids = TensorArray(dtypes.int32, size=steps).unstack(ids)
        read_parents = TensorArray(dtypes.int32, size=steps).unstack(parents)
        chosen = TensorArray(dtypes.int32, size=steps, element_shape=ids.shape[1:])

        def backwards(step: Any, beams: Any, chosen: Any) -> Any:
            where_from = beam_indices(beams, rows, width)
            counts = tile(expand_dims(step < lengths, 1), [1, width])
            symbols = where(counts, gather_nd(read_ids.read(step), where_from), ended)
            before = where(counts, gather_nd(read_parents.read(step), where_from), beams)
            return step - 1, before, chosen.write(step, symbols)

        own.set_shape(ids.shape[1:])
        *_, chosen = while_loop(
            lambda step, *_: step >= 0,
            backwards,
            [convert_to_tensor(steps) - 1, own, chosen],
            shape_invariants=[TensorShape([]), ids.shape[1:], TensorShape([])],
            maximum_iterations=steps,
        )
        sequences = chosen.stack()
        over = cumsum(cast(equal(sequences, end), dtypes.int32), axis=0, exclusive=True) > 0
        whole = where(over, fill(shape(sequences), end), sequences)
        whole.set_shape(ids.shape.merge_with(parents.shape))
    return whole


def reorder_array(values: Any, parent_ids: Any, lengths: Any) -> Any:
    """`values`, `[time, batch, beams, ...]` or with batch and beams in one, in the order of full sequences."""
    steps, rows, width = dims_of(parent_ids, 3)
    beams = tile(reshape(range(width), [1, 1, -1]), stack([steps, rows, 1]))
    longest = cast(reduce_max(lengths, axis=1), dtypes.int32)
    order = gather_tree(beams, parent_ids, longest, width + 1)
    within = raw_ops.Transpose(x=sequence_mask(lengths, maxlen=steps), perm=[2, 0, 1])
    order = where(within, order, beams)
    time = tile(reshape(range(steps), [-1, 1, 1]), stack([1, rows, width]))
    batch = tile(reshape(range(rows), [1, -1, 1]), stack([steps, 1, width]))
    flat = reshape(values, stack([steps, rows, width, -1]))
    return reshape(gather_nd(flat, stack([time, batch, order], -1)), shape(values))


@tf_export("contrib.seq2seq.tile_batch")
def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Every member of a batch `multiplier` times in a row: `[batch, ...]` becomes `[batch * multiplier, ...]`.

    Args:
        t: a tensor of known rank, or a nested structure of tensors.
        multiplier: how often, the width of the beam.
        name: name scope.

    Raises:
        ValueError: the rank of a tensor is not known, or it is a scalar.
    """
    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda tensor: _tiled(tensor, multiplier), t)


def _tiled(tensor: Any, multiplier: int) -> Tensor:
    tensor = convert_to_tensor(tensor, name="t")
    if tensor.shape.rank is None or tensor.shape.rank < 1:
        raise ValueError("t must have statically known rank")
    sizes = shape(tensor)
    known = dimension_value(tensor.shape[0])
    repeated = tile(expand_dims(tensor, 1), [1, multiplier] + [1] * (tensor.shape.rank - 1))
    made = reshape(repeated, concat([[sizes[0] * multiplier], sizes[1:]], 0))
    made.set_shape(TensorShape([None if known is None else known * multiplier]).concatenate(tensor.shape[1:]))
    return made
