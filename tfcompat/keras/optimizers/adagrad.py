"""Adagrad, Adadelta and FTRL: rates that follow from sums of squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.keras import config
from tfcompat.keras.optimizers.optimizer import Optimizer
from tfcompat.ops import raw_ops
from tfcompat.ops.identity import identity
from tfcompat.ops.initializers import Constant


@tf_export("keras.optimizers.Adagrad", "keras.optimizers.legacy.Adagrad")
class Adagrad(Optimizer):
    """accumulator += gradient ** 2; var -= rate * gradient / (sqrt(accumulator) + epsilon).

    Args:
        learning_rate: number, tensor, function that gives one, or schedule.
        initial_accumulator_value: what the sum begins with, not negative.
        epsilon: keeps the division finite.
        name: see `Optimizer`.
        kwargs: see `Optimizer`.

    Raises:
        ValueError: a negative sum.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float | None = 1e-7,
        name: str = "Adagrad",
        **kwargs: Any,
    ):
        if initial_accumulator_value < 0.0:
            raise ValueError(f"initial_accumulator_value must be non-negative: {initial_accumulator_value}")
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._initial_accumulator_value = initial_accumulator_value
        self.epsilon = config.epsilon() if epsilon is None else epsilon

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            start = Constant(self._initial_accumulator_value, dtype=var.dtype.base_dtype)
            self.add_slot(var, "accumulator", start)

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        apply_state[(var_device, var_dtype)]["epsilon"] = convert_to_tensor(self.epsilon, var_dtype)

    def set_weights(self, weights: Any) -> None:
        """Sets the variables; the count of steps stays where there is an array for each slot only."""
        if len(self.weights) == len(weights) + 1:
            weights = [np.array(0), *weights]
        super().set_weights(weights)

    def _inputs(self, grad: Any, var: Any, apply_state: Any) -> dict[str, Any]:
        c = self._coefficients(var, apply_state)
        return {
            "var": var.handle, "accum": self.get_slot(var, "accumulator").handle, "lr": c["lr_t"],
            "epsilon": c["epsilon"], "grad": grad, "use_locking": self._use_locking,
        }  # fmt: skip

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        return raw_ops.ResourceApplyAdagradV2(**self._inputs(grad, var, apply_state))

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        return raw_ops.ResourceSparseApplyAdagradV2(indices=indices, **self._inputs(grad, var, apply_state))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        more = {"initial_accumulator_value": self._initial_accumulator_value, "epsilon": self.epsilon}
        return {**self._config_of("learning_rate", "decay"), **more}


