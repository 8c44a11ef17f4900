"""Optimizers of other libraries: SciPy minimizes a loss of the graph."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfcompat.gradients.api import gradients
from tfcompat.graph.default import get_default_session
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import array, concat
from tfcompat.ops.filling import zeros_like
from tfcompat.ops.identity import placeholder
from tfcompat.ops.variables import trainable_variables
from tfcompat.platform import logging

_Vector = np.ndarray


@tf_export("contrib.opt.ExternalOptimizerInterface")
class ExternalOptimizerInterface:
    """Base of optimizers that take a function of one vector; a subclass gives `_minimize`.

    All variables are packed into one vector. While the optimizer works, reference variables are fed and keep the
    session's values; what was found is assigned at the end. Resource variables, which reading operations of their own
    keep from being fed, are assigned before each evaluation.

    Args:
        loss: the scalar to minimize.
        var_list: the variables; the trainable ones when None. All of one dtype.
        equalities: tensors that should be zero.
        inequalities: tensors that should not be negative.
        var_to_bounds: variable -> (lower, upper), each a number or an array of the variable's shape.
        **optimizer_kwargs: for the optimizer.

    Raises:
        ValueError: there are no variables, or they have different types, or unknown shapes.
    """

    def __init__(
        self,
        loss: Tensor,
        var_list: Sequence[Any] | None = None,
        equalities: Sequence[Tensor] | None = None,
        inequalities: Sequence[Tensor] | None = None,
        var_to_bounds: Mapping[Any, Any] | None = None,
        **optimizer_kwargs: Any,
    ):
        self._loss = loss
        self._equalities, self._inequalities = list(equalities or []), list(inequalities or [])
        self._vars = list(trainable_variables() if var_list is None else var_list)
        if not self._vars:
            raise ValueError("No variables to optimize.")
        self.optimizer_kwargs = optimizer_kwargs
        sizes = [v.shape.num_elements() for v in self._vars]
        ends = np.cumsum([0, *sizes]).tolist()
        self._slices = [slice(a, b) for a, b in itertools.pairwise(ends)]
        self._packed_bounds = self._pack_bounds(var_to_bounds or {}) if var_to_bounds is not None else None
        self._placeholders = [placeholder(v.dtype.base_dtype, v.shape) for v in self._vars]
        self._updates = [v.assign(p) for v, p in zip(self._vars, self._placeholders, strict=True)]
        self._resources = [i for i, v in enumerate(self._vars) if hasattr(v, "handle")]
        self._packed_var = self._packed(self._vars)
        self._packed_loss_grad = self._packed(_known(gradients(loss, self._vars), self._vars))
        self._equality_grads = [self._packed(_known(gradients(e, self._vars), self._vars)) for e in self._equalities]
        self._inequality_grads = [
            self._packed(_known(gradients(e, self._vars), self._vars)) for e in self._inequalities
        ]

    def minimize(
        self,
        session: Any = None,
        feed_dict: Mapping[Any, Any] | None = None,
        fetches: Sequence[Any] | None = None,
        step_callback: Callable[[Any], Any] | None = None,
        loss_callback: Callable[..., Any] | None = None,
        **run_kwargs: Any,
    ) -> None:
        """Minimizes the loss, and assigns what was found to the variables.

        Args:
            session: the session; the default one when None.
            feed_dict: for every evaluation.
            fetches: what else to evaluate with the loss, for `loss_callback`.
            step_callback: called with the packed variables after each step of the optimizer.
            loss_callback: called with the values of `fetches` after each evaluation.
            **run_kwargs: for `Session.run`.
        """
        session = session or get_default_session()
        feeds = dict(feed_dict or {})
        extra = list(fetches or [])
        start = session.run(self._packed_var, feed_dict=feeds)

        def function(tensors: list[Any], callback: Callable[..., Any] | None) -> Callable[[_Vector], list[Any]]:
            def evaluate(x: _Vector) -> list[Any]:
                point = dict(feeds)
                for variable, value in zip(self._vars, self._unpacked(x), strict=True):
                    if not hasattr(variable, "handle"):
                        point[variable] = value
                if self._resources:
                    self._assign(session, x, self._resources)
                values = session.run([*tensors, *extra], feed_dict=point, **run_kwargs)
                if callback is not None:
                    callback(*values[len(tensors) :])
                return list(values[: len(tensors)])

            return evaluate

        found = self._minimize(
            initial_val=start,
            loss_grad_func=function([self._loss, self._packed_loss_grad], loss_callback),
            equality_funcs=[function([e], None) for e in self._equalities],
            equality_grad_funcs=[function([g], None) for g in self._equality_grads],
            inequality_funcs=[function([e], None) for e in self._inequalities],
            inequality_grad_funcs=[function([g], None) for g in self._inequality_grads],
            packed_bounds=self._packed_bounds,
            step_callback=step_callback,
            optimizer_kwargs=self.optimizer_kwargs,
        )
        self._assign(session, found, range(len(self._vars)), **run_kwargs)

    def _assign(self, session: Any, x: _Vector, places: Sequence[int], **run_kwargs: Any) -> None:
        values = self._unpacked(x)
        feeds = {self._placeholders[i]: values[i] for i in places}
        session.run([self._updates[i] for i in places], feed_dict=feeds, **run_kwargs)

    def _minimize(
        self,
        initial_val: _Vector,
        loss_grad_func: Callable[[_Vector], Any],
        equality_funcs: Sequence[Any],
        equality_grad_funcs: Sequence[Any],
        inequality_funcs: Sequence[Any],
        inequality_grad_funcs: Sequence[Any],
        packed_bounds: Any,
        step_callback: Any,
        optimizer_kwargs: Mapping[str, Any],
    ) -> _Vector:
        """The vector that minimizes; every function takes a vector."""
        raise NotImplementedError("To use ExternalOptimizerInterface, subclass from it and implement _minimize().")

    @staticmethod
    def _packed(tensors: Sequence[Any]) -> Tensor:
        flat = [array.reshape(t, [-1]) for t in tensors]
        return flat[0] if len(flat) == 1 else concat.concat(flat, 0)

    def _unpacked(self, x: _Vector) -> list[np.ndarray]:
        return [
            np.asarray(x[part], v.dtype.base_dtype.as_numpy_dtype).reshape(v.shape.as_list())
            for v, part in zip(self._vars, self._slices, strict=True)
        ]

    def _pack_bounds(self, bounds: Mapping[Any, Any]) -> list[tuple[float, float]]:
        by_name = {v.name: pair for v, pair in bounds.items()}
        packed: list[tuple[float, float]] = []
        for v in self._vars:
            low, high = by_name.get(v.name, (-np.inf, np.inf))
            shape = v.shape.as_list()
            packed += zip(
                np.broadcast_to(low, shape).ravel().tolist(), np.broadcast_to(high, shape).ravel().tolist(), strict=True
            )
        return packed


def _known(grads: Sequence[Any], variables: Sequence[Any]) -> list[Any]:
    return [zeros_like(v) if g is None else g for g, v in zip(grads, variables, strict=True)]


@tf_export("contrib.opt.ScipyOptimizerInterface")
class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """Minimizes with `scipy.optimize.minimize`, which must be installed.

    `method` and `options` among the keyword arguments go to SciPy; the method is L-BFGS-B by default. With
    equalities or inequalities a method that takes them is needed, such as SLSQP. Other arguments
    as for `ExternalOptimizerInterface`.
    """

    _DEFAULT_METHOD = "L-BFGS-B"

    def _minimize(
        self,
        initial_val: _Vector,
        loss_grad_func: Callable[[_Vector], Any],
        equality_funcs: Sequence[Any],
        equality_grad_funcs: Sequence[Any],
        inequality_funcs: Sequence[Any],
        inequality_grad_funcs: Sequence[Any],
        packed_bounds: Any,
        step_callback: Any,
        optimizer_kwargs: Mapping[str, Any],
    ) -> _Vector:
        from scipy import optimize

        options = dict(optimizer_kwargs)
        method = options.pop("method", self._DEFAULT_METHOD)
        constraints = [
            {"type": kind, "fun": _doubles(value), "jac": _doubles(slope)}
            for kind, values, slopes in (
                ("eq", equality_funcs, equality_grad_funcs),
                ("ineq", inequality_funcs, inequality_grad_funcs),
            )
            for value, slope in zip(values, slopes, strict=True)
        ]
        arguments: dict[str, Any] = {"jac": True, "callback": step_callback, "method": method, "bounds": packed_bounds}
        if constraints:
            arguments["constraints"] = constraints
        for name in options:
            if name in arguments or name == "constraints":
                raise ValueError(f"Optimizer keyword arg '{name}' is set automatically and cannot be injected manually")
        arguments.update(options)

        def loss_and_gradient(x: _Vector) -> tuple[float, np.ndarray]:
            loss, gradient = loss_grad_func(x)
            return float(loss), np.asarray(gradient, np.float64)

        result = optimize.minimize(loss_and_gradient, np.asarray(initial_val, np.float64), **arguments)
        known = [("Message", "message"), ("Objective function value", "fun"), ("Number of iterations", "nit"),
                 ("Number of functions evaluations", "nfev")]  # fmt: skip
        lines = [f"  {what}: {result[key]}" for what, key in known if key in result]
        logging.info("Optimization terminated with:\n%s", "\n".join(lines))
        return np.asarray(result.x)


def _doubles(function: Callable[[_Vector], list[Any]]) -> Callable[[_Vector], np.ndarray]:
    return lambda x: np.asarray(function(x)[0], np.float64)
