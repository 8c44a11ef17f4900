"""Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tfcompat.graph.default import control_dependencies, get_default_graph, outermost_graph
from tfcompat.graph.export import tf_export
from tfcompat.ops import cast, grouping, math, raw_ops, state
from tfcompat.training.rule_optimizer import RuleOptimizer


@tf_export("train.AdamOptimizer")
class AdamOptimizer(RuleOptimizer):
    """m and v are moving averages of the gradient and its square; var -= rate * m / (sqrt(v) + epsilon).

    rate is learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t) in step t. With sparse gradients m and v of all rows
    decay, and all rows of var change.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        beta1: decay of m.
        beta2: decay of v.
        epsilon: keeps the division finite.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
    """

    _rule = "Adam"
    _slot_inputs: ClassVar[dict[str, str]] = {"m": "m", "v": "v"}
    _parameters: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "beta1": "beta1",
        "beta2": "beta2",
        "epsilon": "epsilon",
    }

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ):
        super().__init__(use_locking, name, learning_rate=learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon)

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        graph = outermost_graph()
        return self._get_non_slot_variable("beta1_power", graph), self._get_non_slot_variable("beta2_power", graph)

    def _create_slots(self, var_list: list[Any]) -> None:
        first = min(var_list, key=lambda v: v.name)
        for name in ("beta1", "beta2"):
            self._create_non_slot_variable(self._values[name], f"{name}_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _parameter(self, argument: str, dtype: Any) -> Any:
        if argument in ("beta1_power", "beta2_power"):
            return cast.cast(self._get_beta_accumulators()[argument == "beta2_power"], dtype)
        return super()._parameter(argument, dtype)

    def _sparse_step(self, grad: Any, var: Any, indices: Any, scatter_add: Callable[[Any, Any, Any], Any]) -> Any:
        """Decays whole slots, adds the slices, and changes all of the variable."""
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            self._parameter(name, dtype) for name in ("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon")
        )
        rate = lr * math.sqrt(1 - beta2_power) / (1 - beta1_power)
        m = self._decayed_sum(self.get_slot(var, "m"), beta1, indices, lambda: grad * (1 - beta1), scatter_add)
        v = self._decayed_sum(self.get_slot(var, "v"), beta2, indices, lambda: grad * grad * (1 - beta2), scatter_add)
        root = math.sqrt(v)
        change = state.assign_sub(var, rate * m / (root + epsilon), use_locking=self._use_locking)
        return grouping.group(change, m, v)

    def _decayed_sum(
        self,
        slot: Any,
        beta: Any,
        indices: Any,
        make_values: Callable[[], Any],
        scatter_add: Callable[[Any, Any, Any], Any],
    ) -> Any:
        """slot = slot * beta, with the values added at the indices."""
        values = make_values()
        decayed = state.assign(slot, slot * beta, use_locking=self._use_locking)
        with control_dependencies([decayed]):
            return scatter_add(slot, indices, values)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        def scatter_add(slot: Any, indices: Any, values: Any) -> Any:
            return state.scatter_functions["Add"](slot, indices, values, use_locking=self._use_locking)

        return self._sparse_step(grad.values, var, grad.indices, scatter_add)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        def scatter_add(slot: Any, indices: Any, values: Any) -> Any:
            added = raw_ops.ResourceScatterAdd(resource=slot.handle, indices=indices, updates=values)
            with control_dependencies([added]):
                return slot.value()

        return self._sparse_step(grad, handle, indices, scatter_add)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        with control_dependencies(update_ops):
            powers = self._get_beta_accumulators()
            with get_default_graph().colocate_with(powers[0]):
                updates = [
                    power.assign(power * self._tensors[name], use_locking=self._use_locking)
                    for power, name in zip(powers, ("beta1", "beta2"), strict=True)
                ]
        return grouping.group(*update_ops, *updates, name=name_scope)
