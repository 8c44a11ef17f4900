"""What distributions share: arguments of which one of two is given, checks of samples, seeds."""

from __future__ import annotations

import hashlib
from typing import Any

from tfcompat.distributions.kullback_leibler import tensor
from tfcompat.graph import dtypes
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor_shape import TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.array import shape
from tfcompat.ops.grouping import with_dependencies
from tfcompat.ops.math import log
from tfcompat.ops.reduction import reduce_sum


def public(name: str) -> Any:
    """The public function `tf.<name>`."""
    return PUBLIC[name]


def logits_and_probs(
    logits: Any, probs: Any, multidimensional: bool, validate_args: bool, name: str = "get_logits_and_probs"
) -> tuple[Any, Any]:
    """Both of logits and probabilities, from the one that is given.

    Raises:
        ValueError: both or none are given.
        TypeError: what is given is not of a float type.
    """
    with name_scope(name, None, [probs, logits]):
        if (probs is None) == (logits is None):
            raise ValueError("Must pass probs or logits, but not both.")
        if probs is None:
            logits = tensor(logits, name="logits")
            if not logits.dtype.is_floating:
                raise TypeError("logits must having floating type.")
            squash = public("nn.softmax") if multidimensional else public("sigmoid")
            return logits, squash(logits, name="probs")
        probs = tensor(probs, name="probs")
        if not probs.dtype.is_floating:
            raise TypeError("probs must having floating type.")
        if validate_args:
            with name_scope("validate_probs"):
                probs = with_dependencies(_probability_checks(probs, multidimensional), probs)
        with name_scope("logits"):
            if multidimensional:
                return log(probs), probs
            return log(probs) - public("log1p")(-1.0 * probs), probs


def _probability_checks(probs: Any, multidimensional: bool) -> list[Any]:
    one = public("constant")(1.0, probs.dtype)
    checks = [public("assert_non_negative")(probs)]
    if multidimensional:
        total = reduce_sum(probs, -1)
        checks.append(public("assert_near")(total, one, message="probs does not sum to 1."))
    else:
        checks.append(public("assert_less_equal")(probs, one, message="probs has components greater than 1."))
    return checks


def non_negative_integers(x: Any, name: str = "embed_check_nonnegative_integer_form") -> Any:
    """`x`, once it is known to hold integers from 0 on."""
    with name_scope(name, None, [x]):
        x = tensor(x, name="x")
        checks = [public("assert_non_negative")(x, message=f"'{x}' must be non-negative.")]
        if not x.dtype.is_integer:
            whole = public("round")(x)
            checks.append(public("assert_equal")(x, whole, message=f"'{x}' cannot contain fractional components."))
        return with_dependencies(checks, x)


def log_combinations(n: Any, counts: Any, name: str = "log_combinations") -> Any:
    """log(n! / prod(counts!)), the product over the last axis."""
    with name_scope(name, None, [n, counts]):
        n, counts = tensor(n, name="n"), tensor(counts, name="counts")
        lgamma = public("lgamma")
        return lgamma(n + 1) - reduce_sum(lgamma(counts + 1), axis=[-1])


def new_seed(seed: int | None, salt: str) -> int | None:
    """A seed that follows from `seed` and differs from it."""
    if seed is None:
        return None
    return int(hashlib.md5((str(seed) + salt).encode()).hexdigest()[:8], 16) & 0x7FFFFFFF


def joint_shape(*parameters: Any) -> Any:
    """The shape to which tensors broadcast, as a tensor."""
    sizes = [shape(p) for p in parameters]
    joint = sizes.pop()
    while sizes:
        joint = public("broadcast_dynamic_shape")(sizes.pop(), joint)
    return joint


def joint_static_shape(*parameters: Any) -> TensorShape:
    """What is known of the shape to which tensors broadcast."""
    joint = parameters[0].shape
    for other in parameters[1:]:
        joint = public("broadcast_static_shape")(joint, other.shape)
    return joint  # type: ignore[no-any-return]


def no_dims() -> Any:
    """The shape of scalars, an int32 vector."""
    return public("constant")([], dtype=dtypes.int32)


def zeros_like(x: Any) -> Any:
    """Zeros of the shape and type of `x`, as the public function makes them."""
    return public("zeros_like")(x)


def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones of the shape of `x`, as the public function makes them."""
    return public("ones_like")(x, dtype=dtype)


def prepend(n: Any, dims: Any) -> Any:
    """[n, *dims] as a vector."""
    return public("concat")([[n], dims], 0)


def select(condition: Any, x: Any, y: Any) -> Any:
    """`where_v2`."""
    return raw_ops.SelectV2(condition=condition, t=x, e=y)
