"""Gradient descent, with momentum, and with a proximal term."""

from __future__ import annotations

from typing import Any, ClassVar

from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.export import tf_export
from tfcompat.ops import raw_ops
from tfcompat.training.rule_optimizer import RuleOptimizer


@tf_export("train.GradientDescentOptimizer")
class GradientDescentOptimizer(RuleOptimizer):
    """var -= learning_rate * gradient.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        use_locking: attribute of the operations that change variables.
        name: name of the step.
    """

    _rule = "GradientDescent"
    _parameters: ClassVar[dict[str, str]] = {"alpha": "learning_rate"}

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"):
        super().__init__(use_locking, name, learning_rate=learning_rate)

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        rate = self._parameter("alpha", var.dtype.base_dtype)
        return var.scatter_sub(
            IndexedSlices(grad.values * rate, grad.indices, grad.dense_shape), use_locking=self._use_locking
        )

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        rate = self._parameter("alpha", grad.dtype.base_dtype)
        return raw_ops.ResourceScatterAdd(resource=handle.handle, indices=indices, updates=-grad * rate)


@tf_export("train.MomentumOptimizer")
class MomentumOptimizer(RuleOptimizer):
    """accum = accum * momentum + gradient; var -= learning_rate * accum.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        momentum: the same.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slot.
        use_nesterov: whether var -= learning_rate * (gradient + momentum * accum).
    """

    _rule = "Momentum"
    _slot_inputs: ClassVar[dict[str, str]] = {"accum": "momentum"}
    _parameters: ClassVar[dict[str, str]] = {"lr": "learning_rate", "momentum": "momentum"}

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ):
        super().__init__(use_locking, name, learning_rate=learning_rate, momentum=momentum)
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _extra_attrs(self) -> dict[str, Any]:
        return {"use_nesterov": self._use_nesterov}


@tf_export("train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(RuleOptimizer):
    """Gradient descent, then a soft threshold by learning_rate * l1 and a division by 1 + learning_rate * l2.

    Args:
        learning_rate: number or tensor.
        l1_regularization_strength: not negative.
        l2_regularization_strength: not negative.
        use_locking: attribute of the operations that change variables.
        name: name of the step.
    """

    _rule = "ProximalGradientDescent"
    _parameters: ClassVar[dict[str, str]] = {
        "alpha": "learning_rate",
        "l1": "l1_regularization_strength",
        "l2": "l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ):
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
        )
