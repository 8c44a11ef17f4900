"""Ragged tensors broadcast against each other and against dense ones."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.gather import gather
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.ragged.partition import RowPartition
from tfcompat.ops.ragged.ranges import ragged_range
from tfcompat.ops.ragged.segments import row_splits_to_segment_ids
from tfcompat.ops.ragged.tensor import RaggedTensor, make, match_row_splits_dtypes
from tfcompat.ops.scan import cumsum
from tfcompat.ops.sequences import range as range_of


def binary(function: Any, x: Any, y: Any) -> Any:
    """`function` of the values of `x` and `y`, at least one of them ragged, broadcast where they need it."""
    x, y = match_row_splits_dtypes(x, y)
    x_ragged, y_ragged = isinstance(x, RaggedTensor), isinstance(y, RaggedTensor)
    if x_ragged and y_ragged and x.nested_row_splits == y.nested_row_splits:
        return x.with_flat_values(function(x.flat_values, y.flat_values))
    if (x_ragged and y_ragged) or (x_ragged and _needs_it(x, y)) or (y_ragged and _needs_it(y, x)):
        x, y = aligned(x, y)
        return x.with_flat_values(function(x.flat_values, y.flat_values))
    if x_ragged:
        return x.with_flat_values(function(x.flat_values, y))
    return y.with_flat_values(function(x, y.flat_values))


def _needs_it(ragged: RaggedTensor, dense: Any) -> bool:
    """Whether `dense` reaches up to the ragged axes."""
    own, other = ragged.flat_values.shape.rank, dense.shape.rank
    if own is None or other is None:
        raise ValueError("Unable to broadcast: unknown rank")
    return bool(own <= other)


class _Operand:
    """A tensor as axes, outermost first, of which a walk visits all rows."""

    def __init__(self, value: Any, axes: int, rank: int, kind: Any):
        own = value.shape.rank
        if own is None:
            raise ValueError("Unable to broadcast: unknown rank")
        self.added = rank - own
        self.kind = kind
        self.value = value
        self.axes = axes
        self.partitions = value._nested_row_partitions if isinstance(value, RaggedTensor) else []
        flat = value.flat_values if isinstance(value, RaggedTensor) else value
        self.flat, self.sizes = flat, shape(flat, out_type=kind)
        self.known = flat.shape.as_list()

    def length(self, axis: int) -> tuple[Tensor, Tensor | None, bool]:
        """(the length of rows along `axis`, the starts of rows below or None, whether all have that length)."""
        axis -= self.added
        if axis < 0:
            return constant(1, self.kind), None, True
        if axis == 0:
            rows = self.partitions[0].nrows() if self.partitions else self._size(0)
            return rows, None, True
        if axis <= len(self.partitions):
            partition = self.partitions[axis - 1]
            if partition.uniform_row_length() is not None:
                return cast(partition.uniform_row_length(), self.kind), partition.row_starts(), True
            return partition.row_lengths(), partition.row_starts(), False
        return self._size(axis - len(self.partitions)), None, True

    def _size(self, axis: int) -> Tensor:
        size = self.known[axis]
        return self.sizes[axis] if size is None else constant(size, self.kind)

    def rows(self) -> Tensor:
        """The values, with all the axes that were walked as one."""
        below = self.axes - self.added - len(self.partitions)
        if below < 0:
            return reshape(self.flat, [1, *self._inner(0)])
        if below == 0:
            return self.flat
        return reshape(self.flat, [-1, *self._inner(below + 1)])

    def _inner(self, first: int) -> list[Any]:
        return [self.sizes[i] if s is None else s for i, s in enumerate(self.known)][first:]


def aligned(x: Any, y: Any) -> tuple[RaggedTensor, RaggedTensor]:
    """`x` and `y` as ragged tensors of the same rows; below the ragged axes they broadcast as dense tensors do."""
    kind = next(t.row_splits.dtype for t in (x, y) if isinstance(t, RaggedTensor))
    if x.shape.rank is None or y.shape.rank is None:
        raise ValueError("Unable to broadcast: unknown rank")
    rank = max(x.shape.rank, y.shape.rank)
    axes = max(rank - t.shape.rank + t.ragged_rank for t in (x, y) if isinstance(t, RaggedTensor))
    operands = [_Operand(x, axes, rank, kind), _Operand(y, axes, rank, kind)]
    lengths = [o.length(0)[0] for o in operands]
    rows, checks = _joined(0, lengths, [True, True])
    places = [_repeated_place(length, range_of(rows, dtype=kind)) for length in lengths]
    partitions = []
    for axis in range(1, axes + 1):
        found = [o.length(axis) for o in operands]
        uniform = [f[2] for f in found]
        own = [length if one else gather(length, place) for (length, _, one), place in zip(found, places, strict=True)]
        joined, more = _joined(axis, own, uniform)
        checks += more
        if all(uniform):
            partition = RowPartition.from_uniform_row_length(joined, nrows=rows, validate=False)
            joined = raw_ops.Fill(dims=[rows], value=joined)
        else:
            splits = concat([[0], cumsum(joined)], axis=0)
            partition = RowPartition.from_row_splits(splits, validate=False)
        row = row_splits_to_segment_ids(partition.row_splits())
        offset = ragged_range(joined, row_splits_dtype=kind).values
        places = [
            _below(length, start, one, gather(place, row), offset)
            for (length, start, one), place in zip(found, places, strict=True)
        ]
        partitions.append(partition)
        rows = partition.row_splits()[-1]
    results = []
    for operand, place in zip(operands, places, strict=True):
        place = with_dependencies(checks, place) if checks else place
        values: Any = gather(operand.rows(), place)
        for partition in reversed(partitions):
            values = make(values, partition)
        results.append(values)
    return results[0], results[1]


def _repeated_place(length: Tensor, places: Tensor) -> Tensor:
    """The rows that are taken: each once, or the only one again and again."""
    fixed = GRAPH_VALUES.constant(length)
    if fixed is not None:
        return raw_ops.ZerosLike(x=places) if int(fixed) == 1 else places
    return raw_ops.SelectV2(condition=raw_ops.Equal(x=length, y=1), t=raw_ops.ZerosLike(x=places), e=places)  # type: ignore[no-any-return]


def _below(length: Tensor, starts: Tensor | None, uniform: bool, place: Tensor, offset: Tensor) -> Tensor:
    """The places of the items of rows that are at `place`."""
    start = gather(starts, place) if starts is not None else place * length
    return start + (_repeated_place(length, offset) if uniform else offset)


def _joined(axis: int, lengths: list[Tensor], uniform: list[bool]) -> tuple[Tensor, list[Any]]:
    """The lengths to which both broadcast, and checks that they do."""
    x, y = lengths
    known = [GRAPH_VALUES.constant(t) if one else None for t, one in zip(lengths, uniform, strict=True)]
    if uniform[0] and known[0] is not None and int(known[0]) == 1:
        return y, []
    if uniform[1] and known[1] is not None and int(known[1]) == 1:
        return x, []
    fits: Any = raw_ops.Equal(x=x, y=y)
    result = x
    if uniform[0]:
        one = raw_ops.Equal(x=x, y=1)
        fits, result = raw_ops.LogicalOr(x=fits, y=one), raw_ops.SelectV2(condition=one, t=y, e=x)
    if uniform[1]:
        one = raw_ops.Equal(x=y, y=1)
        fits = raw_ops.LogicalOr(x=fits, y=one)
    everything = PUBLIC["reduce_all"](fits)
    data = ["Unable to broadcast: dimension size mismatch in dimension", axis, "lengths=", x, "dim_size=", y]
    return result, [PUBLIC["Assert"](everything, data=data, summarize=10)]
