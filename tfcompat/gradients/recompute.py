"""`tf.recompute_grad`: functions whose values are computed again for their gradients instead of kept."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tfcompat.gradients.api import gradients
from tfcompat.gradients.custom import custom_gradient
from tfcompat.graph.default import control_dependencies
from tfcompat.graph.export import tf_export
from tfcompat.ops.identity import identity


@tf_export("recompute_grad")
def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives what `f` gives and, for gradients, calls `f` once more.

    Args:
        f: takes tensors; returns a tensor or a list of them. It may use resource variables.
    """

    @functools.wraps(f)
    def recomputed(*args: Any, **kwargs: Any) -> Any:
        @custom_gradient
        def inner(*tensors: Any) -> Any:
            result = f(*tensors, **kwargs)

            def gradient(*upstream: Any, variables: Any = None) -> Any:
                with control_dependencies(list(upstream)):
                    again = [identity(t) for t in tensors]
                    made = f(*again, **kwargs)
                wanted = again + list(variables or ())
                found = gradients(made, wanted, list(upstream) if isinstance(made, (list, tuple)) else upstream[0])
                own = found[: len(again)]
                return (own, found[len(again) :]) if variables is not None else own

            return result, gradient

        return inner(*args)

    return recomputed
