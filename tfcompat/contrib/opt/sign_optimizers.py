"""Optimizers that look at signs of gradient and moving average (Bello and others, arXiv:1709.07417)."""

from __future__ import annotations

import math as python_math
from collections.abc import Callable
from typing import Any, ClassVar

from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.constant import constant
from tfcompat.graph.export import tf_export
from tfcompat.graph.operation import Operation
from tfcompat.ops import grouping, math, state
from tfcompat.ops.gather import gather
from tfcompat.training.rule_optimizer import RuleOptimizer


class _SignOptimizer(RuleOptimizer):
    """m = beta * m + (1 - beta) * g; var -= learning_rate * factor(sign_decay * sign(g) * sign(m)) * g."""

    _slot_inputs: ClassVar[dict[str, str]] = {"m": "m"}

    def __init__(self, sign_decay_fn: Callable[[Any], Any] | None, use_locking: bool, name: str, **parameters: Any):
        super().__init__(use_locking, name, sign_decay=1.0, **parameters)
        self._sign_decay_fn = sign_decay_fn

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Operation:  # type: ignore[override]
        """As all optimizers do; with `sign_decay_fn` the global step is needed, else ValueError."""
        if self._sign_decay_fn is not None:
            if global_step is None:
                raise ValueError("`sign_decay_fn` needs `global_step`.")
            self._values["sign_decay"] = lambda: self._sign_decay_fn(global_step)  # type: ignore[misc]
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "m", self._name)

    def _factor(self, agreement: Any, dtype: Any) -> Any:
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        dtype = var.dtype.base_dtype
        lr, beta, decay = (self._parameter(name, dtype) for name in ("lr", "beta", "sign_decay"))
        slot = self.get_slot(var, "m")
        m = state.assign(slot, slot * beta + grad * (1 - beta), use_locking=self._use_locking)
        agreement = decay * gather(math.sign(m), grad.indices) * math.sign(grad.values)
        change = IndexedSlices(lr * self._factor(agreement, dtype) * grad.values, grad.indices, grad.dense_shape)
        return grouping.group(var.scatter_sub(change, use_locking=self._use_locking), m)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_sparse(IndexedSlices(grad, indices, constant(handle.shape.as_list())), handle)


@tf_export("contrib.opt.AddSignOptimizer")
class AddSignOptimizer(_SignOptimizer):
    """var -= learning_rate * (alpha + decay * sign(g) * sign(m)) * g.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        alpha: see the formula.
        beta: decay of the moving average m.
        sign_decay_fn: gives the decay for the global step; 1 when None.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slot.
    """

    _rule = "AddSign"
    _parameters: ClassVar[dict[str, str]] = {
        "lr": "learning_rate", "beta": "beta", "alpha": "alpha", "sign_decay": "sign_decay",
    }  # fmt: skip

    def __init__(
        self,
        learning_rate: Any = 0.1,
        alpha: Any = 1.0,
        beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None,
        use_locking: bool = False,
        name: str = "AddSignOptimizer",
    ):
        super().__init__(sign_decay_fn, use_locking, name, learning_rate=learning_rate, alpha=alpha, beta=beta)

    def _factor(self, agreement: Any, dtype: Any) -> Any:
        return self._parameter("alpha", dtype) + agreement


@tf_export("contrib.opt.PowerSignOptimizer")
class PowerSignOptimizer(_SignOptimizer):
    """var -= learning_rate * base ^ (decay * sign(g) * sign(m)) * g.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        base: see the formula.
        beta: decay of the moving average m.
        sign_decay_fn: gives the decay for the global step; 1 when None.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slot.
    """

    _rule = "PowerSign"
    _parameters: ClassVar[dict[str, str]] = {
        "lr": "learning_rate", "beta": "beta", "logbase": "logbase", "sign_decay": "sign_decay",
    }  # fmt: skip

    def __init__(
        self,
        learning_rate: Any = 0.1,
        base: float = python_math.e,
        beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None,
        use_locking: bool = False,
        name: str = "PowerSignOptimizer",
    ):
        super().__init__(
            sign_decay_fn, use_locking, name, learning_rate=learning_rate, beta=beta, logbase=python_math.log(base)
        )

    def _factor(self, agreement: Any, dtype: Any) -> Any:
        return math.exp(self._parameter("logbase", dtype) * agreement)
