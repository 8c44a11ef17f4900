"""Host kernel that calls Python functions on tensors which have values."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tfcompat.graph import dtypes, py_functions
from tfcompat.graph.apply import apply_op
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.errors import InternalError, InvalidArgumentError
from tfcompat.graph.graph import Graph
from tfcompat.graph.inference import KernelContext
from tfcompat.graph.registry import kernel
from tfcompat.graph.tensor import Tensor
from tfcompat.kernels.script import raised_as


class ValueGraph(Graph):
    """A graph all of whose tensors follow from constants, so that each has a value at once."""

    def __init__(self) -> None:
        super().__init__()
        self._lock_of_session = threading.Lock()
        self._session_of_values: Any = None
        self._known: dict[Tensor, Any] = {}

    def value_of(self, tensor: Tensor) -> Any:
        """The value of `tensor`."""
        if tensor not in self._known:
            with self._lock_of_session:
                if self._session_of_values is None:
                    self._session_of_values = py_functions.OPEN_SESSION[0](graph=self)
                self._known[tensor] = self._session_of_values.run(tensor)
        return self._known[tensor]

    def close(self) -> None:
        """Ends the session that computes values."""
        if self._session_of_values is not None:
            self._session_of_values.close()


def _tensors(k: KernelContext, token: str, returned: Any, types: list[dtypes.DType]) -> list[Tensor]:
    """What a function returned as tensors of the promised types."""
    if returned is None:
        values: list[Any] = []
    else:
        values = list(returned) if isinstance(returned, (list, tuple)) and len(types) != 1 else [returned]
        if isinstance(returned, (list, tuple)) and len(types) == 1 and len(returned) == 1:
            values = list(returned)
    if len(values) != len(types):
        text = f"{token} returns {len(values)} values, but expects to see {len(types)} values."
        raise InvalidArgumentError(None, k.op, text)
    tensors = []
    for value, dtype in zip(values, types, strict=True):
        if not isinstance(value, Tensor) and hasattr(value, "initializer"):
            raise RuntimeError("Attempting to return a variable from an eagerly executed py_func.")
        if value is None:
            tensors.append(constant(0.0, dtype=dtype))
        elif isinstance(value, Tensor):
            tensors.append(
                value
                if value.dtype.base_dtype is dtype.base_dtype
                else apply_op("Cast", None, {"x": value, "DstT": dtype})
            )
        else:
            tensors.append(convert_to_tensor(value, dtype=dtype))
    return tensors


@kernel("EagerPyFunc")
def _eager_py_func(k: KernelContext, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    token = k.attr("token").decode()
    function = py_functions.find(token, k.op.graph)
    if function is None:
        raise InternalError(None, k.op, f"callback {token} is not found")
    types = k.attr("Tout")
    graph = ValueGraph()
    try:
        with graph.as_default(), raised_as(k.op):
            arguments = [constant(x, dtype=k.input_dtype(i)) for i, x in enumerate(inputs)]
            results = _tensors(k, token, function(*arguments), types)
            values = [np.asarray(graph.value_of(t)) for t in results]
    finally:
        graph.close()
    return tuple(v.astype(object) if t.base_dtype is dtypes.string else v for v, t in zip(values, types, strict=True))
