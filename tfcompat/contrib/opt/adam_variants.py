"""Relatives of Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.default import control_dependencies, get_default_graph, outermost_graph
from tfcompat.graph.export import tf_export
from tfcompat.ops import binary, cast, grouping, math, raw_ops, state
from tfcompat.ops.gather import gather
from tfcompat.ops.identity import identity
from tfcompat.training.adam import AdamOptimizer

_Scatter = Callable[[Any, Any, Any], Any]


def _scatter(kind: str, use_locking: bool) -> _Scatter:
    """Changes rows of a variable of either kind; gives the variable's new value."""

    def change(var: Any, indices: Any, values: Any) -> Any:
        if hasattr(var, "handle"):
            op = getattr(raw_ops, f"ResourceScatter{kind}")(resource=var.handle, indices=indices, updates=values)
            with control_dependencies([op]):
                return var.value()
        return state.scatter_functions[kind](var, indices, values, use_locking=use_locking)

    return change


class _RowsOnly(AdamOptimizer):
    """Adam that touches the rows of a sparse gradient alone; `_rows` gives the operations."""

    def _rows(self, grad: Any, var: Any, indices: Any) -> Any:
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        return self._rows(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._rows(grad, handle, indices)


@tf_export("contrib.opt.LazyAdamOptimizer")
class LazyAdamOptimizer(_RowsOnly):
    """Adam whose moments of a row move only when the row has a gradient; arguments as for `AdamOptimizer`.

    A sparse step costs by the rows of the gradient, not by the size of the variable.
    """

    def _rows(self, grad: Any, var: Any, indices: Any) -> Any:
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._parameter(name, dtype) for name in ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        )
        rate = lr * math.sqrt(1 - beta2_power) / (1 - beta1_power)
        update = _scatter("Update", self._use_locking)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1 * gather(m, indices) + (1 - beta1) * grad
        v_rows = beta2 * gather(v, indices) + (1 - beta2) * math.square(grad)
        new_m, new_v = update(m, indices, m_rows), update(v, indices, v_rows)
        change = _scatter("Sub", self._use_locking)(var, indices, rate * m_rows / (math.sqrt(v_rows) + epsilon))
        return grouping.group(change, new_m, new_v)


@tf_export("contrib.opt.AdamGSOptimizer")
class AdamGSOptimizer(AdamOptimizer):
    """Adam that takes the powers of its decays from a global step, not from variables of its own.

    Args:
        global_step: variable or tensor that counts the steps before this one.
        learning_rate: number, tensor, or callable that gives one.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squares.
        epsilon: keeps the division finite.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
    """

    def __init__(
        self,
        global_step: Any = 0,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ):
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)
        self._global_step = global_step
        self._number: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        return binary.pow(self._tensors["beta1"], self._number), binary.pow(self._tensors["beta2"], self._number)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        super()._prepare()
        self._number = cast.cast(identity(self._global_step) + 1, dtypes.float32)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        return grouping.group(*update_ops, name=name_scope)


@tf_export("contrib.opt.LazyAdamGSOptimizer")
class LazyAdamGSOptimizer(LazyAdamOptimizer, AdamGSOptimizer):
    """`LazyAdamOptimizer` that counts its steps as `AdamGSOptimizer` does; arguments as for that."""

    def __init__(self, *args: Any, **kwargs: Any):
        AdamGSOptimizer.__init__(self, *args, **kwargs)


@tf_export("contrib.opt.NadamOptimizer")
class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's momentum (Dozat, 2016); arguments as for `AdamOptimizer`."""

    def _extra_attrs(self) -> dict[str, Any]:
        return {"use_nesterov": True}

    def _sparse_step(self, grad: Any, var: Any, indices: Any, scatter_add: _Scatter) -> Any:
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._parameter(name, dtype) for name in ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        )
        rate = lr * math.sqrt(1 - beta2_power) / (1 - beta1_power)
        scaled = grad * (1 - beta1)
        m = self._decayed_sum(self.get_slot(var, "m"), beta1, indices, lambda: scaled, scatter_add)
        with control_dependencies([m]):
            ahead = scaled + gather(m, indices) * beta1
        v = self._decayed_sum(self.get_slot(var, "v"), beta2, indices, lambda: grad * grad * (1 - beta2), scatter_add)
        root = gather(math.sqrt(v), indices)
        change = scatter_add(var, indices, -rate * ahead / (root + epsilon))
        return grouping.group(change, m, v)


@tf_export("contrib.opt.AdaMaxOptimizer")
class AdaMaxOptimizer(_RowsOnly):
    """Adam with the infinity norm: v = max(beta2 * v, |gradient|), var -= learning_rate / (1 - beta1^t) * m / (v + e).

    With sparse gradients only the rows of the gradient change.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        beta1: decay of m.
        beta2: decay of v.
        epsilon: keeps the division finite.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
    """

    _rule = "AdaMax"

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdaMax",
    ):
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _power(self) -> Any:
        return self._get_non_slot_variable("beta1_power", outermost_graph())

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        return self._power(), None

    def _create_slots(self, var_list: list[Any]) -> None:
        first = min(var_list, key=lambda v: v.name)
        self._create_non_slot_variable(self._values["beta1"], "beta1_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _rows(self, grad: Any, var: Any, indices: Any) -> Any:
        dtype = var.dtype.base_dtype
        beta1_power, lr, beta1, beta2, epsilon = (
            self._parameter(name, dtype) for name in ("beta1_power", "lr", "beta1", "beta2", "epsilon")
        )
        update = _scatter("Update", self._use_locking)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = gather(m, indices) * beta1 + grad * (1 - beta1)
        v_rows = binary.maximum(gather(v, indices) * beta2, math.abs(grad))
        new_m, new_v = update(m, indices, m_rows), update(v, indices, v_rows)
        change = -lr / (1 - beta1_power) * (m_rows / (v_rows + epsilon))
        return grouping.group(_scatter("Add", self._use_locking)(var, indices, change), new_m, new_v)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        with control_dependencies(update_ops):
            power = self._power()
            with get_default_graph().colocate_with(power):
                updated = power.assign(power * self._tensors["beta1"], use_locking=self._use_locking)
        return grouping.group(*update_ops, updated, name=name_scope)
