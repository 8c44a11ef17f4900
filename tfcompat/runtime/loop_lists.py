"""Tensor lists that a loop uses in a simple way: filled one element a step, or emptied one element a step.

What is set or pushed in each iteration becomes a scan output of the ONNX Loop, which ONNX Runtime stacks once; what is
popped is read from a tensor that stays as it is. Neither copies the list in every iteration.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converters.builder import Builder, Value
from converters.guards import require
from converters.list_value import ListValue, dense, length_of, with_rows
from converters.lists import element_at
from tfcompat.graph.loop_facts import Affine, ListUse, LoopFacts
from tfcompat.graph.tensor import Tensor

_BACKWARDS = np.iinfo(np.int64).min
EntryValue = Callable[[Tensor], "Value | None"]


class ListPlan:
    """What becomes of one list.

    Args:
        use: how the body uses it.
        initial: the list before the loop.
        start: for "write", the first index, an int64 scalar.
        trips: how many iterations there are, an int64 scalar, if that is known before the loop.

    Attributes:
        scanned: tensors of the body whose values are stacked.
    """

    def __init__(self, use: ListUse, initial: ListValue, start: Value | None, trips: Value | None):
        self._use, self._initial, self._start, self._trips = use, initial, start, trips
        self.scanned: list[Tensor] = [] if use.kind == "pop" else [use.op._inputs[-1]]
        self._inner: ListValue | None = None

    def inside(self, b: Builder, iteration: Value) -> dict[Tensor, Value]:
        """Values of tensors of the body that follow from the plan; `iteration` counts from 0.

        What a loop reads before it sets it is an element of the initial list, which the body finds by itself.
        """
        if self._use.kind != "pop":
            return {}
        index = b.Sub(b.Sub(length_of(b, self._initial), 1), iteration)
        return {self._use.op._outputs[1]: element_at(b, self._initial, index)}

    def prepared(self, b: Builder, item: Value) -> Value:
        """The tensor to stack for `item`, in the body."""
        if not isinstance(item, ListValue):
            return item
        whole = dense(b, item)
        assert whole.tensor is not None
        self._inner = whole.with_(tensor=None)
        return whole.tensor

    def final(self, b: Builder, rows: list[Value]) -> ListValue:
        """The list after the loop, from the stacked values."""
        if self._use.kind == "pop":
            return self._rest(b)
        return self._pushed(b, rows[0]) if self._use.kind == "push" else self._written(b, rows[0])

    def _rest(self, b: Builder) -> ListValue:
        initial = self._initial
        assert initial.tensor is not None
        assert self._trips is not None
        left = b.Reshape(b.Sub(length_of(b, initial), self._trips), [1])
        made = b.Slice(initial.tensor, [0], left, [0])
        made.shape = None if initial.tensor.shape is None else (None, *initial.tensor.shape[1:])
        return initial.with_(tensor=made)

    def _pushed(self, b: Builder, stacked: Value) -> ListValue:
        initial = self._initial
        if initial.parts == [] or initial.length == 0:
            return initial.with_(tensor=stacked, inner=self._inner)
        before = dense(b, initial, None if stacked.shape is None else stacked.shape[1:])
        made = b.Concat(before.tensor, _like_rows(b, stacked, before), axis=0)
        made.shape = stacked.shape
        return initial.with_(tensor=made, inner=self._inner)

    def _written(self, b: Builder, stacked: Value) -> ListValue:
        """The initial list with `stacked` in the place of the elements that were set."""
        index = self._use.index
        assert index is not None
        assert self._start is not None
        initial, start = self._initial, self._start
        count = b.Squeeze(b.Shape(stacked, start=0, end=1), [0])
        if index.step < 0:
            stacked_again = b.Slice(stacked, [-1], [_BACKWARDS], [0], [-1])
            stacked_again.shape = stacked.shape
            stacked = stacked_again
            start = b.Sub(start, b.Sub(count, 1))
        grows = bool(self._use.op.attrs.get("resize_if_index_out_of_bounds"))
        length = length_of(b, initial)
        end = b.Add(start, count)
        after = b.Sub(length, end)
        if grows:
            after = b.Max(after, 0)
            length = b.Max(length, end)
        if initial.is_blank:
            made = self._padded(b, stacked, start, after, count)
        else:
            made = self._spliced(b, stacked, start, end, after)
        rows = initial.length if isinstance(initial.length, int) and not grows else None
        made.shape = None if stacked.shape is None else (rows, *stacked.shape[1:])
        return initial.with_(tensor=made, inner=self._inner, length=initial.length if not grows else None)

    def _padded(self, b: Builder, stacked: Value, start: Value, after: Value, count: Value) -> Value:
        none = b.Equal(count, 0)
        fits = b.And(b.GreaterOrEqual(start, 0), b.GreaterOrEqual(after, 0))
        fits = b.Or(fits, none)
        dims = None if stacked.shape is None else stacked.shape[1:]
        if dims is None or None in dims:
            fits = b.And(fits, b.Or(b.Not(none), b.Equal(b.Add(start, after), 0)))
        ends = require(b, fits, b.Concat(b.Reshape(start, [1]), b.Reshape(after, [1]), axis=0))
        return with_rows(b, stacked, b.Slice(ends, [0], [1]), b.Slice(ends, [1], [2]))

    def _spliced(self, b: Builder, stacked: Value, start: Value, end: Value, after: Value) -> Value:
        before = dense(b, self._initial)
        fits = b.Or(b.And(b.GreaterOrEqual(start, 0), b.GreaterOrEqual(after, 0)), b.Equal(start, end))
        ends = require(b, fits, b.Concat(b.Reshape(start, [1]), b.Reshape(end, [1]), axis=0))
        first, last = b.Slice(ends, [0], [1]), b.Slice(ends, [1], [2])
        head = b.Slice(before.tensor, [0], first, [0])
        tail = b.Slice(before.tensor, last, [np.iinfo(np.int64).max], [0])
        return b.Concat(head, _like_rows(b, stacked, before), tail, axis=0)  # type: ignore[no-any-return]


def _like_rows(b: Builder, stacked: Value, like: ListValue) -> Value:
    """`stacked` with the element shape of `like`: what a loop without iterations stacks has lost it."""
    assert like.tensor is not None
    if stacked.shape is not None and None not in stacked.shape[1:]:
        return stacked
    sizes = b.Concat(b.Shape(stacked, start=0, end=1), b.Shape(like.tensor, start=1), axis=0)
    made: Value = b.Reshape(stacked, sizes, allowzero=1)
    made.shape = stacked.shape
    return made


def plan_for(
    b: Builder,
    facts: LoopFacts,
    position: int,
    initial: ListValue,
    entry: EntryValue,
    trips: Value | None,
    wanted: bool,
) -> ListPlan | None:
    """A plan for the list at `position`; None when it must be carried as a whole.

    Args:
        b: the builder around the loop.
        facts: of the loop.
        position: of the loop variable.
        initial: the list before the loop.
        entry: the values of the body's inputs in the first iteration.
        trips: how many iterations there are, if that is known before the loop.
        wanted: whether the list is used after the loop.
    """
    use = facts.list_use(position)
    if use is None:
        return None
    if use.kind == "pop":
        if wanted and trips is None:
            return None
        return ListPlan(use, dense(b, initial), None, trips)
    if use.kind == "push":
        return ListPlan(use, initial, None, trips)
    assert use.index is not None
    start = _start(b, use.index, entry)
    if start is None or use.reads and not initial.is_blank and initial.tensor is None:
        return None
    return ListPlan(use, initial, start, trips)


def _start(b: Builder, index: Affine, entry: EntryValue) -> Value | None:
    """The value of `index` in the first iteration, an int64 scalar."""
    total: Value | None = None
    known = 0
    for sign, leaf in index.terms:
        value = b.const(leaf.op.attrs["value"]) if leaf.op.type == "Const" else entry(leaf)
        if value is None or value.shape != ():
            return None
        if value.const is not None:
            known += sign * int(value.const)
        elif total is None:
            total = b.int64(value) if sign > 0 else b.Neg(b.int64(value))
        else:
            total = b.Add(total, b.int64(value)) if sign > 0 else b.Sub(total, b.int64(value))
    if total is None:
        return b.const(np.array(known, np.int64))
    return total if known == 0 else b.Add(total, known)
