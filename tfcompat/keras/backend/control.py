"""`tf.keras.backend`: choices by conditions and by the learning phase, and functions over the rows of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras.backend.state import learning_phase
from tfcompat.ops import array, cast, concat, control_flow, filling, folds, identity, tiling
from tfcompat.ops import map_fn as mapping
from tfcompat.ops.masks import where_v2


@tf_export("keras.backend.switch")
def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values by a condition.

    Args:
        condition: scalar, or tensor of rank up to that of the values, whose dimensions are their first ones (or of
            size 1); numbers count as true unless they are 0.
        then_expression: tensor, or function that gives one.
        else_expression: the same. With a scalar condition only the chosen one is computed.

    Raises:
        ValueError: the condition has a higher rank than the values.
    """
    if condition.dtype != dtypes.bool:
        condition = cast.cast(condition, "bool")
    rank = condition.shape.ndims
    if not rank:
        return control_flow.cond(condition, _function(then_expression), _function(else_expression))
    then, otherwise = _function(then_expression)(), _function(else_expression)()
    values_rank = then.shape.ndims
    if rank > values_rank:
        raise ValueError(
            "Rank of `condition` should be less than or equal to rank of `then_expression` and `else_expression`. "
            f"ndim(condition)={rank}, ndim(then_expression)={values_rank}"
        )
    if rank > 1:
        condition = _spread(condition, then, values_rank - rank)
    return where_v2(condition, then, otherwise)


def _spread(condition: Any, value: Any, missing: int) -> Any:
    """`condition` with further dimensions at the end, repeated to the shape of `value`."""
    sizes = concat.concat([array.shape(condition), [1] * missing], axis=0)
    condition = array.reshape(condition, sizes)
    wanted: Any = array.shape(value)
    bigger = wanted - sizes
    return tiling.tile(condition, where_v2(bigger > 0, wanted, filling.ones_like(wanted)))


def _function(value: Any) -> Callable[[], Any]:
    return value if callable(value) else lambda: value


@tf_export("keras.backend.in_train_phase")
def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` while training, else `alt`.

    Args:
        x: tensor, or function that gives one.
        alt: the same.
        training: bool, number or scalar tensor; the learning phase when None.
    """
    if training is None:
        training = learning_phase()
    if not isinstance(training, Tensor) and not hasattr(training, "dtype"):
        if training == 1 or training is True:
            return x() if callable(x) else x
        if training == 0 or training is False:
            return alt() if callable(alt) else alt
    return switch(training, x, alt)


@tf_export("keras.backend.in_test_phase")
def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`alt` while training, else `x`; arguments as of `in_train_phase`."""
    return in_train_phase(alt, x, training=training)


@tf_export("keras.backend.map_fn")
def map_fn(fn: Callable[..., Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """`fn` of each row of `elems`, stacked.

    Args:
        fn: function of a row.
        elems: tensor.
        name: name of the operation.
        dtype: type of the results, where it is another.
    """
    return mapping.map_fn(fn, elems, name=name, dtype=dtype)


@tf_export("keras.backend.foldl")
def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """fn(...fn(fn(initializer, row 0), row 1)..., last row).

    Args:
        fn: function of what was made so far and a row.
        elems: tensor.
        initializer: what it begins with; row 0 when None.
        name: name of the operation.
    """
    return folds.foldl(fn, elems, initializer=initializer, name=name)


@tf_export("keras.backend.foldr")
def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """The same as `foldl`, from the last row to the first."""
    return folds.foldr(fn, elems, initializer=initializer, name=name)


@tf_export("keras.backend.stop_gradient")
def stop_gradient(variables: Any) -> Any:
    """`variables`, a tensor or several, as constants to gradients."""
    if isinstance(variables, (list, tuple)):
        return map(identity.stop_gradient, variables)
    return identity.stop_gradient(variables)
