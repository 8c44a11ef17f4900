"""tf.debugging.assert_shapes: tensors whose sizes are given by symbols."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor_shape import Dimension
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.assertion import Assert, prefix
from tfcompat.ops.grouping import group
from tfcompat.ops.type_checks import assert_rank, assert_rank_at_least, assert_rank_in

_ANY = (None, ".")
_REST = (Ellipsis, "*")


class _Sizes:
    """The sizes of one tensor: ints where they are known, scalars otherwise."""

    def __init__(self, tensor: Any):
        self.tensor = tensor
        self.static = tensor.shape.tuple
        self._dynamic: Any = None

    def at(self, index: int, after: list[Operation]) -> Any:
        """The size of a dimension (a scalar counts as a vector of one element)."""
        if self.static is not None:
            dims = self.static or (1,)
            if dims[index] is not None:
                return dims[index]
        if self._dynamic is None:
            self._dynamic = shape(self.tensor)
            if self.static is None:
                # a scalar's empty shape becomes [1]
                padded = raw_ops.ConcatV2(values=[[1], self._dynamic], axis=0)
                keep = raw_ops.Maximum(x=raw_ops.Size(input=self._dynamic), y=1)
                self._dynamic = padded[-keep:]
        with control_dependencies(after):
            return self._dynamic[index]


@tf_export("debugging.assert_shapes")
def assert_shapes(
    shapes: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """An operation whose run fails unless tensors have the given shapes, and equal sizes where these say so.

    Args:
        shapes: dict, or list of pairs, of tensors and their shapes: lists or texts of sizes. A size is an int, a
            symbol that stands for the same size everywhere, or None or "." for any; `...` or "*" in front stands
            for any number of dimensions.
        data: list of tensors that the error's text shows.
        summarize: how many elements of each; 3 when None.
        message: start of the error's text.
        name: prefix of the names of the operations.

    Raises:
        ValueError: a shape is known not to fit, or is malformed.
    """
    pairs = list(shapes.items()) if isinstance(shapes, dict) else list(shapes)
    with name_scope(name, "assert_shapes", [pairs, data]):
        wanted = [_parsed(tensor, sizes, message) for tensor, sizes in pairs]
        checks = [_rank(tensor, sizes, data, summarize, message) for tensor, sizes in wanted]
        seen: dict[Any, tuple[str, Any]] = {}
        for tensor, sizes in wanted:
            checks += _sizes_of(tensor, sizes, seen, list(checks), data, summarize, message)
    return group(*checks)


def _parsed(tensor: Any, sizes: Any, message: str | None) -> tuple[Any, list[Any]]:
    tensor = tensor if isinstance(tensor, SparseTensor) else convert_to_tensor(tensor)
    if not isinstance(sizes, Iterable):
        raise ValueError(
            f"{prefix(message)}Tensor {tensor.name}.  Specified shape must be an iterable.  An iterable "
            f"has the attribute `__iter__` or `__getitem__`.  Received specified shape: {sizes}"
        )
    listed = [s.value if isinstance(s, Dimension) else s for s in sizes]
    for i, size in enumerate(listed[1:], 1):
        if size in _REST:
            raise ValueError(
                f"{prefix(message)}Tensor {tensor.name} specified shape index {i}.  Symbol `...` or `*` "
                "for a variable number of unspecified dimensions is only allowed as the first entry"
            )
    return tensor, listed


def _rank(tensor: Any, sizes: list[Any], data: Any, summarize: int | None, message: str | None) -> Operation:
    if sizes and sizes[0] in _REST:
        return assert_rank_at_least(tensor, len(sizes) - 1, data, summarize, message)
    if len(sizes) <= 1:
        return assert_rank_in(tensor, [0, 1], data, summarize, message)
    return assert_rank(tensor, len(sizes), data, summarize, message)


def _sizes_of(
    tensor: Any,
    sizes: list[Any],
    seen: dict[Any, tuple[str, Any]],
    after: list[Operation],
    data: Any,
    summarize: int | None,
    message: str | None,
) -> list[Operation]:
    own, checks = _Sizes(tensor), []
    open_front = bool(sizes) and sizes[0] in _REST
    for i, size in enumerate(sizes):
        if size in _ANY or size in _REST:
            continue
        index = i - len(sizes) if open_front else i
        found = own.at(index, after)
        if isinstance(size, int):
            source, expected = "Specified explicitly", size
        elif size in seen:
            source, expected = seen[size]
        else:
            seen[size] = (f"Specified by tensor {tensor.name} dimension {index}", found)
            continue
        if isinstance(found, int) and isinstance(expected, int):
            if found != expected:
                raise ValueError(
                    f"{prefix(message)}{source}.  Tensor {tensor.name} dimension {index} must have size "
                    f"{expected}.  Received size {found}, shape {tensor.shape}"
                )
            continue
        shown = data or [
            prefix(message),
            source,
            f"Tensor {tensor.name} dimension",
            index,
            "must have size",
            expected,
            "Received shape: ",
            shape(tensor),
        ]
        checks.append(Assert(raw_ops.Equal(x=found, y=expected), shown, summarize=summarize))
    return checks
