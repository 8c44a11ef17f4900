"""Formulas of `tfcompat.graph.special` as ONNX nodes, in float64 like the host kernels.

trace = Trace(b)
y = lgamma(trace.of(x))               numpy's functions and operators emit nodes where a `Term` comes in
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from converters.branches import loop
from converters.builder import Builder, Value
from converters.math import log1p
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType
from tfcompat.graph.special.pieces import Formula, Piece


class Trace:
    """Where the nodes of a formula go: the builder of the operation, in bodies that of the body."""

    def __init__(self, b: Builder):
        self.b = b

    def of(self, x: Value) -> Term:
        """`x` as a float64 term."""
        return Term(self, self.b.cast(x, dtypes.float64))

    def value(self, x: Any, dtype: DType = dtypes.float64) -> Value:
        """The Value of a term or number."""
        if isinstance(x, Term):
            return x.value
        return self.b.const(np.asarray(x, dtype.as_numpy_dtype))


class Term(NDArrayOperatorsMixin, Formula):
    """A float64 or bool Value under numpy's functions."""

    def __init__(self, trace: Trace, value: Value):
        self.trace = trace
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        rule = _UFUNCS.get(ufunc.__name__)
        if method != "__call__" or kwargs or rule is None:
            return NotImplemented
        kind = next(a for a in args if isinstance(a, Term)).value.dtype
        return Term(self.trace, rule(self.trace.b, *(self.trace.value(a, kind) for a in args)))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        rule = _FUNCTIONS.get(func.__name__)
        return NotImplemented if rule is None else rule(self.trace, *args, **kwargs)

    def by_region(self, args: Sequence[Any], regions: Sequence[Any], stand_in: float) -> Term:
        """Every formula on all elements, those of other regions replaced, and a choice between them."""
        out: Any = np.full_like(self, np.nan)
        for mask, function in regions:
            out = np.where(mask, function(*(np.where(mask, a, stand_in) for a in args)), out)
        return out  # type: ignore[no-any-return]

    def series(self, pieces: Sequence[Piece]) -> Term:
        """Clenshaw's recurrence over rows of coefficients, one of each piece."""
        b, u = self.trace.b, self.value
        length = max(len(c) for _, _, c in pieces)
        table = np.array([[*c, *[0.0] * (length - len(c))] for _, _, c in pieces]).T
        table[0] /= 2
        low, high = (b.const(np.array([p[i] for p in pieces], np.float64)) for i in (0, 1))
        which: Value | None = None
        if len(pieces) > 1:
            which = b.const(np.zeros((), np.int64))
            for _, end, _ in pieces[:-1]:
                which = b.Add(which, b.cast(b.GreaterOrEqual(u, end), dtypes.int64))
            low, high = b.Gather(low, which), b.Gather(high, which)
        t = b.Div(b.Sub(b.Add(u, u), b.Add(low, high)), b.Sub(high, low))

        def step(b: Builder, row: Value, previous: Value, current: Value) -> list[Value]:
            one = row if which is None else b.Gather(row, which)
            return [current, b.Add(b.Sub(b.Mul(twice, current), previous), one)]

        twice = b.Add(t, t)
        table = table[:, 0] if which is None else table
        zero = _filled(self.trace, Term(self.trace, t), 0.0).value
        previous, current = _over_rows(b, table[:0:-1], step, [zero, zero])
        first = b.const(table[0]) if which is None else b.Gather(b.const(table[0]), which)
        return Term(self.trace, b.Add(b.Sub(b.Mul(t, current), previous), first))

    def horner(self, coefficients: Sequence[float]) -> Term:
        """Horner's scheme in a Loop over the coefficients."""
        (total,) = _over_rows(
            self.trace.b,
            np.array(coefficients, np.float64)[::-1],
            lambda b, row, total: [b.Add(b.Mul(total, self.value), row)],
            [_filled(self.trace, self, 0.0).value],
        )
        return Term(self.trace, total)

    def repeat(self, going: Any, step: Any, state: Sequence[Any], most: int) -> tuple[Term, ...]:
        """An ONNX Loop with a condition."""
        trace, outer = self.trace, self.trace.b
        begin = [trace.value(s) for s in state]

        def body(b: Builder, counter: Value, *carried: Value) -> tuple[Value, list[Value]]:
            trace.b = b
            try:
                now = trace.of(counter)
                after = step(now, *(Term(trace, v) for v in carried))
                return _any(b, going(now + 1, *after)), [trace.value(a) for a in after]
            finally:
                trace.b = outer

        finals = loop(outer, outer.const(most), _any(outer, going(0.0, *state)), begin, body)
        return tuple(Term(trace, v) for v in finals)


