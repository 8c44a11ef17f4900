"""Learning rates as functions of the global step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes, nest
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.ops import binary, cast, control_flow, masks, random, raw_ops
from tfcompat.ops import math as math_ops


def _start(learning_rate: Any, *others: Any) -> list[Any]:
    """The learning rate as a tensor, and the other values in its type."""
    rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
    return [rate, *(cast.cast(v, rate.dtype) for v in others)]


@tf_export("train.exponential_decay")
def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """learning_rate * decay_rate^(global_step / decay_steps).

    Args:
        learning_rate: number or tensor.
        global_step: number of the step.
        decay_steps: steps in which the rate falls by `decay_rate`.
        decay_rate: factor.
        staircase: whether the quotient is rounded down.
        name: name of the result.

    Raises:
        ValueError: `global_step` is None.
    """
    with name_scope(name or "ExponentialDecay") as scope:
        rate, steps, factor, step = _start(learning_rate, decay_steps, decay_rate, global_step)
        periods = step / steps
        if staircase:
            periods = math_ops.floor(periods)
        return binary.multiply(rate, raw_ops.Pow(x=factor, y=periods), name=scope)


@tf_export("train.natural_exp_decay")
def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """learning_rate * exp(-decay_rate * global_step / decay_steps); arguments as those of `exponential_decay`."""
    natural = math_ops.exp(math_ops.negative(decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, natural, staircase, name)


@tf_export("train.inverse_time_decay")
def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """learning_rate / (1 + decay_rate * global_step / decay_steps); arguments as those of `exponential_decay`."""
    with name_scope(name or "InverseTimeDecay") as scope:
        rate, steps, factor, step = _start(learning_rate, decay_steps, decay_rate, global_step)
        periods = step / steps
        if staircase:
            periods = math_ops.floor(periods)
        one = cast.cast(constant(1), rate.dtype)
        divisor = binary.add(one, binary.multiply(factor, periods), name="Add")
        return raw_ops.RealDiv(x=rate, y=divisor, name=scope)


@tf_export("train.polynomial_decay")
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Any:
    """(learning_rate - end_learning_rate) * (1 - global_step / decay_steps)^power + end_learning_rate.

    Args:
        learning_rate: number or tensor.
        global_step: number of the step.
        decay_steps: steps until the end.
        end_learning_rate: the rate at the end.
        power: exponent.
        cycle: whether the decay starts anew, each time over more steps, instead of staying at the end.
        name: name of the result.

    Raises:
        ValueError: `global_step` is None.
    """
    with name_scope(name or "PolynomialDecay") as scope:
        rate, end, exponent, step, steps = _start(learning_rate, end_learning_rate, power, global_step, decay_steps)
        if cycle:
            cycles = masks.where_v2(raw_ops.Equal(x=step, y=0), 1.0, math_ops.ceil(step / decay_steps))
            steps = binary.multiply(steps, cycles)
        else:
            step = binary.minimum(step, steps)
        done = step / steps
        span = rate - end
        return binary.add(binary.multiply(span, raw_ops.Pow(x=1 - done, y=exponent)), end, name=scope)


def _half_cosine(turns: Any) -> Any:
    """(1 + cos(pi * turns)) / 2."""
    return 0.5 * (1.0 + math_ops.cos(constant(math.pi, dtype=turns.dtype) * turns))


@tf_export("train.cosine_decay")
def cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None
) -> Any:
    """learning_rate * ((1 - alpha) * (1 + cos(pi * global_step / decay_steps)) / 2 + alpha), constant after the end.

    Args:
        learning_rate: number or tensor.
        global_step: number of the step.
        decay_steps: steps until the end.
        alpha: the share of the rate that is left at the end.
        name: name of the scope.

    Raises:
        ValueError: `global_step` is None.
    """
    with name_scope(name or "CosineDecay"):
        rate, steps, step = _start(learning_rate, decay_steps, global_step)
        step = binary.minimum(step, steps)
        decayed = (1 - alpha) * _half_cosine(step / steps) + alpha
        return binary.multiply(rate, decayed)


@tf_export("train.cosine_decay_restarts")
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Any:
    """Cosine decay that starts anew again and again.

    Args:
        learning_rate: number or tensor.
        global_step: number of the step.
        first_decay_steps: steps of the first period.
        t_mul: factor from the length of one period to the next.
        m_mul: factor from the initial rate of one period to the next.
        alpha: the share of the rate that is left at the end of a period.
        name: name of the result.

    Raises:
        ValueError: `global_step` is None.
    """
    with name_scope(name or "SGDRDecay") as scope:
        rate, first, floor_share, growth, shrinkage, step = _start(
            learning_rate, first_decay_steps, alpha, t_mul, m_mul, global_step
        )
        periods = step / first

        def equal_periods() -> tuple[Any, Any]:
            restarts = math_ops.floor(periods)
            return restarts, periods - restarts

        def growing_periods() -> tuple[Any, Any]:
            restarts = math_ops.floor(math_ops.log(1.0 - periods * (1.0 - growth)) / math_ops.log(growth))
            before = (1.0 - growth**restarts) / (1.0 - growth)
            return restarts, (periods - before) / growth**restarts

        restarts, done = control_flow.cond(raw_ops.Equal(x=growth, y=1.0), equal_periods, growing_periods)
        scale = shrinkage**restarts
        cosine = 0.5 * scale * (1.0 + math_ops.cos(constant(math.pi, dtype=rate.dtype) * done))
        return binary.multiply(rate, (1 - floor_share) * cosine + floor_share, name=scope)


@tf_export("train.linear_cosine_decay")
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Any:
    """learning_rate * ((alpha + linear) * cosine + beta): linear falls from 1 to 0, cosine runs over `num_periods`.

    Args:
        learning_rate: number or tensor.
        global_step: number of the step.
        decay_steps: steps until the end.
        num_periods: periods of the cosine.
        alpha: as in the formula.
        beta: as in the formula.
        name: name of the result.

    Raises:
        ValueError: `global_step` is None.
    """
    with name_scope(name or "LinearCosineDecay") as scope:
        rate, steps, periods, alpha, beta, step = _start(
            learning_rate, decay_steps, num_periods, alpha, beta, global_step
        )
        step = binary.minimum(step, steps)
        linear = (steps - step) / steps
        cosine = _half_cosine(_turns(periods, step / steps))
        return binary.multiply(rate, (alpha + linear) * cosine + beta, name=scope)


def _turns(periods: Any, done: Any) -> Any:
    return 2.0 * periods * done


@tf_export("train.noisy_linear_cosine_decay")
def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Any:
    """`linear_cosine_decay` with normal noise of variance initial_variance / (1 + step)^variance_decay on linear.

    Args:
        learning_rate: number or tensor.
        global_step: number of the step.
        decay_steps: steps until the end.
        initial_variance: variance of the noise at the start.
        variance_decay: exponent.
        num_periods: periods of the cosine.
        alpha: as in the formula.
        beta: as in the formula.
        name: name of the result.

    Raises:
        ValueError: `global_step` is None.
    """
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate, steps, variance, fall, periods, alpha, beta, step = _start(
            learning_rate, decay_steps, initial_variance, variance_decay, num_periods, alpha, beta, global_step
        )
        step = binary.minimum(step, steps)
        linear = (steps - step) / steps
        deviation = math_ops.sqrt(variance / raw_ops.Pow(x=1.0 + step, y=fall))
        noisy = linear + random.random_normal(linear.shape, stddev=deviation)
        cosine = _half_cosine(_turns(periods, step / steps))
        return binary.multiply(rate, (alpha + noisy) * cosine + beta, name=scope)


@tf_export("train.piecewise_constant_decay", "train.piecewise_constant")
def piecewise_constant(x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None) -> Any:
    """values[0] up to boundaries[0], values[1] up to boundaries[1], ..., the last value beyond the last boundary.

    Args:
        x: scalar, usually the global step.
        boundaries: increasing numbers of the type of `x` (int32 for an int64 `x` will do).
        values: one more than boundaries, of one type.
        name: name of the scope.

    Raises:
        ValueError: the numbers or types do not fit.
    """
    limits = [convert_to_tensor(b) for b in nest.flatten(boundaries)]
    results = [convert_to_tensor(v) for v in nest.flatten(values)]
    if len(limits) != len(results) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    position: Any = convert_to_tensor(x)
    kind = position.dtype.base_dtype
    for i, limit in enumerate(limits):
        if limit.dtype is dtypes.int32 and kind is dtypes.int64:
            limits[i] = cast.cast(limit, kind)
        elif limit.dtype.base_dtype is not kind:
            raise ValueError(f"Boundaries ({limit.dtype.base_dtype}) must have the same dtype as x ({kind}).")
    for value in results[1:]:
        if value.dtype.base_dtype is not results[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({results[0].dtype.base_dtype} vs {value.dtype.base_dtype})."
            )
    with name_scope(name or "PiecewiseConstant"):
        pairs = [(position <= limits[0], _giving(results[0])), (position > limits[-1], _giving(results[-1]))]
        for low, high, value in zip(limits[:-1], limits[1:], results[1:-1], strict=True):
            pairs.append(((position > low) & (position <= high), _giving(value)))
        return control_flow.case(pairs, _giving(results[0]), exclusive=True)


def _giving(value: Any) -> Callable[[], Any]:
    return lambda: value
