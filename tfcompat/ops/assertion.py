"""tf.Assert, and assertions about values: equal, less, near, positive and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.errors import InvalidArgumentError
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import not_differentiable
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import is_tensor
from tfcompat.ops.array import rank
from tfcompat.ops.grouping import no_op
from tfcompat.ops.sequences import range as range_of

Static = Callable[[Any, Any], Any]


@tf_export("debugging.Assert", "Assert")
def Assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> Operation:
    """An operation whose run fails unless `condition` is true.

    Args:
        condition: bool scalar.
        data: list of tensors that the error's text shows.
        summarize: how many elements of each; 3 when None, all when negative.
        name: prefix of the names of the operations.

    Errors: a run fails with InvalidArgumentError, "assertion failed: ...", when `condition` is false.
    """
    with name_scope(name, "Assert", [condition, data]):
        tensors = [convert_to_tensor(d) for d in data]
        if all(t.dtype in (dtypes.string, dtypes.int32) for t in tensors):
            return raw_ops.Assert(condition=condition, data=data, summarize=summarize, name="Assert")  # type: ignore[no-any-return]
        condition = convert_to_tensor(condition, name="Condition")
        with name_scope("AssertGuard"):
            return raw_ops.Assert(condition=condition, data=data, summarize=summarize, name="Assert")  # type: ignore[no-any-return]


def checked(condition: Any, static: Any, data: Any, summarize: int | None) -> Operation:
    """An assertion, which fails at once when it is known to.

    Args:
        condition: bool scalar.
        static: its value if known, else None.
        data: what the error shows.
        summarize: see `Assert`.

    Raises:
        InvalidArgumentError: `static` is false.
    """
    if static is not None and not static:
        raise InvalidArgumentError(None, None, "\n".join(_text(d) for d in data))
    return Assert(condition, data, summarize=summarize)


def _text(value: Any) -> str:
    """A part of an error's text; tensors by their values, if known."""
    if not is_tensor(value):
        return str(value)
    known = GRAPH_VALUES.constant(value)
    return str(value if known is None else known)


def prefix(message: str | None) -> str:
    """A user's message as it starts the text of an error."""
    return f"{message}.  " if message else ""


def all_true(values: Tensor) -> Tensor:
    """Whether all elements are true."""
    if values.shape.rank:
        axes: Any = convert_to_tensor(np.arange(values.shape.rank, dtype=np.int32), name="Const")
    else:
        axes = range_of(0, rank(values))
    return raw_ops.All(input=values, reduction_indices=axes)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- two tensors


def _comparison(function: str, sign: str, op_type: str, static: Static, doc: str) -> None:
    """Publishes an assertion that an elementwise comparison holds."""

    def check(
        x: Any,
        y: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        if function == "assert_equal":
            with name_scope(name, function, [x, y, data]):
                if x is y:
                    return no_op(name)
        return _compared(function, sign, op_type, static, x, y, data, summarize, message, name)

    check.__name__ = check.__qualname__ = function
    check.__doc__ = f"""An operation whose run fails unless {doc} for all elements, broadcast.

    Args:
        x: tensor of numbers.
        y: tensor of the type of `x`.
        data: list of tensors that the error's text shows; the tensors themselves when None.
        summarize: how many elements of each; 3 when None.
        message: start of the error's text.
        name: prefix of the names of the operations.

    Raises:
        InvalidArgumentError: it is known not to hold. A run fails with the same error.
    """
    globals()[function] = tf_export(f"debugging.{function}", function)(check)


def _compared(
    function: str,
    sign: str,
    op_type: str,
    static: Static,
    x: Any,
    y: Any,
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    with name_scope(name, function, [x, y, data]):
        x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
        if data is None:
            data = [f"Condition x {sign} y did not hold element-wise:", f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        if message is not None:
            data = [message, *data]
        condition = all_true(getattr(raw_ops, op_type)(x=x, y=y))
        known = [GRAPH_VALUES.constant(t) for t in (x, y)]
        holds = None if known[0] is None or known[1] is None else bool(np.all(static(*known)))
        return checked(condition, holds, data, summarize)


# fmt: off
_comparison("assert_equal",         "==", "Equal",        np.equal,         "x == y")
_comparison("assert_none_equal",    "!=", "NotEqual",     np.not_equal,     "x != y")
_comparison("assert_less",          "<",  "Less",         np.less,          "x < y")
_comparison("assert_less_equal",    "<=", "LessEqual",    np.less_equal,    "x <= y")
_comparison("assert_greater",       ">",  "Greater",      np.greater,       "x > y")
_comparison("assert_greater_equal", ">=", "GreaterEqual", np.greater_equal, "x >= y")
# fmt: on


@tf_export("debugging.assert_near", "assert_near")
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """An operation whose run fails unless |x - y| <= atol + rtol * |y| for all elements, broadcast.

    Args:
        x: tensor of floating-point numbers.
        y: tensor of the type of `x`.
        rtol: scalar; ten times the type's machine epsilon when None.
        atol: scalar; the same when None.
        data: list of tensors that the error's text shows; the tensors themselves when None.
        summarize: how many elements of each; 3 when None.
        message: start of the error's text.
        name: prefix of the names of the operations.
    """
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        epsilon = 10 * np.finfo(x.dtype.real_dtype.as_numpy_dtype).eps if x.dtype.is_floating else 0.0
        rtol, atol = epsilon if rtol is None else rtol, epsilon if atol is None else atol
        rtol = convert_to_tensor(rtol, name="rtol", dtype=x.dtype)
        atol = convert_to_tensor(atol, name="atol", dtype=x.dtype)
        if data is None:
            data = [
                prefix(message),
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        tolerance = atol + rtol * raw_ops.Abs(x=y)
        difference = raw_ops.Abs(x=x - y)
        return Assert(all_true(raw_ops.Less(x=difference, y=tolerance)), data, summarize=summarize)


# ---------------------------------------------------------------- signs


def _sign(function: str, text: str, doc: str, zero_first: bool, comparison: str) -> None:
    """Publishes an assertion that compares a tensor with zero."""

    def check(
        x: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
    ) -> Operation:
        with name_scope(name, function, [x, data]):
            x = convert_to_tensor(x, name="x")
            if data is None:
                words = [f"Condition {text} did not hold element-wise:", f"x ({x.name}) = "]
                if function == "assert_non_positive":
                    words = ["".join(words)]  # the reference joins these two
                data = [prefix(message), *words, x]
            zero = convert_to_tensor(0, x.dtype.base_dtype)
            pair = (zero, x) if zero_first else (x, zero)
            return globals()[comparison](*pair, data=data, summarize=summarize)  # type: ignore[no-any-return]

    check.__name__ = check.__qualname__ = function
    check.__doc__ = f"""An operation whose run fails unless {doc} for all elements.

    Args:
        x: tensor of numbers.
        data: list of tensors that the error's text shows; `x` itself when None.
        summarize: how many elements of each; 3 when None.
        message: start of the error's text.
        name: prefix of the names of the operations.

    Raises:
        InvalidArgumentError: it is known not to hold. A run fails with the same error.
    """
    globals()[function] = tf_export(f"debugging.{function}", function)(check)


# fmt: off
_sign("assert_negative",     "x < 0",  "x < 0",  False, "assert_less")
_sign("assert_positive",     "x > 0",  "x > 0",  True,  "assert_less")
_sign("assert_non_negative", "x >= 0", "x >= 0", True,  "assert_less_equal")
_sign("assert_non_positive", "x <= 0", "x <= 0", False, "assert_less_equal")
# fmt: on

not_differentiable("Assert")