@tf_export("keras.optimizers.Adadelta", "keras.optimizers.legacy.Adadelta")
class Adadelta(Optimizer):
    """Steps are scaled by moving averages of squares: of the steps so far over those of the gradients.

    Args:
        learning_rate: number, tensor, function that gives one, or schedule; factor of the step.
        rho: share of the averages that is kept.
        epsilon: added to both.
        name: see `Optimizer`.
        kwargs: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: float | None = 1e-7,
        name: str = "Adadelta",
        **kwargs: Any,
    ):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._set_hyper("rho", rho)
        self.epsilon = config.epsilon() if epsilon is None else epsilon

    def _create_slots(self, var_list: list[Any]) -> None:
        for name in ("accum_grad", "accum_var"):
            for var in var_list:
                self.add_slot(var, name)

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        apply_state[(var_device, var_dtype)].update(
            epsilon=convert_to_tensor(self.epsilon, var_dtype), rho=identity(self._get_hyper("rho", var_dtype))
        )

    def _inputs(self, grad: Any, var: Any, apply_state: Any) -> dict[str, Any]:
        c = self._coefficients(var, apply_state)
        return {
            "var": var.handle, "accum": self.get_slot(var, "accum_grad").handle,
            "accum_update": self.get_slot(var, "accum_var").handle, "lr": c["lr_t"], "rho": c["rho"],
            "epsilon": c["epsilon"], "grad": grad, "use_locking": self._use_locking,
        }  # fmt: skip

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        return raw_ops.ResourceApplyAdadelta(**self._inputs(grad, var, apply_state))

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        return raw_ops.ResourceSparseApplyAdadelta(indices=indices, **self._inputs(grad, var, apply_state))

    def set_weights(self, weights: Any) -> None:
        """Sets the variables; the count of steps stays where there is an array for each slot only."""
        if len(self.weights) == len(weights) + 1:
            weights = [np.array(0), *weights]
        super().set_weights(weights)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        return {**self._config_of("learning_rate", "decay", "rho"), "epsilon": self.epsilon}


@tf_export("keras.optimizers.Ftrl", "keras.optimizers.legacy.Ftrl")
class Ftrl(Optimizer):
    """Follows the regularized leader: weights are the best ones for all gradients so far.

    Args:
        learning_rate: number, tensor, function that gives one, or schedule.
        learning_rate_power: not positive; 0 for a fixed rate.
        initial_accumulator_value: what the sums of squares begin with, not negative.
        l1_regularization_strength: not negative.
        l2_regularization_strength: not negative.
        name: see `Optimizer`.
        l2_shrinkage_regularization_strength: not negative; a penalty on size that gradients get.
        beta: not negative; added to roots of sums of squares.
        kwargs: see `Optimizer`.

    Raises:
        ValueError: an argument has the wrong sign.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        name: str = "Ftrl",
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(name, **kwargs)
        for what, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{what} {value:f} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._set_hyper("learning_rate_power", learning_rate_power)
        self._set_hyper("l1_regularization_strength", l1_regularization_strength)
        self._set_hyper("l2_regularization_strength", l2_regularization_strength)
        self._initial_accumulator_value = initial_accumulator_value
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._beta = beta

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            start = Constant(self._initial_accumulator_value, dtype=var.dtype.base_dtype)
            self.add_slot(var, "accumulator", start)
            self.add_slot(var, "linear")

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        names = ("learning_rate_power", "l1_regularization_strength", "l2_regularization_strength")
        power, l1, l2 = (identity(self._get_hyper(name, var_dtype)) for name in names)
        c = apply_state[(var_device, var_dtype)]
        if self._beta:
            l2 = l2 + self._beta / (2.0 * c["lr_t"])  # type: ignore[operator]
        c.update(learning_rate_power=power, l1=l1, l2=l2)
        if self._l2_shrinkage_regularization_strength > 0.0:
            c["l2_shrinkage"] = convert_to_tensor(self._l2_shrinkage_regularization_strength, var_dtype)

    def _record(self, prefix: str, grad: Any, var: Any, apply_state: Any, **more: Any) -> Any:
        c = self._coefficients(var, apply_state)
        if "l2_shrinkage" in c:
            more["l2_shrinkage"] = c["l2_shrinkage"]
        return getattr(raw_ops, f"{prefix}ApplyFtrl{'V2' if 'l2_shrinkage' in c else ''}")(
            var=var.handle, accum=self.get_slot(var, "accumulator").handle,
            linear=self.get_slot(var, "linear").handle, grad=grad, lr=c["lr_t"], l1=c["l1"], l2=c["l2"],
            lr_power=c["learning_rate_power"], use_locking=self._use_locking, **more,
        )  # fmt: skip

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        return self._record("Resource", grad, var, apply_state)

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        return self._record("ResourceSparse", grad, var, apply_state, indices=indices)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        hyper = self._config_of("learning_rate", "decay")
        hyper["initial_accumulator_value"] = self._initial_accumulator_value
        for name in ("learning_rate_power", "l1_regularization_strength", "l2_regularization_strength"):
            hyper[name] = self._serialize_hyperparameter(name)
        hyper["l2_shrinkage_regularization_strength"] = self._l2_shrinkage_regularization_strength
        return {**hyper, "beta": self._beta} if self._beta else hyper
