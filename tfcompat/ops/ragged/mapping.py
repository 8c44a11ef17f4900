"""Functions applied to the values or to the rows of ragged tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import map_fn, raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.ragged.spec import RaggedTensorSpec
from tfcompat.ops.ragged.tensor import RaggedTensor, match_row_splits_dtypes
from tfcompat.ops.tensor_array import TensorArray


@tf_export("ragged.map_flat_values")
def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What `op` makes of the innermost values, in the rows of the arguments.

    Args:
        op: function of tensors that keeps the first size of its arguments.
        args: its arguments; RaggedTensors among them, in lists and dictionaries too, must have the same rows and are
            replaced by their `flat_values`.
        kwargs: its keyword arguments, likewise.

    Returns:
        A RaggedTensor; what `op` returns when there is none among the arguments.

    Raises:
        ValueError: the numbers of values are known to differ, or `op` gives another number.
        InvalidArgumentError: in a run, when the rows differ.
    """
    found: list[RaggedTensor] = []
    inner = _with_values(args, found), _with_values(kwargs, found)
    if not found:
        return op(*args, **kwargs)
    match_row_splits_dtypes(*found)
    partitions = [t.nested_row_splits for t in found]
    known = [t.flat_values.shape.as_list()[0] for t in found if t.flat_values.shape.rank]
    sizes = {size for size in known if size is not None}
    if len(sizes) > 1:
        raise ValueError(
            "Input RaggedTensors' flat_values must all have the same outer-dimension size.  Got sizes: "
            f"{{{', '.join(map(str, sorted(sizes)))}}}"
        )
    checks = _checks(partitions)
    with control_dependencies(checks):
        values = op(*inner[0], **inner[1])
    if not isinstance(values, Tensor):
        values = convert_to_tensor(values)
    size = values.shape.as_list()[0] if values.shape.rank else None
    if values.shape.rank == 0 or (sizes and size is not None and size not in sizes):
        raise ValueError(
            "tf.ragged.map_flat_values requires that the output of `op` have the same outer-dimension size as "
            f"flat_values of any ragged inputs. (output shape: {values.shape}; expected outer dimension size: "
            f"{next(iter(sizes), None)})"
        )
    return found[0].with_flat_values(values)


def _checks(partitions: list[tuple[Tensor, ...]]) -> list[Any]:
    """Assertions that all have the same row splits."""
    first = partitions[0]
    message = "Inputs must have identical ragged splits"
    if any(len(p) != len(first) for p in partitions):
        raise ValueError(message)
    return [
        PUBLIC["debugging.assert_equal"](a, b, message=message)
        for other in partitions[1:]
        for a, b in zip(first, other, strict=True)
        if a is not b
    ]


def _with_values(value: Any, found: list[RaggedTensor]) -> Any:
    """`value` with the ragged tensors in it, which are added to `found`, replaced by their values."""
    if isinstance(value, RaggedTensor):
        found.append(value)
        return value.flat_values
    if isinstance(value, (list, tuple)):
        return type(value)(_with_values(v, found) for v in value)
    if isinstance(value, dict):
        return {k: _with_values(v, found) for k, v in value.items()}
    return value


class RaggedRows:
    """A ragged tensor to be walked over by `map_fn`."""

    def __init__(self, value: RaggedTensor):
        self._value = value
        own = value.shape
        self._row_shape = own[1:] if own.rank is not None else TensorShape(None)
        self.spec = RaggedTensorSpec(self._row_shape, value.dtype, value.ragged_rank - 1, value.row_splits.dtype)
        rows = raw_ops.Cast(x=value.nrows(), DstT=dtypes.int32)
        self.counted = raw_ops.Fill(dims=raw_ops.Pack(values=[rows]), value=0)
        if value._row_partition.static_nrows is not None:
            self.counted.set_shape([value._row_partition.static_nrows])

    def arrays(self, count: Any) -> list[TensorArray]:
        """Nothing: rows are cut out of the values."""
        return []

    def filled(self, arrays: list[TensorArray]) -> list[TensorArray]:
        """Nothing to do."""
        return arrays

    def row(self, index: Tensor, arrays: list[TensorArray]) -> Any:
        """One row."""
        row = self._value[index]  # type: ignore[index]
        if isinstance(row, Tensor):
            row.set_shape(self._row_shape)
        return row


class RaggedResults:
    """Tensors of different sizes, or ragged ones, that a function gives, one per row."""

    def __init__(self, spec: RaggedTensorSpec):
        self._spec = spec

    def arrays(self, count: Any) -> list[TensorArray]:
        """Empty arrays for numbers of rows, row lengths and values."""
        kind = self._spec.row_splits_dtype
        inner = self._spec._flat_spec().shape
        shapes = [(kind, []), *[(kind, [None])] * self._spec.ragged_rank, (self._spec.dtype, inner)]
        return [
            TensorArray(dtype, size=count, dynamic_size=False, infer_shape=False, element_shape=shape)
            for dtype, shape in shapes
        ]

    def parts(self, value: Any) -> list[Tensor]:
        """One of them, as what is written into the arrays."""
        kind, ragged_rank = self._spec.row_splits_dtype, self._spec.ragged_rank
        if ragged_rank == 0:
            tensor = convert_to_tensor(value, preferred_dtype=self._spec.dtype)
            return [shape(tensor, out_type=kind)[0], tensor]
        if not isinstance(value, RaggedTensor) or value.ragged_rank != ragged_rank:
            raise ValueError(f"Error in map_fn: fn returned {value!r}, and a RaggedTensor was expected.")
        return [value.nrows(kind), *value.with_row_splits_dtype(kind).nested_row_lengths(), value.flat_values]

    def joined(self, arrays: list[TensorArray], rows: int | None) -> RaggedTensor:
        """All of them as one ragged tensor of one more axis."""
        counts = arrays[0].stack()
        if rows is not None:
            counts.set_shape([rows])
        lengths = [array.concat() for array in arrays[1:-1]]
        flat = arrays[-1].concat()
        inner = self._spec._flat_spec().shape
        if inner.rank is not None:
            flat.set_shape([None, *inner.as_list()[1:]])
        return RaggedTensor.from_nested_row_lengths(flat, [counts, *lengths], validate=False)


map_fn.SOURCES[RaggedTensor] = RaggedRows
map_fn.RESULTS[RaggedTensorSpec] = RaggedResults
