"""Adam and its relatives: moving averages of the gradient and of its square or absolute value."""

from __future__ import annotations

from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.keras import config
from tfcompat.keras.optimizers.optimizer import Optimizer
from tfcompat.keras.optimizers.schedules import LearningRateSchedule
from tfcompat.ops import binary, filling, gather, math, raw_ops
from tfcompat.ops.cast import cast
from tfcompat.ops.grouping import group
from tfcompat.ops.identity import identity


class _Moments(Optimizer):
    """Optimizers with two slots, `m` and `v`, and two shares that these keep."""

    def __init__(self, learning_rate: Any, beta_1: Any, beta_2: Any, epsilon: float | None, name: str, **kwargs: Any):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._set_hyper("beta_1", beta_1)
        self._set_hyper("beta_2", beta_2)
        self.epsilon = epsilon or config.epsilon()

    def _create_slots(self, var_list: list[Any]) -> None:
        for name in ("m", "v"):
            for var in var_list:
                self.add_slot(var, name)

    def _next_step(self, var_dtype: Any) -> Any:
        """The number of the step that is about to be taken, from 1 on."""
        return cast(self.iterations + 1, var_dtype)

    def _betas(self, var_dtype: Any) -> tuple[Any, Any]:
        return identity(self._get_hyper("beta_1", var_dtype)), identity(self._get_hyper("beta_2", var_dtype))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        return {**self._config_of("learning_rate", "decay", "beta_1", "beta_2"), "epsilon": self.epsilon}


@tf_export("keras.optimizers.Adam", "keras.optimizers.legacy.Adam")
class Adam(_Moments):
    """m and v are moving averages of the gradient and its square; var -= rate * m / (sqrt(v) + epsilon).

    rate is learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) in step t. With sparse gradients m and v of all rows
    decay, and all rows of var change.

    Args:
        learning_rate: number, tensor, function that gives one, or schedule.
        beta_1: share of m that is kept.
        beta_2: share of v that is kept.
        epsilon: keeps the division finite.
        amsgrad: whether the largest v so far is used in place of v.
        name: see `Optimizer`.
        kwargs: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        name: str = "Adam",
        **kwargs: Any,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name, **kwargs)
        self.amsgrad = amsgrad

    def _create_slots(self, var_list: list[Any]) -> None:
        super()._create_slots(var_list)
        for var in var_list if self.amsgrad else ():
            self.add_slot(var, "vhat")

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        c = apply_state[(var_device, var_dtype)]
        step = self._next_step(var_dtype)
        beta_1, beta_2 = self._betas(var_dtype)
        power_1, power_2 = binary.pow(beta_1, step), binary.pow(beta_2, step)
        c["lr"] = c["lr_t"] * (math.sqrt(1 - power_2) / (1 - power_1))
        c.update(
            epsilon=convert_to_tensor(self.epsilon, var_dtype),
            beta_1_t=beta_1, beta_1_power=power_1, one_minus_beta_1_t=1 - beta_1,
            beta_2_t=beta_2, beta_2_power=power_2, one_minus_beta_2_t=1 - beta_2,
        )  # fmt: skip

    def set_weights(self, weights: Any) -> None:
        """Sets the variables; arrays for `vhat` that an optimizer without it does not take are left out."""
        slots = len(self.weights) - 1
        if not self.amsgrad and len(weights) == 3 * (slots // 2) + 1:
            weights = weights[: len(self.weights)]
        super().set_weights(weights)

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        inputs = {
            "var": var.handle, "m": self.get_slot(var, "m").handle, "v": self.get_slot(var, "v").handle,
            "beta1_power": c["beta_1_power"], "beta2_power": c["beta_2_power"], "lr": c["lr_t"],
            "beta1": c["beta_1_t"], "beta2": c["beta_2_t"], "epsilon": c["epsilon"], "grad": grad,
            "use_locking": self._use_locking,
        }  # fmt: skip
        if not self.amsgrad:
            return raw_ops.ResourceApplyAdam(**inputs)
        return raw_ops.ResourceApplyAdamWithAmsgrad(vhat=self.get_slot(var, "vhat").handle, **inputs)

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        m = self._decayed_sum(self.get_slot(var, "m"), c["beta_1_t"], indices, grad * c["one_minus_beta_1_t"])
        v = self._decayed_sum(self.get_slot(var, "v"), c["beta_2_t"], indices, (grad * grad) * c["one_minus_beta_2_t"])
        updates, largest = [m, v], v
        if self.amsgrad:
            vhat = self.get_slot(var, "vhat")
            largest = binary.maximum(vhat, v)
            updates.append(vhat.assign(largest, read_value=False))
        change = c["lr"] * m / (math.sqrt(largest) + c["epsilon"])  # type: ignore[operator]
        return group(var.assign_sub(change, use_locking=self._use_locking, read_value=False), *updates)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, with the present values of hyperparameters."""
        return {**super().get_config(), "amsgrad": self.amsgrad}


