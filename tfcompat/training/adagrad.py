"""Optimizers that divide by sums or averages of squared gradients: Adagrad and its kin, Adadelta, RMSProp, FTRL."""

from __future__ import annotations

from typing import Any, ClassVar

from tfcompat.graph.constant import constant
from tfcompat.graph.default import device, get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.ops import array, binary, cast, filling, initializers, raw_ops
from tfcompat.training.rule_optimizer import RuleOptimizer


def _check_positive(name: str, value: float) -> None:
    if value <= 0.0:
        raise ValueError(f"{name} must be positive: {value}")


def _filled_like(var: Any, value: float) -> Any:
    """A constant of the variable's shape and type, placed with it."""
    with get_default_graph().colocate_with(var):
        return constant(value, shape=var.shape, dtype=var.dtype.base_dtype)


@tf_export("train.AdagradOptimizer")
class AdagradOptimizer(RuleOptimizer):
    """accum += gradient^2; var -= learning_rate * gradient / sqrt(accum).

    Args:
        learning_rate: number, tensor, or callable that gives one.
        initial_accumulator_value: where accum starts, positive.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slot.
    """

    _rule = "Adagrad"
    _slot_inputs: ClassVar[dict[str, str]] = {"accum": "accumulator"}
    _parameters: ClassVar[dict[str, str]] = {"lr": "learning_rate"}

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ):
        _check_positive("initial_accumulator_value", initial_accumulator_value)
        super().__init__(use_locking, name, learning_rate=learning_rate)
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            dtype, start = var.dtype.base_dtype, self._initial_accumulator_value
            initializer: Any = initializers.Constant(start, dtype=dtype)
            if not var.shape.is_fully_defined():

                def initializer(var: Any = var, dtype: Any = dtype, start: float = start) -> Any:
                    return cast.cast(raw_ops.Fill(dims=array.shape(var), value=start), dtype)

            self._get_or_make_slot_with_initializer(var, initializer, var.shape, dtype, "accumulator", self._name)


@tf_export("train.AdagradDAOptimizer")
class AdagradDAOptimizer(RuleOptimizer):
    """Dual averaging: the variable is computed anew from the sums of gradients and of their squares.

    Args:
        learning_rate: number or tensor.
        global_step: variable with the number of the step.
        initial_gradient_squared_accumulator_value: where the sum of squares starts, positive.
        l1_regularization_strength: not negative; makes small variables zero.
        l2_regularization_strength: not negative.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
    """

    _rule = "AdagradDA"
    _slot_inputs: ClassVar[dict[str, str]] = {
        "gradient_accumulator": "gradient_accumulator",
        "gradient_squared_accumulator": "gradient_squared_accumulator",
    }
    _parameters: ClassVar[dict[str, str]] = {"lr": "learning_rate"}

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ):
        _check_positive("initial_gradient_squared_accumulator_value", initial_gradient_squared_accumulator_value)
        super().__init__(use_locking, name, learning_rate=learning_rate)
        self._start = initial_gradient_squared_accumulator_value
        self._strengths = {"l1": l1_regularization_strength, "l2": l2_regularization_strength}
        self._global_step = global_step
        self._global_step_on_worker: Any = None

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            sums, squares = _filled_like(var, 0.0), _filled_like(var, self._start)
            self._get_or_make_slot(var, sums, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        super()._prepare()
        with get_default_graph().colocate_with(self._tensors["learning_rate"]):
            self._global_step_on_worker = raw_ops.Identity(input=self._global_step) + 1

    def _record(self, prefix: str, var: Any, grad: Any, indices: Any = None, **given: Any) -> Any:
        with device(var.device):
            self._step_of_update = raw_ops.Identity(input=self._global_step_on_worker)
        return super()._record(prefix, var, grad, indices, **given)

    def _parameter(self, argument: str, dtype: Any) -> Any:
        if argument == "global_step":
            return self._step_of_update
        if argument in self._strengths:
            return cast.cast(self._strengths[argument], dtype)
        return super()._parameter(argument, dtype)


@tf_export("train.AdadeltaOptimizer")
class AdadeltaOptimizer(RuleOptimizer):
    """Steps of the size of past steps: var -= rate * sqrt(steps + epsilon) / sqrt(squares + epsilon) * gradient.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        rho: decay of the averages.
        epsilon: keeps roots and quotients finite.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
    """

    _rule = "Adadelta"
    _slot_inputs: ClassVar[dict[str, str]] = {"accum": "accum", "accum_update": "accum_update"}
    _parameters: ClassVar[dict[str, str]] = {"lr": "lr", "rho": "rho", "epsilon": "epsilon"}

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ):
        super().__init__(use_locking, name, lr=learning_rate, rho=rho, epsilon=epsilon)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)


