"""Checks of a plan's operations."""

from __future__ import annotations

from collections.abc import Sequence

from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.op_def import arg_types
from tfcompat.graph.operation import Operation


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
