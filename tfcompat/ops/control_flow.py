"""`cond`, `case` and `switch_case`, recorded as `If` and `Case` operations with branches."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Sequence
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import control_dependencies, name_scope
from tfcompat.graph.export import PUBLIC, tf_export
from tfcompat.graph.inference import GRAPH_VALUES
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.branching import Branch, choose, traced

Thunk = Callable[[], Any]


@tf_export("cond")
def cond(
    pred: Any,
    true_fn: Any = None,
    false_fn: Any = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Any = None,
    fn2: Any = None,
) -> Any:
    """The result of `true_fn()` where `pred` is true, of `false_fn()` where it is not; only that one runs.

    Args:
        pred: scalar bool tensor.
        true_fn: function without arguments; returns a tensor, or a nested structure of tensors. An operation that it
            returns runs; a bool tensor comes back in its place.
        false_fn: the same; both return the same structure of the same types.
        strict: whether a list or tuple of one element is returned as such, not as the element.
        name: name scope.
        fn1: deprecated name of `true_fn`.
        fn2: deprecated name of `false_fn`.

    Raises:
        TypeError: a branch is missing, given twice or no function, or `pred` is a Python bool or of another type.
        ValueError: a branch returns None, or the branches' structures or types differ.
    """
    true_fn, false_fn = _given("true_fn", true_fn, "fn1", fn1), _given("false_fn", false_fn, "fn2", fn2)
    if isinstance(pred, bool):
        raise TypeError("'pred' must not be a Python bool.")
    with name_scope(name or None, "cond", [pred]) as scope:
        pred = _predicate(pred)
        branches = [
            traced(label, _function_name(scope, label[:-3]), fn, pred)
            for label, fn in (("true_fn", true_fn), ("false_fn", false_fn))
        ]
        return _unpacked(branches[0], choose("If", pred, branches, scope), strict)


def _given(name: str, value: Any, old_name: str, old_value: Any) -> Any:
    if value is not None and old_value is not None:
        raise TypeError(f"cond(): '{name}' and '{old_name}' may not be set simultaneously.")
    value = old_value if value is None else value
    if value is None:
        raise TypeError(f"cond(): '{name}' argument required")
    if not callable(value):
        raise TypeError(f"'{name}' must be callable.")
    return value


def _predicate(pred: Any) -> Tensor:
    pred = convert_to_tensor(pred, name="pred")
    if pred.dtype.base_dtype != dtypes.bool:
        raise TypeError(
            f"Input 'pred' of 'Switch' Op has type {pred.dtype.base_dtype.name} that does not match expected "
            "type of bool."
        )
    _check_scalar(pred)
    return pred


def _check_scalar(selector: Tensor) -> None:
    if selector.shape.rank not in (0, None):
        raise ValueError(
            f"Shape must be rank 0 but is rank {selector.shape.rank} for '{selector.name}', which decides what runs."
        )


def _function_name(scope: str, kind: str) -> str:
    return f"{scope[:-1]}_{kind}".replace("/", "_")


def _unpacked(branch: Branch, result: Any, strict: bool) -> Any:
    """A list or tuple of one tensor as that tensor, unless `strict`."""
    if not strict and isinstance(branch.structure, (list, tuple)) and len(result) == 1:
        return result[0]
    return result


@tf_export("switch_case")
def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case") -> Any:
    """The result of the function at `branch_index`.

    Args:
        branch_index: scalar int32.
        branch_fns: functions by index: a list, (index, function) pairs, or a dict.
        default: function for every other index; the one of the largest index by default.
        name: name scope.

    Raises:
        TypeError: `branch_fns` or a member of it is of the wrong kind.
        ValueError: the indices are not 0, 1, 2, ..., or structures or types differ.
    """
    functions = _indexed(branch_fns)
    functions.append(default if default is not None else functions[-1])
    for function in functions:
        if not callable(function):
            raise TypeError(f"fn for key {functions.index(function)} must be callable.")
    if not isinstance(branch_index, Tensor):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(branch_index)}")
    with name_scope(name, "switch_case", [branch_index]):
        index = convert_to_tensor(branch_index, dtypes.int32, name="branch_index")
        _check_scalar(index)
        with name_scope(None, "indexed_case", [index]) as scope:
            branches = [
                traced(f"branch {i}", _function_name(scope, f"branch{i}"), fn, index) for i, fn in enumerate(functions)
            ]
            return _unpacked(branches[0], choose("Case", index, branches, scope), strict=False)


def _indexed(branch_fns: Any) -> list[Any]:
    if not isinstance(branch_fns, (collections.abc.Sequence, dict)):
        raise TypeError(f"branch_fns must be a list, tuple, or dict; got {branch_fns!r}")
    pairs = list(branch_fns.items()) if isinstance(branch_fns, dict) else list(branch_fns)
    if not pairs:
        raise ValueError("branch_fns must not be empty")
    if all(callable(p) for p in pairs):
        return pairs
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in branch_fns must be a 2-tuple; got {pair!r}")
        if isinstance(pair[0], bool) or not isinstance(pair[0], int):
            raise TypeError(f"key must be a Python `int`, got {type(pair[0])}")
    keys = sorted(i for i, _ in pairs)
    if keys != list(range(len(pairs))):
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(pairs)}) but found "
            f"{{{','.join(map(str, keys))}}}"
        )
    return [fn for _, fn in sorted(pairs, key=lambda p: p[0])]


@tf_export("case")
def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False, name: str = "case"
) -> Any:
    """The result of the first function whose predicate is true.

    Args:
        pred_fn_pairs: (scalar bool tensor, function) pairs, or a dict of them.
        default: function for when no predicate is true; without it that fails with InvalidArgumentError.
        exclusive: whether more than one true predicate fails with InvalidArgumentError.
        strict: as in `cond`.
        name: name scope.

    Raises:
        TypeError: a pair, a predicate or a function is of the wrong kind.
        ValueError: there is no pair.
    """
    pairs = _checked_pairs(pred_fn_pairs)
    if default is not None and not callable(default):
        raise TypeError("'default' must be callable.")
    with name_scope(name, "case", [p for p, _ in pairs]):
        preds = [p for p, _ in pairs]
        if default is None:
            last_pred, last_fn = pairs.pop()
            default = _guarded(preds, last_pred, last_fn)
        checks = [_at_most_one(preds)] if exclusive else []
        with control_dependencies(checks):
            result = default
            for pred, fn in reversed(pairs):
                result = _either(pred, fn, result, strict)
            return result()


def _checked_pairs(given: Any) -> list[tuple[Tensor, Thunk]]:
    pairs = list(given.items()) if isinstance(given, dict) else given
    if not isinstance(pairs, (list, tuple)):
        raise TypeError(f"'pred_fn_pairs' must be a list, tuple, or dict. Received {type(given)}")
    checked = []
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}.")
        pred, fn = pair
        pred = pred.deref() if hasattr(pred, "deref") else pred
        if not hasattr(pred, "dtype"):
            raise TypeError(f"pred must be a Tensor, got: {pred}")
        if pred.dtype.base_dtype != dtypes.bool:
            raise TypeError(f"pred must be of type bool: {pred.name}")
        if not callable(fn):
            raise TypeError(f"fn for pred {pred.name} must be callable.")
        checked.append((pred, fn))
    if not checked:
        raise ValueError("not enough values to unpack: case needs at least one (predicate, function) pair")
    return checked


def _either(pred: Tensor, fn: Thunk, otherwise: Thunk, strict: bool) -> Thunk:
    return lambda: cond(pred, fn, otherwise, strict=strict)


def _guarded(preds: Sequence[Tensor], pred: Tensor, fn: Thunk) -> Thunk:
    """`fn`, in a run in which its predicate, the last of `preds`, is true."""

    def checked() -> Any:
        stacked = raw_ops.Pack(values=list(preds), axis=0, name="preds_c")
        message = ["Input error: None of conditions evaluated as True:", stacked]
        with control_dependencies([_assert(pred, message)]):
            return fn()

    return checked


def _at_most_one(preds: Sequence[Tensor]) -> Any:
    stacked = raw_ops.Pack(values=list(preds), axis=0, name="preds_c")
    true = PUBLIC["reduce_sum"](raw_ops.Cast(x=stacked, DstT=dtypes.int32), name="num_true_conds")
    most = constant(1, name="n_true_conds")
    names = ", ".join(p.name for p in preds)
    message = [f"Input error: exclusive=True: more than 1 conditions ({names}) evaluated as True:", stacked]
    return _assert(raw_ops.LessEqual(x=true, y=most), message)


def _assert(condition: Tensor, data: list[Any]) -> Any:
    return PUBLIC["Assert"](condition, data)


def static_predicate(pred: Any) -> bool | None:
    """The value of a predicate that is known before a run, else None; TypeError for what is no predicate."""
    if isinstance(pred, Tensor):
        value = GRAPH_VALUES.constant(pred)
        return None if value is None else bool(value)
    if pred in (0, 1):
        return bool(pred)
    raise TypeError(f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Received: {pred!r}")


def smart_cond(pred: Any, true_fn: Thunk, false_fn: Thunk, name: str | None = None) -> Any:
    """`cond`, or a plain call of the right function when `pred` is known before a run."""
    known = static_predicate(pred)
    if known is not None:
        return true_fn() if known else false_fn()
    return cond(pred, true_fn, false_fn, name=name)