@tf_export("train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(RuleOptimizer):
    """Adagrad, then a soft threshold by the step size times l1 and a division by 1 + step size * l2.

    Args:
        learning_rate: number or tensor.
        initial_accumulator_value: where the sum of squares starts, positive.
        l1_regularization_strength: not negative.
        l2_regularization_strength: not negative.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slot.
    """

    _rule = "ProximalAdagrad"
    _slot_inputs: ClassVar[dict[str, str]] = {"accum": "accumulator"}
    _parameters: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "l1": "l1_regularization_strength",
        "l2": "l2_regularization_strength",
    }

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ):
        _check_positive("initial_accumulator_value", initial_accumulator_value)
        super().__init__(
            use_locking,
            name,
            learning_rate=learning_rate,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
        )
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            start = _filled_like(var, self._initial_accumulator_value)
            self._get_or_make_slot(var, start, "accumulator", self._name)


@tf_export("train.RMSPropOptimizer")
class RMSPropOptimizer(RuleOptimizer):
    """ms is a moving average of the squared gradient; mom = momentum * mom + rate * gradient / sqrt(ms + epsilon).

    Args:
        learning_rate: number, tensor, or callable that gives one.
        decay: decay of the average.
        momentum: momentum of the steps.
        epsilon: keeps the quotient finite.
        use_locking: attribute of the operations that change variables.
        centered: whether the average gradient's square is subtracted from ms.
        name: name of the step and of the slots.
    """

    _parameters: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "rho": "decay",
        "momentum": "momentum",
        "epsilon": "epsilon",
    }
    _slot_inputs: ClassVar[dict[str, str]] = {"ms": "rms", "mom": "momentum", "mg": "mg"}

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ):
        super().__init__(
            use_locking, name, learning_rate=learning_rate, decay=decay, momentum=momentum, epsilon=epsilon
        )
        self._centered = centered
        self._rule = "CenteredRMSProp" if centered else "RMSProp"

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            known = var.shape.is_fully_defined()
            start: Any = initializers.Ones(dtype=dtype) if known else filling.ones_like(var)
            self._get_or_make_slot_with_initializer(var, start, var.shape, dtype, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)


@tf_export("train.FtrlOptimizer")
class FtrlOptimizer(RuleOptimizer):
    """Follow the regularized leader.

    Args:
        learning_rate: number, tensor, or callable that gives one.
        learning_rate_power: not positive; 0 keeps the learning rate fixed.
        initial_accumulator_value: where the sum of squares starts, not negative.
        l1_regularization_strength: not negative; makes small variables zero.
        l2_regularization_strength: not negative.
        use_locking: attribute of the operations that change variables.
        name: name of the step and of the slots.
        accum_name: name of the slot of squares.
        linear_name: name of the slot of gradients.
        l2_shrinkage_regularization_strength: not negative; strength of a penalty on the size of the variables.
        beta: added to the l2 strength as beta / (2 * learning_rate).

    Raises:
        ValueError: a number is outside its range.
    """

    _slot_inputs: ClassVar[dict[str, str]] = {"accum": "accum", "linear": "linear"}
    _parameters: ClassVar[dict[str, str]] = {
        "lr": "learning_rate",
        "l1": "l1_regularization_strength",
        "l2": "l2_regularization_strength",
        "l2_shrinkage": "l2_shrinkage_regularization_strength",
        "lr_power": "learning_rate_power",
    }

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float | None = None,
    ):
        named = {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
        }
        for argument, value in named.items():
            if value < 0.0:
                raise ValueError(f"{argument} {value} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power} needs to be negative or zero")
        self._start = named.pop("initial_accumulator_value")
        super().__init__(
            use_locking, name, learning_rate=learning_rate, learning_rate_power=learning_rate_power, **named
        )
        self._rule = "FtrlV2" if l2_shrinkage_regularization_strength > 0 else "Ftrl"
        self._beta = 0.0 if beta is None else beta
        self._slot_names = accum_name or name, linear_name or name

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._get_or_make_slot_with_initializer(
                var, self._first_squares, var.shape, var.dtype.base_dtype, "accum", self._slot_names[0]
            )
            self._zeros_slot(var, "linear", self._slot_names[1])

    def _first_squares(self, shape: Any, dtype: Any) -> Any:
        ones: Any = filling.ones(shape, dtype)
        return ones * self._start

    def _prepared(self, name: str, value: Any) -> Any:
        if name != "l2_regularization_strength":
            return super()._prepared(name, value)
        rate = self._call_if_callable(self._values["learning_rate"])
        widened = value + self._beta / (2.0 * binary.maximum(rate, 1e-36))
        super()._prepared("beta", self._beta)
        return widened
