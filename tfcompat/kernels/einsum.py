"""Host kernel of Einsum."""

from __future__ import annotations

import numpy as np

from tfcompat.graph.einsum_operands import check_operands
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.kernels.matmul import widened


@kernel("Einsum")
def _einsum(k: KernelContext, *inputs: np.ndarray) -> np.ndarray:
    left, _, output = k.attr("equation").decode().partition("->")
    check_operands(k.op, [x.shape for x in inputs])
    distinct = "".join(dict.fromkeys(output.replace("...", "")))
    plain = ("..." if "..." in output else "") + distinct
    try:
        result = np.einsum(f"{left}->{plain}", *map(widened, inputs), optimize=False)
    except ValueError as error:
        raise InvalidArgumentError(None, k.op, str(error)) from None
    return _placed(np.asarray(result), plain, output).astype(k.output_dtype(0).as_numpy_dtype)


def _placed(x: np.ndarray, labels: str, output: str) -> np.ndarray:
    """`x` with its dimensions in the order of `output`; a label that occurs twice makes a diagonal."""
    if labels == output:
        return x
    count = len(labels.replace("...", ""))
    outer = x.ndim - count
    sizes = dict(zip(labels.replace("...", ""), x.shape[outer:], strict=True))
    before, dots, after = output.partition("...")
    shape = [sizes[c] for c in before] + list(x.shape[:outer] if dots else ()) + [sizes[c] for c in after]
    made = np.zeros(shape, x.dtype)
    grid = {c: np.arange(n) for c, n in sizes.items()}
    order = list(sizes)
    index = [grid[c].reshape([-1 if c == o else 1 for o in order]) for c in before]
    rest = [grid[c].reshape([-1 if c == o else 1 for o in order]) for c in after]
    outer_index = [np.arange(n).reshape([-1 if i == j else 1 for j in range(outer)] + [1] * count)
                   for i, n in enumerate(x.shape[:outer])] if dots else []  # fmt: skip
    made[(*index, *outer_index, *rest)] = x
    return made