@tf_export("keras.optimizers.Adamax", "keras.optimizers.legacy.Adamax")
class Adamax(_Moments):
    """m is a moving average of the gradient, v = max(beta_2 * v, abs(gradient)).

    var -= learning_rate / (1 - beta_1^t) * m / (v + epsilon) in step t; with sparse gradients, in their rows only.

    Args:
        learning_rate: number, tensor, function that gives one, or schedule.
        beta_1: share of m that is kept.
        beta_2: share of v that is kept.
        epsilon: keeps the division finite.
        name: see `Optimizer`.
        kwargs: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: float | None = 1e-7,
        name: str = "Adamax",
        **kwargs: Any,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name, **kwargs)

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        c = apply_state[(var_device, var_dtype)]
        step = self._next_step(var_dtype)
        beta_1, beta_2 = self._betas(var_dtype)
        power = binary.pow(beta_1, step)
        c.update(
            neg_scaled_lr=-c["lr_t"] / (1 - power), epsilon=convert_to_tensor(self.epsilon, var_dtype),
            beta_1_t=beta_1, beta_1_power=power, one_minus_beta_1_t=1 - beta_1, beta_2_t=beta_2,
            zero=filling.zeros((), dtype=var_dtype),
        )  # fmt: skip

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        return raw_ops.ResourceApplyAdaMax(
            var=var.handle, m=self.get_slot(var, "m").handle, v=self.get_slot(var, "v").handle,
            beta1_power=c["beta_1_power"], lr=c["lr_t"], beta1=c["beta_1_t"], beta2=c["beta_2_t"],
            epsilon=c["epsilon"], grad=grad, use_locking=self._use_locking,
        )  # fmt: skip

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows: Any = gather.gather(m, indices) * c["beta_1_t"] + grad * c["one_minus_beta_1_t"]  # type: ignore[operator]
        v_rows: Any = binary.maximum(gather.gather(v, indices) * c["beta_2_t"], math.abs(grad))  # type: ignore[operator]
        change = c["neg_scaled_lr"] * (m_rows / (v_rows + c["epsilon"]))
        with control_dependencies([m_rows, v_rows]):
            updates = [
                self._resource_scatter_update(m, indices, m_rows),
                self._resource_scatter_update(v, indices, v_rows),
                self._resource_scatter_add(var, indices, change),
            ]
        return group(*updates)


@tf_export("keras.optimizers.Nadam", "keras.optimizers.legacy.Nadam")
class Nadam(_Moments):
    """Adam with Nesterov's momentum, whose share grows to beta_1: beta_1 * (1 - 0.96^(t * decay) / 2) in step t.

    Args:
        learning_rate: number, tensor, or function that gives one.
        beta_1: share of m that is kept.
        beta_2: share of v that is kept.
        epsilon: keeps the division finite.
        name: see `Optimizer`.
        kwargs: see `Optimizer`; `schedule_decay`, 0.004 by default, is the decay of the formula.

    Raises:
        ValueError: `learning_rate` is a schedule.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: float | None = 1e-7,
        name: str = "Nadam",
        **kwargs: Any,
    ):
        kwargs["decay"] = kwargs.pop("schedule_decay", 0.004)
        if isinstance(kwargs.get("lr", learning_rate), LearningRateSchedule):
            raise ValueError(
                "The Nadam optimizer does not support tf.keras.optimizers.LearningRateSchedules as the learning rate."
            )
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name, **kwargs)
        self._m_cache: Any = None
        self._m_cache_read: Any = None

    def _create_slots(self, var_list: list[Any]) -> None:
        if self._m_cache is None:
            dtype = var_list[0].dtype.base_dtype
            self._m_cache = self.add_weight(
                "momentum_cache", shape=[], dtype=dtype, initializer="ones", trainable=False
            )
            self._weights.append(self._m_cache)
        super()._create_slots(var_list)

    def _prepare(self, var_list: list[Any]) -> Any:
        self._m_cache_read = identity(self._m_cache)
        return super()._prepare(var_list)

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        c = apply_state[(var_device, var_dtype)]
        rate: Any = identity(self._get_hyper("learning_rate", var_dtype))
        beta_1, beta_2 = self._betas(var_dtype)
        step, following = self._next_step(var_dtype), cast(self.iterations + 2, var_dtype)
        base = convert_to_tensor(0.96, var_dtype)
        now = beta_1 * (1.0 - 0.5 * binary.pow(base, self._initial_decay * step))
        then = beta_1 * (1.0 - 0.5 * binary.pow(base, self._initial_decay * following))
        schedule: Any = cast(self._m_cache_read, var_dtype) * now  # type: ignore[operator]
        if var_dtype is self._m_cache.dtype.base_dtype:
            kept = self._m_cache.assign(schedule, use_locking=self._use_locking, read_value=False)
            with control_dependencies([kept]):
                schedule = identity(schedule)
        c.update(
            lr_t=rate, neg_lr_t=-rate, epsilon=convert_to_tensor(self.epsilon, var_dtype), beta_1_t=beta_1,
            beta_2_t=beta_2, m_t=now, m_t_1=then, one_minus_beta_1_t=1 - beta_1, one_minus_beta_2_t=1 - beta_2,
            one_minus_m_t=1.0 - now, one_minus_m_schedule_new=1.0 - schedule,
            one_minus_m_schedule_next=1.0 - schedule * then, v_t_prime_denominator=1.0 - binary.pow(beta_2, step),
        )  # fmt: skip

    def _change(self, grad: Any, m: Any, v: Any, c: dict[str, Any]) -> Any:
        """What is taken off the variable, for the new m and v."""
        direction = c["one_minus_m_t"] * (grad / c["one_minus_m_schedule_new"])
        direction += c["m_t_1"] * (m / c["one_minus_m_schedule_next"])
        return c["lr_t"] * direction / (math.sqrt(v / c["v_t_prime_denominator"]) + c["epsilon"])

    def _resource_apply_dense(self, grad: Any, var: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        new_m = c["beta_1_t"] * m + c["one_minus_beta_1_t"] * grad
        new_v = c["beta_2_t"] * v + c["one_minus_beta_2_t"] * math.square(grad)
        changed = var.assign(var - self._change(grad, new_m, new_v, c), read_value=False)
        return group(changed, m.assign(new_m, read_value=False), v.assign(new_v, read_value=False))

    def _resource_apply_sparse(self, grad: Any, var: Any, indices: Any, apply_state: Any = None) -> Any:
        c = self._coefficients(var, apply_state)
        m = self._decayed_sum(self.get_slot(var, "m"), c["beta_1_t"], indices, grad * c["one_minus_beta_1_t"])
        v = self._decayed_sum(self.get_slot(var, "v"), c["beta_2_t"], indices, (grad * grad) * c["one_minus_beta_2_t"])
        change = self._change(grad, gather.gather(m, indices), gather.gather(v, indices), c)
        return group(self._resource_scatter_add(var, indices, -change), m, v)
