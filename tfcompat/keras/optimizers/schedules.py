"""`tf.keras.optimizers.schedules`: learning rates as functions of the number of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.keras.utils.serialization import deserialize_keras_object, serialize_keras_object
from tfcompat.ops.cast import cast
from tfcompat.training import learning_rate_decay as decays


@tf_export("keras.optimizers.schedules.LearningRateSchedule")
class LearningRateSchedule:
    """Base of schedules: a subclass computes the learning rate of a step."""

    def __call__(self, step: Any) -> Any:
        """The learning rate of step `step`, a scalar of a float type, as a tensor."""
        raise NotImplementedError("Learning rate schedule must override __call__")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        raise NotImplementedError("Learning rate schedule must override get_config")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The schedule that `get_config` described."""
        return cls(**config)


class _Decay(LearningRateSchedule):
    """A schedule that is a function of `tf.train` with fixed arguments, which are attributes too."""

    _function: Callable[..., Any]

    def __init__(self, **config: Any):
        self._config = config
        self.__dict__.update(config)

    def __call__(self, step: Any) -> Any:
        """The learning rate of step `step` as a tensor."""
        options = dict(self._config)
        return type(self)._function(options.pop("initial_learning_rate"), step, **options)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        return dict(self._config)


@tf_export("keras.optimizers.schedules.ExponentialDecay")
class ExponentialDecay(_Decay):
    """initial_learning_rate * decay_rate ** (step / decay_steps).

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: steps in which the rate falls by `decay_rate`.
        decay_rate: factor.
        staircase: whether the quotient is rounded down.
        name: name of the scope.
    """

    _function = staticmethod(decays.exponential_decay)

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
        name: str | None = None,
    ):  # fmt: skip
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, decay_rate=decay_rate,
            staircase=staircase, name=name,
        )  # fmt: skip


