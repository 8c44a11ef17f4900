"""Layer-wise adaptive rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.ops import filling, masks, norms
from tfcompat.training.gradient_descent import MomentumOptimizer


@tf_export("contrib.opt.LARSOptimizer")
class LARSOptimizer(MomentumOptimizer):
    """Momentum with a rate of each variable's own (You and others, arXiv:1708.03888).

    rate = learning_rate * eeta * |var| / (|g| + weight_decay * |var| + epsilon), for norms that are not zero; the
    gradient is g + weight_decay * var, times the rate. Gradients of rows take plain momentum.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        momentum: the same.
        weight_decay: see the formula.
        eeta: see the formula.
        epsilon: keeps the division finite.
        name: name of the step and of the slot.
        skip_list: variables with one of these in their names take plain momentum.
        use_nesterov: whether momentum is Nesterov's.
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any = 0.9,
        weight_decay: float = 0.0001,
        eeta: float = 0.001,
        epsilon: float = 0.0,
        name: str = "LARSOptimizer",
        skip_list: Sequence[str] | None = None,
        use_nesterov: bool = False,
    ):
        if float(momentum) < 0.0:
            raise ValueError("momentum should be positive")
        if float(weight_decay) < 0.0:
            raise ValueError("weight_decay should be positive")
        super().__init__(learning_rate, momentum, False, name, use_nesterov)
        self._weight_decay, self._eeta, self._epsilon = weight_decay, eeta, epsilon
        self._skip_list = skip_list

    def compute_lr(self, grad: Any, var: Any) -> tuple[Any, Any]:
        """(the rate for `var`, its gradient with weight decay)."""
        rate = self._parameter("lr", var.dtype.base_dtype)
        if self._skip_list is not None and any(part in var.name for part in self._skip_list):
            return rate, grad
        weights, slope = norms.norm(var, ord=2), norms.norm(grad, ord=2)
        ratio = self._eeta * weights / (slope + self._weight_decay * weights + self._epsilon)
        one = filling.ones_like(ratio)
        trust = masks.where(weights > 0, masks.where(slope > 0, ratio, one), one)
        return rate * trust, grad + self._weight_decay * var

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        rate, grad = self.compute_lr(grad, var)
        return self._record("", var, grad * rate, lr=convert_to_tensor(1.0, var.dtype.base_dtype))

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        rate, grad = self.compute_lr(grad, handle)
        return self._record("Resource", handle, grad * rate, lr=convert_to_tensor(1.0, grad.dtype.base_dtype))
