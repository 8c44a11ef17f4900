"""Checks of a plan's operations: the types of their inputs, and the frames of version 1 control flow."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.op_def import arg_types
from tfcompat.graph.operation import Operation
from tfcompat.graph.tensor import Tensor

_ENTERS = ("Enter", "RefEnter")
_EXITS = ("Exit", "RefExit")

Frame = tuple[str, ...]


def check_input_types(ops: Sequence[Operation]) -> None:
    """Checks the inputs of operations that may have been replaced after they were made.

    Raises:
        InvalidArgumentError: an input has another type than its operation takes.
    """
    for op in ops:
        expected = [dtype for arg in op.definition.inputs for dtype in arg_types(arg, op.attrs)]
        for index, (tensor, wanted) in enumerate(zip(op._inputs, expected, strict=False)):
            if tensor.dtype.base_dtype != wanted.base_dtype:
                raise InvalidArgumentError(
                    None,
                    op,
                    f"Input {index} of node {op.name} was passed "
                    f"{tensor.dtype.base_dtype.name} from {tensor.name} incompatible with "
                    f"expected {wanted.base_dtype.name}.",
                )


def check_frames(ops: Sequence[Operation], feeds: Collection[Tensor]) -> None:
    """Checks that the inputs of each operation are of one frame.

    Args:
        ops: the needed operations in creation order.
        feeds: fed tensors, which are outside all frames.

    Raises:
        InvalidArgumentError: they are not, or an `Exit` is outside all frames.
    """
    if not any(op.type in _ENTERS or op.type in _EXITS for op in ops):
        return
    frames: dict[Operation, Frame] = {}
    for op in ops:
        known = [(t, () if t in feeds else frames[t.op]) for t in op._inputs if t in feeds or t.op in frames]
        inside = known[0][1] if known else ()
        for tensor, frame in known[1:]:
            if frame != inside:
                raise InvalidArgumentError(
                    None,
                    op,
                    f"{{{{node {op.name}}}}} has inputs from different frames. The "
                    f"input {{{{node {tensor.op.name}}}}} is in frame '{'/'.join(frame)}'. The "
                    f"input {{{{node {known[0][0].op.name}}}}} is in frame '{'/'.join(inside)}'.",
                )
        if op.type in _ENTERS:
            inside = (*inside, op.attrs["frame_name"].decode())
        elif op.type in _EXITS:
            if not inside:
                raise InvalidArgumentError(None, op, "Invalid Exit op: Cannot find a corresponding Enter op.")
            inside = inside[:-1]
        frames[op] = inside