@tf_export("keras.optimizers.schedules.InverseTimeDecay")
class InverseTimeDecay(_Decay):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps); arguments as of `ExponentialDecay`."""

    _function = staticmethod(decays.inverse_time_decay)

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
        name: str | None = None,
    ):  # fmt: skip
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, decay_rate=decay_rate,
            staircase=staircase, name=name,
        )  # fmt: skip


@tf_export("keras.optimizers.schedules.PolynomialDecay")
class PolynomialDecay(_Decay):
    """(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power + end_learning_rate.

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: steps until the end.
        end_learning_rate: the rate at the end.
        power: exponent.
        cycle: whether the decay starts anew, each time over more steps, instead of staying at the end.
        name: name of the scope.
    """

    _function = staticmethod(decays.polynomial_decay)

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, end_learning_rate: Any = 0.0001, power: Any = 1.0,
        cycle: bool = False, name: str | None = None,
    ):  # fmt: skip
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, end_learning_rate=end_learning_rate,
            power=power, cycle=cycle, name=name,
        )  # fmt: skip


@tf_export("keras.optimizers.schedules.CosineDecay", "keras.experimental.CosineDecay")
class CosineDecay(_Decay):
    """From `initial_learning_rate` to `alpha` times it along half a cosine.

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: steps until the end.
        alpha: share of the rate that stays.
        name: name of the scope.
    """

    _function = staticmethod(decays.cosine_decay)

    def __init__(self, initial_learning_rate: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None):
        super().__init__(initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, alpha=alpha, name=name)


@tf_export("keras.optimizers.schedules.CosineDecayRestarts", "keras.experimental.CosineDecayRestarts")
class CosineDecayRestarts(_Decay):
    """`CosineDecay` again and again.

    Args:
        initial_learning_rate: rate of step 0.
        first_decay_steps: steps of the first period.
        t_mul: factor of the length from one period to the next.
        m_mul: factor of the rate from one period to the next.
        alpha: share of the rate that stays.
        name: name of the scope.
    """

    _function = staticmethod(decays.cosine_decay_restarts)

    def __init__(
        self, initial_learning_rate: Any, first_decay_steps: Any, t_mul: Any = 2.0, m_mul: Any = 1.0, alpha: Any = 0.0,
        name: str | None = None,
    ):  # fmt: skip
        super().__init__(
            initial_learning_rate=initial_learning_rate, first_decay_steps=first_decay_steps, t_mul=t_mul, m_mul=m_mul,
            alpha=alpha, name=name,
        )  # fmt: skip


@tf_export("keras.experimental.LinearCosineDecay")
class LinearCosineDecay(_Decay):
    """(alpha + linear decay) * cosine + beta, times the initial rate; see `tf.train.linear_cosine_decay`.

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: steps until the end.
        num_periods: periods of the cosine.
        alpha: added to the linear part.
        beta: added to the product.
        name: name of the scope.
    """

    _function = staticmethod(decays.linear_cosine_decay)

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, num_periods: Any = 0.5, alpha: Any = 0.0,
        beta: Any = 0.001, name: str | None = None,
    ):  # fmt: skip
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, num_periods=num_periods, alpha=alpha,
            beta=beta, name=name,
        )  # fmt: skip


@tf_export("keras.experimental.NoisyLinearCosineDecay")
class NoisyLinearCosineDecay(_Decay):
    """`LinearCosineDecay` with normal noise on the linear part.

    Args:
        initial_learning_rate: rate of step 0.
        decay_steps: steps until the end.
        initial_variance: variance of the noise at step 0.
        variance_decay: exponent with which it falls.
        num_periods: periods of the cosine.
        alpha: added to the linear part.
        beta: added to the product.
        name: name of the scope.
    """

    _function = staticmethod(decays.noisy_linear_cosine_decay)

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, initial_variance: Any = 1.0, variance_decay: Any = 0.55,
        num_periods: Any = 0.5, alpha: Any = 0.0, beta: Any = 0.001, name: str | None = None,
    ):  # fmt: skip
        super().__init__(
            initial_learning_rate=initial_learning_rate, decay_steps=decay_steps, initial_variance=initial_variance,
            variance_decay=variance_decay, num_periods=num_periods, alpha=alpha, beta=beta, name=name,
        )  # fmt: skip


@tf_export("keras.optimizers.schedules.PiecewiseConstantDecay")
class PiecewiseConstantDecay(_Decay):
    """values[0] up to step boundaries[0], then values[1] up to boundaries[1], ...

    Args:
        boundaries: steps, rising.
        values: one rate more than there are boundaries.
        name: name of the scope.

    Raises:
        ValueError: another number of values.
    """

    def __init__(self, boundaries: Any, values: Any, name: str | None = None):
        if len(boundaries) != len(values) - 1:
            raise ValueError("The length of boundaries should be 1 less than the length of values")
        super().__init__(boundaries=boundaries, values=values, name=name)

    def __call__(self, step: Any) -> Any:
        """The learning rate of step `step` as a tensor."""
        step = convert_to_tensor(step)
        boundaries = [cast(bound, step.dtype) for bound in map(convert_to_tensor, self._config["boundaries"])]
        return decays.piecewise_constant(step, boundaries, self._config["values"], self._config["name"])


_OBJECTS = {
    cls.__name__: cls
    for cls in (ExponentialDecay, InverseTimeDecay, PolynomialDecay, CosineDecay, CosineDecayRestarts,
                LinearCosineDecay, NoisyLinearCosineDecay, PiecewiseConstantDecay)
}  # fmt: skip


@tf_export("keras.optimizers.schedules.serialize")
def serialize(learning_rate_schedule: Any, use_legacy_format: bool = True) -> Any:
    """The class name and configuration of a schedule, as a dictionary.

    Args:
        learning_rate_schedule: a schedule.
        use_legacy_format: has no effect, there is one format.
    """
    return serialize_keras_object(learning_rate_schedule)


@tf_export("keras.optimizers.schedules.deserialize")
def deserialize(config: Any, custom_objects: Any = None, use_legacy_format: bool = True) -> Any:
    """The schedule that `serialize` wrote.

    Args:
        config: a dictionary of class name and configuration, or a name.
        custom_objects: table of names that goes before the known ones.
        use_legacy_format: has no effect, there is one format.

    Raises:
        ValueError: the name is unknown, or the form is another.
    """
    return deserialize_keras_object(
        config, module_objects=_OBJECTS, custom_objects=custom_objects, printable_module_name="decay"
    )
