"""Whether operands fit the equation of an Einsum."""

from __future__ import annotations

from collections.abc import Sequence

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.operation import Operation


def check_operands(op: Operation, shapes: Sequence[Sequence[int | None] | None]) -> None:
    """InvalidArgumentError when the shapes of its inputs, as far as they are known, do not fit the equation of `op`."""
    left, _, output = op.attrs["equation"].decode().partition("->")
    sizes: dict[str, int] = {}
    outer: list[Sequence[int | None]] = []
    for number, (term, shape) in enumerate(zip(left.split(","), shapes, strict=True)):
        if shape is None:
            return
        before, dots, after = term.partition("...")
        count = len(before) + len(after)
        if len(shape) < count or (len(shape) > count and not dots):
            least = "at least " if dots else ""
            _refuse(op, f"Expected input {number} to have rank {least}{count} but got: {len(shape)}")
        broadcast = len(shape) - count
        outer.append(shape[len(before) : len(before) + broadcast])
        axes = [*range(len(before)), *range(len(before) + broadcast, len(shape))]
        for label, axis in zip(before + after, axes, strict=True):
            size = shape[axis]
            if size is not None and sizes.setdefault(label, size) != size:
                _refuse(
                    op,
                    f"Expected dimension {sizes[label]} at axis {axis} of the input shaped {_text(shape)} but got "
                    f"dimension {size}",
                )
    if not _broadcast(outer):
        _refuse(op, f"Invalid broadcasting dimensions: {' vs. '.join(_text(s or ()) for s in shapes)}")
    most = max(map(len, outer), default=0)
    if most and "..." not in output:
        _refuse(
            op,
            f"Output contains {most} broadcasting dimension(s) but no ellipsis (...) was found in the output "
            "subscripts.",
        )


def _broadcast(shapes: Sequence[Sequence[int | None]]) -> bool:
    """Whether shapes can be broadcast to one."""
    columns = [[s[-i] for s in shapes if len(s) >= i] for i in range(1, max(map(len, shapes), default=0) + 1)]
    return all(len({d for d in column if d not in (None, 1)}) <= 1 for column in columns)


def _text(shape: Sequence[int | None]) -> str:
    return f"[{','.join('?' if d is None else str(d) for d in shape)}]"


def _refuse(op: Operation, text: str) -> None:
    raise InvalidArgumentError(None, op, text)