def _any(b: Builder, mask: Term) -> Value:
    return b.Greater(b.ReduceSum(b.cast(mask.value, dtypes.int64), keepdims=0), 0)  # type: ignore[no-any-return]


def _over_rows(b: Builder, rows: np.ndarray, step: Callable[..., list[Value]], state: Sequence[Value]) -> list[Value]:
    """`state` after step(builder, row, *state) for all rows of a constant."""
    table = b.const(np.ascontiguousarray(rows))

    def body(b: Builder, counter: Value, *carried: Value) -> tuple[None, list[Value]]:
        return None, step(b, b.Gather(table, counter), *carried)

    return loop(b, b.const(len(rows)), None, state, body)


def _sign(b: Builder, x: Value) -> Value:
    """-1 or 1, of zeros too; a Where of zeros themselves would lose their signs in ONNX Runtime."""
    negative = b.Less(b.Where(b.Equal(x, 0), b.Reciprocal(x), x), 0)
    return b.Where(negative, b.const(np.float64(-1)), b.const(np.float64(1)))  # type: ignore[no-any-return]


def _remainder(b: Builder, x: Value, y: Value) -> Value:
    return b.Sub(x, b.Mul(b.Floor(b.Div(x, y)), y))  # type: ignore[no-any-return]


def _operator(onnx: str) -> Callable[..., Value]:
    return lambda b, *args: b.node(onnx, args)  # type: ignore[no-any-return]


# numpy's ufunc -> ONNX operator of the same function, or a composition
_UFUNCS: dict[str, Callable[..., Value]] = {
    **{ours: _operator(onnx) for ours, onnx in {
        "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "negative": "Neg", "absolute": "Abs",
        "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "sin": "Sin", "cos": "Cos", "floor": "Floor", "rint": "Round",
        "power": "Pow", "maximum": "Max", "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater",
        "greater_equal": "GreaterOrEqual", "equal": "Equal", "bitwise_and": "And", "bitwise_or": "Or",
        "invert": "Not", "isnan": "IsNaN", "isinf": "IsInf",
    }.items()},
    "log1p": log1p,
    "tan": lambda b, x: b.Div(b.Sin(x), b.Cos(x)),
    "not_equal": lambda b, x, y: b.Not(b.Equal(x, y)),
    "isfinite": lambda b, x: b.Not(b.Or(b.IsNaN(x), b.IsInf(x))),
    "remainder": _remainder,
    "copysign": lambda b, x, y: b.Mul(b.Abs(x), _sign(b, y)),
}  # fmt: skip


def _filled(trace: Trace, like: Term, value: float) -> Term:
    b = trace.b
    filled = b.Expand(b.const(np.float64(value)), b.Shape(like.value))
    filled.shape = like.value.shape
    return Term(trace, filled)


def _where(trace: Trace, mask: Any, x: Any, y: Any) -> Term:
    b = trace.b
    return Term(trace, b.Where(trace.value(mask, dtypes.bool), trace.value(x), trace.value(y)))


def _broadcast(trace: Trace, *args: Any) -> list[Term]:
    b = trace.b
    values = [trace.value(a) for a in args]
    total = values[0]
    for value in values[1:]:
        total = b.Add(total, value)
    return [Term(trace, b.Expand(v, b.Shape(total))) for v in values]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": _where,
    "round": lambda trace, x: np.rint(x),
    "full_like": _filled,
    "zeros_like": lambda trace, x: _filled(trace, x, 0.0),
    "ones_like": lambda trace, x: _filled(trace, x, 1.0),
    "broadcast_arrays": _broadcast,
    "isneginf": lambda trace, x: np.equal(x, -np.inf),
    "isposinf": lambda trace, x: np.equal(x, np.inf),
}
