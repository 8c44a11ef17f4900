"""Assertions about ranks, types and shapes, checked at once where they are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import colocate_with, control_dependencies, get_default_graph, name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.operation import Operation
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import rank as rank_of
from tfcompat.ops.array import reshape, shape
from tfcompat.ops.assertion import Assert, all_true, prefix
from tfcompat.ops.grouping import group, no_op, with_dependencies
from tfcompat.ops.identity import check_numerics

# ---------------------------------------------------------------- ranks


class _RankError(ValueError):
    """The rank of a tensor is known not to fit."""


def _tensor(x: Any, name: str) -> Any:
    return x if isinstance(x, SparseTensor) else convert_to_tensor(x, name=name)


def _rank_check(
    function: str,
    words: str,
    x: Any,
    ranks: Sequence[Any],
    listed: bool,
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    with name_scope(name, function, [x, *ranks, *(data or [])]):
        x = _tensor(x, "x")
        wanted = [convert_to_tensor(r, name="rank") for r in ranks]
        if data is None:
            data = [
                prefix(message),
                f"Tensor {x.name} must have rank {words}".rstrip(),
                *wanted,
                "Received shape: ",
                shape(x),
            ]
        try:
            return _rank_assertion(function, x, wanted, data, summarize)
        except _RankError:
            known = [GRAPH_VALUES.constant(w) for w in wanted]
            shown: Any = tuple(known) if listed else int(known[0])  # type: ignore[arg-type]
            raise ValueError(
                f"{prefix(message)}Tensor {x.name} must have rank {words}{' ' if words else ''}{shown}.  "
                f"Received rank {x.shape.rank}, shape {x.shape}"
            ) from None


def _rank_assertion(function: str, x: Any, wanted: list[Tensor], data: Any, summarize: int | None) -> Operation:
    for tensor in wanted:
        assert_type(tensor, dtypes.int32)
    known = [GRAPH_VALUES.constant(w) for w in wanted]
    if any(k is not None and k.ndim for k in known):
        raise ValueError("Rank must be a scalar.")
    if all(k is not None for k in known) and x.shape.rank is not None:
        if not _fits(function, x.shape.rank, [int(k) for k in known]):  # type: ignore[arg-type]
            raise _RankError
        return no_op(name="static_checks_determined_all_ok")
    condition = _rank_condition(function, rank_of(x), wanted)
    for tensor, value in zip(wanted, known, strict=True):
        if value is None:
            scalar = assert_rank(tensor, 0, data=["Rank must be a scalar. Received rank: ", tensor])
            condition = with_dependencies([scalar], condition)
    return Assert(condition, data, summarize=summarize)


def _fits(function: str, rank: int, wanted: list[int]) -> bool:
    return rank >= wanted[0] if function == "assert_rank_at_least" else rank in wanted


def _rank_condition(function: str, rank: Tensor, wanted: list[Tensor]) -> Any:
    if function == "assert_rank":
        return raw_ops.Equal(x=rank, y=wanted[0])
    if function == "assert_rank_at_least":
        return raw_ops.GreaterEqual(x=rank, y=wanted[0])
    if not wanted:
        return convert_to_tensor(False)
    condition = raw_ops.Equal(x=wanted[0], y=rank)
    for other in wanted[1:]:
        condition = raw_ops.LogicalOr(x=condition, y=raw_ops.Equal(x=other, y=rank))
    return condition


@tf_export("debugging.assert_rank", "assert_rank")
def assert_rank(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """An operation whose run fails unless `x` has the rank `rank` (int32 scalar).

    Raises:
        ValueError: it is known not to, or `rank` is no scalar.
    """
    return _rank_check("assert_rank", "", x, [rank], False, data, summarize, message, name)


@tf_export("debugging.assert_rank_at_least", "assert_rank_at_least")
def assert_rank_at_least(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """An operation whose run fails unless `x` has at least the rank `rank` (int32 scalar).

    Raises:
        ValueError: it is known not to, or `rank` is no scalar.
    """
    return _rank_check("assert_rank_at_least", "at least", x, [rank], False, data, summarize, message, name)


@tf_export("debugging.assert_rank_in", "assert_rank_in")
def assert_rank_in(
    x: Any,
    ranks: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """An operation whose run fails unless `x` has one of the ranks `ranks` (int32 scalars).

    Raises:
        ValueError: it is known not to, or a rank is no scalar.
    """
    return _rank_check("assert_rank_in", "in", x, list(ranks), True, data, summarize, message, name)


@tf_export("debugging.assert_scalar", "assert_scalar")
def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """`tensor` itself; ValueError unless it is known to be a scalar."""
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        if tensor.shape.rank != 0:
            raise ValueError(f"{prefix(message)}Expected scalar shape for {tensor.name}, saw shape: {tensor.shape}.")
        return tensor


# ---------------------------------------------------------------- types


@tf_export("debugging.assert_integer", "assert_integer")
def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """An operation that does nothing; TypeError unless `x` is of an integer type."""
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(f'{prefix(message)}Expected "x" to be integer type.  Found: {x.name} of dtype {x.dtype}')
        return no_op("statically_determined_was_integer")


@tf_export("debugging.assert_type", "assert_type")
def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None) -> Operation:
    """An operation that does nothing; TypeError unless `tensor` is of type `tf_type`."""
    wanted = dtypes.as_dtype(tf_type)
    with name_scope(name, "assert_type", [tensor]):
        tensor = _tensor(tensor, "tensor")
        if tensor.dtype != wanted:
            raise TypeError(
                f"{prefix(message)}{tensor.name} must be of type tf.{wanted.name}; got tf.{tensor.dtype.name}"
            )
        return no_op("statically_determined_correct_type")


@tf_export("debugging.assert_same_float_dtype", "assert_same_float_dtype")
def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> dtypes.DType:
    """The one floating-point type of all `tensors` (and `dtype`); float32 when neither is given.

    Raises:
        ValueError: the types differ, or the type is no floating-point type.
    """
    expected, first = dtype, None
    for item in tensors or ():
        if item is None:
            continue
        found = item.dtype.base_dtype
        if not expected:
            expected, first = found, item
        elif expected != found:
            like = "" if first is None else f" as {getattr(first, 'name', first)}"
            raise ValueError(
                f"{getattr(item, 'name', item)}, type={found}, must be of the same type ({expected}){like}."
            )
    expected = expected or dtypes.float32
    if not expected.is_floating:
        raise ValueError(f"Expected floating point type, got {expected}.")
    return expected  # type: ignore[no-any-return]


_NUMBERS = frozenset(
    {
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "qint8",
        "qint16",
        "qint32",
        "quint8",
        "quint16",
        "complex64",
        "complex128",
    }
)


@tf_export("debugging.is_numeric_tensor", "is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a tensor of numbers (not of truth values or strings)."""
    return isinstance(tensor, Tensor) and tensor.dtype.base_dtype.name in _NUMBERS


