"""`tf.custom_gradient`: functions that bring their own gradient."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.gradients.register import RegisterGradient
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import get_default_graph
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.variable_watch import watch_variables
from tfcompat.ops import raw_ops
from tfcompat.ops.variable_scope import get_variable_scope

_numbers = itertools.count(1)


@tf_export("custom_gradient")
def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """Decorator that gives a function its own gradient.

    Args:
        f: called with tensors; gives (y, grad_fn). y is a tensor or a list or tuple of tensors. grad_fn is called with
            one gradient per y and gives one per argument, alone or in a list or tuple. When `f` reads resource
            variables, grad_fn is called with `variables=[...]` too and gives a pair: that, and a list with one gradient
            per variable.

    Returns:
        A function of the same arguments that gives y.

    Raises:
        ValueError: the function is called with keyword arguments, or gives no grad_fn.
        TypeError: it reads variables and grad_fn takes no `variables`, or they are no resource variables.
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when eager "
                "execution is enabled."
            )
        return _record(f, [convert_to_tensor(a) for a in args])

    return decorated


def _record(f: Callable[..., Any], args: list[Tensor]) -> Any:
    before = _made_variables()
    with watch_variables() as seen:
        result, grad_fn = f(*args)
    single = not isinstance(result, (list, tuple))
    results = [convert_to_tensor(r) for r in ([result] if single else result)]
    variables = list(seen)
    _check_variables(variables, [v for v in _made_variables() if v not in before], grad_fn)
    # The reference makes these and uses them only when it runs eagerly; the names of later nodes count them.
    for tensor in results:
        raw_ops.Identity(input=tensor)
    name = f"CustomGradient-{next(_numbers)}"
    RegisterGradient(name)(functools.partial(_input_gradients, grad_fn, variables, len(results), len(args)))
    with get_default_graph().gradient_override_map({"IdentityN": name}):
        outputs = raw_ops.IdentityN(input=[*results, *args, *(v.handle for v in variables)])[: len(results)]
    if single:
        return outputs[0]
    return type(result)(*outputs) if hasattr(result, "_fields") else type(result)(outputs)


def _made_variables() -> list[Any]:
    """The variables of the current variable scope."""
    scope = get_variable_scope()
    return scope.global_variables() + scope.local_variables()


def _check_variables(variables: Sequence[Any], made: Sequence[Any], grad_fn: Any) -> None:
    """TypeError unless `grad_fn` can give gradients of `variables` and all of `made` are resource variables."""
    parameters = inspect.signature(grad_fn).parameters.values()
    accepts = any(p.name == "variables" or p.kind is p.VAR_KEYWORD for p in parameters)
    if any(not hasattr(v, "handle") for v in (*variables, *made)):
        raise TypeError(
            "All variables used by `f` wrapped with @custom_gradient must be `ResourceVariable`s. Ensure "
            "that no `variable_scope` is created with `use_resource=False`."
        )
    if variables and not accepts:
        raise TypeError(
            "If using @custom_gradient with a function that uses variables, then grad_fn must accept a "
            "'variables' keyword argument."
        )


def _input_gradients(
    grad_fn: Any, variables: Sequence[Any], results: int, args: int, op: Any, *out_grads: Any
) -> list[Any]:
    """The gradients of the IdentityN: none for the results that pass through it, grad_fn's for the arguments."""
    if variables:
        given, of_variables = grad_fn(*out_grads[:results], variables=list(variables))
        if len(of_variables) != len(variables):
            raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
    else:
        given, of_variables = grad_fn(*out_grads[:results]), []
    in_grads = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(in_grads) != args:
        raise ValueError(
            f"custom_gradient function expected to return {args} gradients, but returned {len(in_grads)} instead."
        )
    return [None] * results + in_grads + list(of_variables)


@tf_export("grad_pass_through")
def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` with the gradient of the identity: what arrives at its result is passed on to its argument."""

    @custom_gradient
    def wrapped(*args: Any) -> Any:
        def grad(*out_grads: Any, variables: Any = None) -> Any:
            passed = out_grads[0] if len(out_grads) == 1 else out_grads
            return passed if variables is None else (passed, [None] * len(variables))

        return f(*args), grad

    return wrapped  # type: ignore[no-any-return]
