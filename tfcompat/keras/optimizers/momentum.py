"""Gradient descent, with and without momentum, and RMSprop."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras import config
from tfcompat.keras.optimizers.optimizer import Optimizer
from tfcompat.ops import gather, math, raw_ops
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import identity


def uses(value: Any, what: str) -> bool:
    """Whether a momentum may be other than 0; ValueError for a number outside [0, 1]."""
    if isinstance(value, (int, float)) and not 0 <= value <= 1:
        raise ValueError(f"`{what}` must be between [0, 1]. Received: {value}")
    return isinstance(value, Tensor) or callable(value) or value > 0


@tf_export("keras.optimizers.SGD", "keras.optimizers.legacy.SGD")
class SGD(Optimizer):
    """var -= rate * gradient; with momentum, velocity = momentum * velocity - rate * gradient and var += velocity.

    Args:
        learning_rate: number, tensor, function that gives one, or schedule.
        momentum: share of the velocity that is kept.
        nesterov: whether var += momentum * velocity - rate * gradient instead.
        name: see `Optimizer`.
        kwargs: see `Optimizer`.
    """

    def __init__(
        self, learning_rate: Any = 0.01, momentum: Any = 0.0, nesterov: bool = False, name: str = "SGD", **kwargs: Any
    ):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._momentum = uses(momentum, "momentum")
        self._set_hyper("momentum", momentum)
        self.nesterov = nesterov

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list if self._momentum else ():
            self.add_slot(var, "momentum")

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        apply_state[(var_device, var_dtype)]["momentum"] = identity(self._get_hyper("momentum", var_dtype))

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        if not self._momentum:
            return raw_ops.ResourceApplyGradientDescent(
                var=var.handle, alpha=c["lr_t"], delta=grad, use_locking=self._use_locking
            )
        return raw_ops.ResourceApplyKerasMomentum(
            var=var.handle, accum=self.get_slot(var, "momentum").handle, lr=c["lr_t"], grad=grad,
            momentum=c["momentum"], use_locking=self._use_locking, use_nesterov=self.nesterov,
        )  # fmt: skip

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, var: Any, indices: Any, **kwargs: Any) -> Any:
        if self._momentum:
            return super()._resource_apply_sparse_duplicate_indices(grad, var, indices, **kwargs)
        c = self._coefficients(var, kwargs.get("apply_state"))
        return raw_ops.ResourceScatterAdd(resource=var.handle, indices=indices, updates=-grad * c["lr_t"])

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        return raw_ops.ResourceSparseApplyKerasMomentum(
            var=var.handle, accum=self.get_slot(var, "momentum").handle, lr=c["lr_t"], grad=grad, indices=indices,
            momentum=c["momentum"], use_locking=self._use_locking, use_nesterov=self.nesterov,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        return {**self._config_of("learning_rate", "decay", "momentum"), "nesterov": self.nesterov}


@tf_export("keras.optimizers.RMSprop", "keras.optimizers.legacy.RMSprop")
class RMSprop(Optimizer):
    """rms = rho * rms + (1 - rho) * gradient ** 2; var -= rate * gradient / (sqrt(rms) + epsilon).

    With momentum the step is collected in it, and epsilon goes below the root.

    Args:
        learning_rate: number, tensor, function that gives one, or schedule.
        rho: share of the mean of squares that is kept.
        momentum: share of the step that is kept.
        epsilon: keeps the division finite.
        centered: whether the square of the mean gradient is taken off the mean of squares.
        name: see `Optimizer`.
        kwargs: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        name: str = "RMSprop",
        **kwargs: Any,
    ):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._set_hyper("rho", rho)
        self._momentum = uses(momentum, "momentum")
        self._set_hyper("momentum", momentum)
        self.epsilon = epsilon or config.epsilon()
        self.centered = centered

    def _create_slots(self, var_list: list[Any]) -> None:
        used = ["rms", *(["momentum"] if self._momentum else []), *(["mg"] if self.centered else [])]
        for name in used:
            for var in var_list:
                self.add_slot(var, name)

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        c = apply_state[(var_device, var_dtype)]
        rho: Any = identity(self._get_hyper("rho", var_dtype))
        c["neg_lr_t"] = -c["lr_t"]
        c["epsilon"] = convert_to_tensor(self.epsilon, var_dtype)
        c["rho"] = rho
        c["momentum"] = identity(self._get_hyper("momentum", var_dtype))
        c["one_minus_rho"] = 1.0 - rho

    def _fused(self, grad: Any, var: Any, c: dict[str, Any], indices: Any = None) -> Any:
        """The step with momentum, one operation."""
        inputs = {
            "var": var.handle, "ms": self.get_slot(var, "rms").handle, "mom": self.get_slot(var, "momentum").handle,
            "lr": c["lr_t"], "rho": c["rho"], "momentum": c["momentum"], "epsilon": c["epsilon"], "grad": grad,
            "use_locking": self._use_locking,
        }  # fmt: skip
        if self.centered:
            inputs["mg"] = self.get_slot(var, "mg").handle
        if indices is not None:
            inputs["indices"] = indices
        sparse, centered = "Sparse" if indices is not None else "", "Centered" if self.centered else ""
        return getattr(raw_ops, f"Resource{sparse}Apply{centered}RMSProp")(**inputs)

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        if self._momentum:
            return self._fused(grad, var, c)
        rms = self.get_slot(var, "rms")
        squares: Any = c["rho"] * rms + c["one_minus_rho"] * math.square(grad)
        updates = [rms.assign(squares, read_value=False)]
        spread = squares
        if self.centered:
            mg = self.get_slot(var, "mg")
            mean: Any = c["rho"] * mg + c["one_minus_rho"] * grad
            updates.append(mg.assign(mean, read_value=False))
            spread = squares - math.square(mean)
        change = c["lr_t"] * grad / (math.sqrt(spread) + c["epsilon"])  # type: ignore[operator]
        return group(var.assign(var - change, read_value=False), *updates)

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        if self._momentum:
            return self._fused(grad, var, c, indices)
        rms, kept = self._moved(var, "rms", c["rho"], indices, (grad * grad) * c["one_minus_rho"])
        updates = [kept]
        if self.centered:
            mean, kept = self._moved(var, "mg", c["rho"], indices, grad * c["one_minus_rho"])
            updates.append(kept)
            rms = rms - math.square(mean)
        change = c["neg_lr_t"] * grad / (math.sqrt(rms) + c["epsilon"])  # type: ignore[operator]
        return group(self._resource_scatter_add(var, indices, change), *updates)

    def _moved(self, var: Any, slot_name: str, share: Any, indices: Any, values: Any) -> tuple[Any, Any]:
        """slot = slot * share with `values` added at `indices`: (its rows there, the whole)."""
        whole = self._decayed_sum(self.get_slot(var, slot_name), share, indices, values)
        return gather.gather(whole, indices), whole

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        hyper = self._config_of("learning_rate", "decay", "rho", "momentum")
        return {**hyper, "epsilon": self.epsilon, "centered": self.centered}