@tf_export("debugging.assert_proper_iterable", "assert_proper_iterable")
def assert_proper_iterable(values: Any) -> None:
    """TypeError unless `values` can be iterated over and is neither tensor, array nor text."""
    if isinstance(values, (Tensor, SparseTensor, np.ndarray, str, bytes)):
        raise TypeError(f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}')
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


# ---------------------------------------------------------------- values


@tf_export("debugging.assert_all_finite", "verify_tensor_all_finite")
def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: str | None = None, x: Any = None, message: str | None = None
) -> Tensor:
    """`x` itself; a run fails with InvalidArgumentError when an element is NaN or infinite.

    Args:
        t: deprecated name of `x`.
        msg: deprecated name of `message`.
        name: prefix of the names of the operations.
        x: tensor of a floating-point type.
        message: start of the error's text.
    """
    x, message = one_of("x", x, "t", t), one_of("message", message, "msg", msg)
    with name_scope(name, "VerifyFinite", [x]):
        x = convert_to_tensor(x, name="x")
        with colocate_with(x):
            check = check_numerics(x, message=message)
            return with_dependencies([check], x)  # type: ignore[no-any-return]


_CONTROL_FLOW = ("If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase", "Switch", "Enter")


@tf_export("add_check_numerics_ops")
def add_check_numerics_ops() -> Operation:
    """An operation that checks every floating-point tensor of the graph for NaN and infinity, in the graph's order.

    Raises:
        ValueError: the graph has branches or loops.
    """
    checks: list[Tensor] = []
    for op in get_default_graph().get_operations():
        if op.type in _CONTROL_FLOW:
            raise ValueError(
                "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as "
                "`tf.cond()` or `tf.while_loop()`."
            )
        for tensor in op.outputs:
            if tensor.dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
                with control_dependencies(checks):
                    checks = [check_numerics(tensor, message=tensor.name)]
    return group(*checks)


def _differences(x: Tensor) -> Tensor:
    """Each element of the flattened tensor but the first, minus the one before."""
    flat = reshape(x, [-1])
    return flat[1:] - flat[:-1]


def _ordered(function: str, comparison: Callable[..., Tensor], x: Any, name: str | None) -> Tensor:
    with name_scope(name, function, [x]):
        steps = _differences(convert_to_tensor(x, name="x"))
        return all_true(comparison(x=convert_to_tensor(0, steps.dtype), y=steps))


@tf_export("math.is_non_decreasing", "debugging.is_non_decreasing", "is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """A bool scalar: whether no element of `x`, in row-major order, is less than the one before."""
    return _ordered("is_non_decreasing", raw_ops.LessEqual, x, name)


@tf_export("math.is_strictly_increasing", "debugging.is_strictly_increasing", "is_strictly_increasing")
def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """A bool scalar: whether every element of `x`, in row-major order, is greater than the one before."""
    return _ordered("is_strictly_increasing", raw_ops.Less, x, name)
