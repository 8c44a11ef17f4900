"""Optimizers whose whole step is one operation per variable."""

from __future__ import annotations

from typing import Any, ClassVar

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.op_def import op_def
from tfcompat.ops import cast, raw_ops
from tfcompat.training.optimizer import Optimizer


class RuleOptimizer(Optimizer):
    """Applies the op types `[Resource][Sparse]Apply<rule>`.

    Attributes:
        _rule: the name in the op types.
        _slot_inputs: input of the op type -> slot.
        _parameters: input of the op type -> name of the tensor that `_prepare` makes of a parameter.
    """

    _rule: str = ""
    _slot_inputs: ClassVar[dict[str, str]] = {}
    _parameters: ClassVar[dict[str, str]] = {}

    def __init__(self, use_locking: bool, name: str, **parameters: Any):
        super().__init__(use_locking, name)
        self._values = parameters
        self._tensors: dict[str, Any] = {}

    def _prepare(self) -> None:
        for name in self._parameters.values():
            self._tensors[name] = self._prepared(name, self._call_if_callable(self._values[name]))

    def _prepared(self, name: str, value: Any) -> Any:
        """The parameter `name` as a tensor."""
        return convert_to_tensor(value, name=name)

    def _parameter(self, argument: str, dtype: Any) -> Any:
        """The tensor for input `argument`, as `dtype`."""
        return cast.cast(self._tensors[self._parameters[argument]], dtype)

    def _extra_attrs(self) -> dict[str, Any]:
        """Attributes of the operation besides `use_locking`."""
        return {}

    def _record(self, prefix: str, var: Any, grad: Any, indices: Any = None, **given: Any) -> Any:
        """Records the operation for one variable; `given` are inputs that take the place of parameters."""
        is_resource = prefix.startswith("Resource")
        dtype = grad.dtype.base_dtype if is_resource else var.dtype.base_dtype
        op_type = f"{prefix}Apply{self._rule}"
        values: dict[str, Any] = {"use_locking": self._use_locking, **self._extra_attrs()}
        for argument in op_def(op_type).inputs:
            name = argument.name
            if name == "var" or name in self._slot_inputs:
                holder = var if name == "var" else self.get_slot(var, self._slot_inputs[name])
                values[name] = holder.handle if is_resource else holder
            elif name in ("grad", "delta"):
                values[name] = grad
            elif name == "indices":
                values[name] = indices
            else:
                values[name] = given[name] if name in given else self._parameter(name, dtype)
        result = getattr(raw_ops, op_type)(**values)
        return result if is_resource else result.op

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return self._record("", var, grad)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._record("Resource", handle, grad)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        return self._record("Sparse", var, grad.values, grad.indices)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._record("ResourceSparse", handle, grad, indices)
