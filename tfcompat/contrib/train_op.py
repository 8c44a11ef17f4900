"""tf.contrib.training and tf.contrib.slim.learning: operations that train, and changes of gradients."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from operator import mul
from typing import Any

from tfcompat.graph.collections import GraphKeys
from tfcompat.graph.composite import IndexedSlices
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, get_collection, get_default_graph, name_scope
from tfcompat.graph.export import export
from tfcompat.ops.clip import clip_by_norm, global_norm
from tfcompat.ops.grouping import no_op, with_dependencies
from tfcompat.ops.identity import check_numerics as checked
from tfcompat.ops.variables import trainable_variables
from tfcompat.summary.summary import histogram, scalar
from tfcompat.training.global_step import get_or_create_global_step

Pairs = list[tuple[Any, Any]]
_GLOBAL_STEP: Any = 0
_GATE_OP = 1


def _mapped(function: Callable[[Any], Any], grad: Any) -> Any:
    """`function` of a gradient, or of the rows of a sparse one."""
    if isinstance(grad, IndexedSlices):
        return IndexedSlices(function(grad.values), grad.indices, grad.dense_shape)
    return function(grad)


def clip_gradient_norms(gradients_to_variables: Pairs, max_norm: Any) -> Pairs:
    """Pairs of gradient and variable, each gradient scaled down to a norm of at most `max_norm`."""
    return [(g if g is None else _mapped(lambda t: clip_by_norm(t, max_norm), g), v) for g, v in gradients_to_variables]


def clip_gradient_norms_fn(max_norm: Any) -> Callable[[Pairs], Pairs]:
    """`clip_gradient_norms` as a function of the pairs alone."""
    return lambda pairs: clip_gradient_norms(pairs, max_norm)


def multiply_gradients(grads_and_vars: Pairs, gradient_multipliers: dict[Any, Any]) -> Pairs:
    """Pairs of gradient and variable, the gradients of some variables multiplied.

    Args:
        grads_and_vars: the pairs, a list.
        gradient_multipliers: factors by variable or name of a variable's op.

    Raises:
        ValueError: an argument has another type or there is no factor, or a variable with a factor has no gradient.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(gradient_multipliers, dict):
        raise ValueError("`gradient_multipliers` must be a dict.")
    factors = {getattr(k, "op", None) and k.op.name or k: factor for k, factor in gradient_multipliers.items()}
    multiplied = []
    for grad, var in grads_and_vars:
        if var.op.name in factors:
            if grad is None:
                raise ValueError("Requested multiple of `None` gradient.")
            grad = _mapped(partial(mul, convert_to_tensor(factors[var.op.name], dtype=grad.dtype)), grad)
        multiplied.append((grad, var))
    return multiplied


def add_gradients_summaries(grads_and_vars: Pairs) -> list[Any]:
    """Summaries of each gradient: a histogram, and a scalar, the norm."""
    summaries = []
    for grad, var in grads_and_vars:
        if grad is None:
            logging.getLogger("tensorflow").info("Var %s has no gradient", var.op.name)
            continue
        values = grad.values if isinstance(grad, IndexedSlices) else grad
        summaries.append(histogram(f"{var.op.name}_gradient", values))
        summaries.append(scalar(f"{var.op.name}_gradient_norm", global_norm([values])))
    return summaries


def _with_updates(total_loss: Any, update_ops: Sequence[Any] | None) -> Any:
    known = get_collection(GraphKeys.UPDATE_OPS)
    chosen = list(dict.fromkeys(known if update_ops is None else update_ops))
    if any(op not in chosen for op in known):
        logging.getLogger("tensorflow").warning(
            "update_ops in create_train_op does not contain all the update_ops in GraphKeys.UPDATE_OPS"
        )
    if not chosen:
        return total_loss
    with control_dependencies(chosen):
        barrier = no_op(name="update_barrier")
    return with_dependencies([barrier], total_loss)


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _GLOBAL_STEP,
    update_ops: Sequence[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    transform_grads_fn: Callable[[Pairs], Pairs] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = _GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Any:
    """A tensor that gives the loss once the updates and one step of `optimizer` are made; it joins TRAIN_OP.

    Args:
        total_loss: the loss.
        optimizer: a `tf.train.Optimizer`.
        global_step: variable to count steps in, the graph's own by default; None for none.
        update_ops: operations to run before the loss, the collection UPDATE_OPS by default.
        variables_to_train: all trainable variables by default.
        transform_grads_fn: function of the list of pairs of gradient and variable that gives a new list.
        summarize_gradients: add summaries of the gradients.
        gate_gradients: see `Optimizer.compute_gradients`.
        aggregation_method: see there.
        colocate_gradients_with_ops: see there.
        check_numerics: fail with InvalidArgumentError for a loss that is infinite or NaN.
    """
    if isinstance(global_step, int) and global_step == _GLOBAL_STEP:
        global_step = get_or_create_global_step()
    total_loss = _with_updates(total_loss, update_ops)
    pairs = optimizer.compute_gradients(
        total_loss,
        trainable_variables() if variables_to_train is None else variables_to_train,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn:
        pairs = transform_grads_fn(pairs)
    if summarize_gradients:
        with name_scope("summarize_grads"):
            add_gradients_summaries(pairs)
    step = optimizer.apply_gradients(pairs, global_step=global_step)
    with name_scope("train_op"):
        if check_numerics:
            total_loss = checked(total_loss, "LossTensor is inf or nan")
        train_op = with_dependencies([step], total_loss)
    get_default_graph().add_to_collection(GraphKeys.TRAIN_OP, train_op)
    return train_op


def slim_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = _GLOBAL_STEP,
    update_ops: Sequence[Any] | None = None,
    variables_to_train: Sequence[Any] | None = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = _GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: dict[Any, Any] | None = None,
    check_numerics: bool = True,
) -> Any:
    """`tf.contrib.training.create_train_op` that multiplies gradients by `gradient_multipliers`, as
    `multiply_gradients` does, and then scales them down to norms of at most `clip_gradient_norm`, 0 for no limit."""

    def changed(pairs: Pairs) -> Pairs:
        if gradient_multipliers:
            pairs = multiply_gradients(pairs, gradient_multipliers)
        return clip_gradient_norms(pairs, clip_gradient_norm) if clip_gradient_norm > 0 else pairs

    return create_train_op(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        changed,
        summarize_gradients,
        gate_gradients,
        aggregation_method,
        colocate_gradients_with_ops,
        check_numerics,
    )


for _function in (add_gradients_summaries, clip_gradient_norms, multiply_gradients):
    export(f"contrib.slim.learning.{_function.__name__}", _function)
    export(f"contrib.training.{_function.__name__}", _function)
export("contrib.training.clip_gradient_norms_fn", clip_gradient_norms_fn)
export("contrib.training.create_train_op", create_train_op)
export("contrib.slim.learning.create_train_op", slim_train_op)
