"""tf.contrib.layers.optimize_loss: a step of training with the usual changes of gradients, and their summaries."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import mul
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_collection
from tfcompat.graph.export import export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops.binary import maximum, minimum
from tfcompat.ops.cast import cast
from tfcompat.ops.clip import clip_by_global_norm, global_norm
from tfcompat.ops.filling import ones_like
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.initializers import Constant, Zeros
from tfcompat.ops.masks import where
from tfcompat.ops.math import exp, log, sqrt, square
from tfcompat.ops.random import truncated_normal
from tfcompat.ops.type_checks import assert_scalar
from tfcompat.ops.variable_scope import get_variable, variable_scope
from tfcompat.ops.variables import trainable_variables
from tfcompat.summary.summary import histogram, scalar
from tfcompat.training.adagrad import AdagradOptimizer, FtrlOptimizer, RMSPropOptimizer
from tfcompat.training.adam import AdamOptimizer
from tfcompat.training.global_step import assert_global_step, get_global_step
from tfcompat.training.gradient_descent import GradientDescentOptimizer, MomentumOptimizer
from tfcompat.training.moving_averages import assign_moving_average
from tfcompat.training.optimizer import Optimizer

Pairs = list[tuple[Any, Any]]

OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Any]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": functools.partial(MomentumOptimizer, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}
OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]


def _scaled(grad: Any, change: Callable[[Any], Any]) -> Any:
    """`change` of a gradient, or of the rows of a sparse one; None stays."""
    if isinstance(grad, IndexedSlices):
        return IndexedSlices(change(grad.values), grad.indices, grad.dense_shape)
    return grad if grad is None else change(grad)


def _rate(learning_rate: Any) -> Any:
    """The learning rate as a tensor: a scalar tensor itself, or a variable for a float."""
    if learning_rate is None or isinstance(learning_rate, Tensor) and learning_rate.shape.ndims == 0:
        return learning_rate
    if not isinstance(learning_rate, float):
        kind = type(learning_rate)
        raise ValueError(f"Learning rate should be 0d Tensor or float. Got {learning_rate} of type {kind}")
    if learning_rate < 0.0:
        raise ValueError(f"Invalid learning_rate {learning_rate}.")
    return get_variable("learning_rate", [], trainable=False, initializer=Constant(learning_rate))


def _made(optimizer: Any, rate: Any) -> Optimizer:
    """The optimizer that a name, class, instance or function stands for."""
    if isinstance(optimizer, str):
        if rate is None:
            raise ValueError(f"Learning rate is None, but should be specified if optimizer is string ({optimizer}).")
        if optimizer not in OPTIMIZER_CLS_NAMES:
            known = ", ".join(OPTIMIZER_CLS_NAMES)
            raise ValueError(f"Optimizer name should be one of [{known}], you provided {optimizer}.")
        return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)  # type: ignore[no-any-return]
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        if rate is None:
            raise ValueError(f"Learning rate is None, but should be specified if optimizer is class ({optimizer}).")
        return optimizer(learning_rate=rate)  # type: ignore[call-arg]
    if isinstance(optimizer, Optimizer):
        return optimizer
    if not callable(optimizer):
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of Optimizer or "
            f"function with one argument. Got {optimizer}."
        )
    made = optimizer() if rate is None else optimizer(rate)
    if not isinstance(made, Optimizer):
        raise ValueError(f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}.")
    return made


def _with_noise(pairs: Pairs, scale: float) -> Pairs:
    noisy = []
    for grad, variable in pairs:
        if grad is not None:
            size = grad.dense_shape if isinstance(grad, IndexedSlices) else grad.shape
            grad = convert_to_tensor(grad) + truncated_normal(size) * scale
        noisy.append((grad, variable))
    return noisy


def _multiplied(pairs: Pairs, multipliers: dict[Any, Any]) -> Pairs:
    factors = [next((f for k, f in multipliers.items() if k is v or k == v.name), None) for _, v in pairs]
    changed = []
    for (grad, variable), factor in zip(pairs, factors, strict=True):
        if grad is not None and factor is not None:
            grad = _scaled(grad, functools.partial(mul, cast(factor, grad.dtype)))
        changed.append((grad, variable))
    return changed


def _clipped(pairs: Pairs, clip_gradients: Any) -> Pairs:
    if isinstance(clip_gradients, float):
        gradients, variables = zip(*pairs, strict=True)
        return list(zip(clip_by_global_norm(gradients, clip_gradients)[0], variables, strict=True))
    if callable(clip_gradients):
        return clip_gradients(pairs)  # type: ignore[no-any-return]
    if clip_gradients is not None:
        raise ValueError(f"Unknown type {type(clip_gradients)} for clip_gradients")
    return pairs


def _norm(pairs: Pairs) -> Any:
    return global_norm([grad for grad, _ in pairs])


def _summarize(pairs: Pairs, summaries: Any) -> None:
    """Summaries of the gradients of each variable."""
    for grad, variable in pairs:
        values = grad.values if isinstance(grad, IndexedSlices) else grad
        if values is None:
            continue
        name = variable.name.replace(":", "_")
        if "gradients" in summaries:
            histogram(f"gradients/{name}", values)
        if "gradient_norm" in summaries:
            scalar(f"gradient_norm/{name}", global_norm([values]))


def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: float | None = None,
    gradient_multipliers: dict[Any, Any] | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Any = None,
    variables: Any = None,
    name: Any = None,
    summaries: Any = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Any:
    """A tensor that gives the loss once the updates and one step of the optimizer are made.

    Args:
        loss: scalar tensor.
        global_step: variable that counts the steps; None for the graph's, if it has one.
        learning_rate: float, which becomes a variable, or scalar tensor; None if the optimizer needs none.
        optimizer: a key of `OPTIMIZER_CLS_NAMES`, a class, an instance, or a function of the rate that gives one.
        gradient_noise_scale: standard deviation of truncated normal noise added to the gradients.
        gradient_multipliers: factors by variable or name of a variable.
        clip_gradients: float to scale the gradients down to that global norm, or a function of the pairs of gradient
            and variable that gives new ones.
        learning_rate_decay_fn: function of rate and global step that gives the rate to use.
        update_ops: operations to run before the loss, the collection UPDATE_OPS by default.
        variables: variables to train, all trainable ones by default.
        name: variable scope, "OptimizeLoss" by default.
        summaries: list of members of `OPTIMIZER_SUMMARIES`; loss, rate and global norm by default.
        colocate_gradients_with_ops: see `Optimizer.compute_gradients`.
        increment_global_step: whether the step is counted.

    Raises:
        ValueError: an argument has an unknown value or type, or a needed one is missing.
    """
    loss = convert_to_tensor(loss)
    assert_scalar(loss)
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        updates = list(dict.fromkeys(get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else update_ops))
        if updates:
            loss = with_dependencies(updates, loss)
        rate = _rate(learning_rate)
        if summaries is None:
            summaries = ["loss", "learning_rate", "global_gradient_norm"]
        for wanted in summaries:
            if wanted not in OPTIMIZER_SUMMARIES:
                known = ", ".join(OPTIMIZER_SUMMARIES)
                raise ValueError(f"Summaries should be one of [{known}], you provided {wanted}.")
        if learning_rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in summaries:
                scalar("learning_rate", rate)
        made = _made(optimizer, rate)
        pairs = made.compute_gradients(
            loss,
            trainable_variables() if variables is None else variables,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gradient_noise_scale is not None:
            pairs = _with_noise(pairs, gradient_noise_scale)
        if gradient_multipliers is not None:
            pairs = _multiplied(pairs, gradient_multipliers)
        norms = "global_gradient_norm" in summaries or "gradient_norm" in summaries
        if norms:
            scalar("global_norm/gradient_norm", _norm(pairs))
        pairs = _clipped(pairs, clip_gradients)
        if "loss" in summaries:
            scalar("loss", loss)
        _summarize(pairs, summaries)
        if clip_gradients is not None and norms:
            scalar("global_norm/clipped_gradient_norm", _norm(pairs))
        step = made.apply_gradients(pairs, global_step=global_step if increment_global_step else None, name="train")
        return with_dependencies([step], loss)


def adaptive_clipping_fn(
    std_factor: Any = 2.0,
    decay: Any = 0.95,
    static_max_norm: Any = None,
    global_step: Any = None,
    report_summary: bool = False,
    epsilon: float = 1e-8,
    name: Any = None,
) -> Callable[[Pairs], Pairs]:
    """A function for `clip_gradients`: a global norm above exp(mean + std_factor * std) becomes exp(mean).

    Mean and standard deviation are those of the logarithms of the norms so far.

    Args:
        std_factor: see above.
        decay: of the moving averages; less than n / (n + 1) in step n where `global_step` is given.
        static_max_norm: a limit of the norm besides.
        global_step: variable that counts the steps.
        report_summary: add a summary of the limit.
        epsilon: added to the norm, and the least variance.
        name: variable scope, "AdaptiveMaxNorm" by default.
    """

    def limits(norm: Any) -> tuple[Any, Any]:
        with variable_scope(name, "AdaptiveMaxNorm", [norm]):
            log_norm = log(norm + epsilon)
            kept = decay
            if global_step is not None:
                n = cast(global_step, "float32")
                kept = minimum(decay, n / (n + 1.0))

            def averaged(name: str, value: Any) -> Any:
                variable = get_variable(
                    name, shape=value.shape, dtype=value.dtype, initializer=Zeros(), trainable=False
                )
                return assign_moving_average(variable, value, kept, zero_debias=False)

            mean = averaged("mean", log_norm)
            variance = averaged("sq_mean", square(log_norm)) - square(mean)
            return exp(mean + std_factor * sqrt(maximum(epsilon, variance))), mean

    def clip(grads_and_vars: Pairs) -> Pairs:
        norm = _norm(grads_and_vars)
        limit, mean = limits(norm)
        if report_summary:
            scalar("global_norm/adaptive_max_gradient_norm", limit)
        factor = where(norm < limit, ones_like(norm), exp(mean) / norm)
        if static_max_norm is not None:
            factor = minimum(static_max_norm / norm, factor)
        return [(_scaled(grad, functools.partial(mul, factor)), variable) for grad, variable in grads_and_vars]

    return clip


for _place in ("layers", "slim"):
    export(f"contrib.{_place}.optimize_loss", optimize_loss)
    export(f"contrib.{_place}.OPTIMIZER_CLS_NAMES", OPTIMIZER_CLS_NAMES)
    export(f"contrib.{_place}.OPTIMIZER_SUMMARIES", OPTIMIZER_SUMMARIES)
export("contrib.slim.adaptive_clipping_fn", adaptive_clipping_fn)
