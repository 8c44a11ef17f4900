"""What is known of each op type: shape function, gradient, host kernel, decomposition.

Every registry maps an op type to one function; registering twice is an error. The functions sit in `tfcompat.ops` and
`tfcompat.kernels`, beside the op they describe; a registry imports their module when one is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tfcompat.graph import homes

F = TypeVar("F", bound=Callable[..., Any])


class Registry:
    """Op type -> function, filled by decorators."""

    def __init__(self, what: str):
        self.what = what
        self._table: dict[str, Any] = {}

    def __call__(self, *op_types: str) -> Callable[[F], F]:
        """Decorator that registers a function for each of `op_types`; ValueError when one has an entry."""

        def register(fn: F) -> F:
            for op_type in op_types:
                self.add(op_type, fn)
            return fn

        return register

    def add(self, op_type: str, value: Any) -> None:
        """Registers `value` for `op_type`."""
        if op_type in self._table:
            raise ValueError(f"{op_type} already has a {self.what}: {self._table[op_type]!r}")
        self._table[op_type] = value

    def get(self, op_type: str) -> Any:
        """The entry of `op_type`, or None."""
        if op_type not in self._table:
            homes.load(self.what, op_type)
        return self._table.get(op_type)

    def __contains__(self, op_type: str) -> bool:
        return op_type in self._table or op_type in homes.homes_of(self.what)

    def __iter__(self) -> Iterator[str]:
        return iter({**homes.homes_of(self.what), **self._table})


shape_of = Registry("shape function")
"""fn(c: InferenceContext, *input_shapes: TensorShape) -> list of output TensorShapes."""

gradient_of = Registry("gradient")
"""fn(op: Operation, *output_gradients: Tensor) -> gradient per input (Tensor, IndexedSlices or None), or one alone."""

kernel = Registry("host kernel")
"""fn(k: KernelContext, *inputs: ndarray) -> output array, or tuple of output arrays."""

variant_kernel = Registry("host kernel for variant tensors")
"""The same for op types that take ordinary tensors as well as variants; this one counts where an input is a variant."""

state_kernel = Registry("host kernel of a state operation")
"""fn(k: KernelContext, *inputs) -> {input index: new value}; variables that are only written come in as None."""

decomposes = Registry("decomposition")
"""fn(op: Operation, *inputs: Tensor) -> Tensor or list of Tensors, recorded with other op types."""

NOT_DIFFERENTIABLE: Any = object()
"""Entry of `gradient_of` for op types through which no gradient flows."""


WAITING = Registry("note that it waits")
"""True for op types whose host kernels may wait for other operations, perhaps of the same run (see
`KernelContext.wait_for`)."""

ragged_form = Registry("form for ragged tensors")
"""By public name: fn(function) -> the function that is called in its place where an argument is ragged."""


def may_wait(*op_types: str) -> None:
    """Declares that the host kernels of `op_types` may wait for other operations."""
    for op_type in op_types:
        WAITING.add(op_type, True)


def not_differentiable(*op_types: str) -> None:
    """Declares that no gradient flows through `op_types`."""
    for op_type in op_types:
        gradient_of.add(op_type, NOT_DIFFERENTIABLE)
