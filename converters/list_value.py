"""Tensor lists inside a model.

A list is one of three things, and becomes dense when a loop or a branch carries it:

    dense   one tensor, a slice per element
    parts   a Value per element, None for those never set; its length is known while building
    blank   a length; no element was ever set

Elements that were never set read as zeros. A list of lists is dense only: its tensor has a leading dimension per level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.builder import Builder, Dims, Value
from converters.registry import NeedsFullShapes, NotConvertible
from tfcompat.graph import dtypes
from tfcompat.graph.dtypes import DType

Length = int | Value
"""A known length, or an int64 scalar."""


class ListValue(Value):
    """A tensor list as what it is made of.

    Attributes:
        element: type of the elements.
        element_dims: what the list declares of their shape, None when the rank is open.
        tensor: the elements one after the other (dense), else None.
        parts: the elements (parts), else None.
        length: how many there are.
        inner: for a list of lists, what its elements are like: a blank list.
        unsized: whether dimensions of the elements that are not known may be 0 because no element was set so far.
    """

    __slots__ = ("element", "element_dims", "inner", "length", "parts", "tensor", "unsized")

    def __init__(
        self,
        name: str,
        element: DType,
        element_dims: Dims | None,
        *,
        tensor: Value | None = None,
        parts: Sequence[Value | None] | None = None,
        length: Length | None = None,
        inner: ListValue | None = None,
        unsized: bool = False,
    ):
        super().__init__(name, dtypes.variant, ())
        self.element = element
        self.element_dims = element_dims
        self.tensor = tensor
        self.parts = None if parts is None else list(parts)
        self.inner = inner
        self.unsized = unsized
        if self.parts is not None:
            length = len(self.parts)
        elif tensor is not None and tensor.shape and tensor.shape[0] is not None:
            length = tensor.shape[0]
        self.length = length

    @property
    def components(self) -> tuple[Value, ...]:
        """The plain Values it is made of."""
        found: list[Value] = [] if self.tensor is None else [self.tensor]
        found += [p for p in self.parts or () if p is not None]
        if isinstance(self.length, Value):
            found.append(self.length)
        return tuple(c for f in found for c in f.components)

    @property
    def is_blank(self) -> bool:
        """Whether no element was ever set."""
        return self.tensor is None and (self.parts is None or all(p is None for p in self.parts))

    def with_(self, **changes: Any) -> ListValue:
        """A list of the same kind of elements made of something else."""
        kept = {"inner": self.inner, "unsized": self.unsized}
        return ListValue(self.name + "'", self.element, self.element_dims, **{**kept, **changes})


def as_list(value: Value | None) -> ListValue:
    """`value` as a list of this model; NotConvertible when it lives on the host."""
    if not isinstance(value, ListValue):
        raise NotConvertible("the list comes from the host")
    return value


def length_of(b: Builder, x: ListValue) -> Value:
    """The number of elements as an int64 scalar."""
    if isinstance(x.length, Value):
        return x.length
    if isinstance(x.length, int):
        return b.const(np.array(x.length, np.int64))
    assert x.tensor is not None
    if x.tensor.shape is not None and x.tensor.shape[0] is not None:
        return b.const(np.array(x.tensor.shape[0], np.int64))
    length: Value = b.Squeeze(b.Shape(x.tensor, start=0, end=1), [0])
    length.shape = ()
    return length


def uniform_dims(values: Sequence[Value]) -> Dims | None:
    """The shape that all `values` have; NeedsFullShapes when that is not certain, NotConvertible when it is wrong."""
    shapes = [v.shape for v in values]
    if any(s is None or None in s for s in shapes) and len(values) > 1:
        raise NeedsFullShapes("whether the elements of a list have one shape is known only with the fed shapes")
    if len(set(shapes)) > 1:
        raise NotConvertible(f"the elements of a list have different shapes: {sorted(set(map(str, shapes)))}")
    return shapes[0]


def element_dims_of(x: ListValue) -> Dims | None:
    """What is known of the shape of the elements."""
    if x.tensor is not None and x.tensor.shape is not None:
        return x.tensor.shape[1:]
    present = [p.shape for p in x.parts or () if p is not None and p.shape is not None]
    return present[0] if present else x.element_dims


def dense(
    b: Builder, x: ListValue, like: Dims | None = None, sizes: Value | None = None, unsized: bool = False
) -> ListValue:
    """`x` as a dense list.

    Args:
        b: the builder.
        x: the list.
        like: shape of the elements, for lists that do not know it.
        sizes: that shape as an int64 vector, when only the run will tell.
        unsized: whether unknown dimensions may be 0 until an element is set (see `fitted`).

    Raises:
        NotConvertible: the elements differ in shape, or none has a known shape.
    """
    if x.tensor is not None:
        return x
    if x.element is dtypes.variant:
        raise NotConvertible("a list of lists is made only by a loop")
    if x.is_blank:
        dims = x.element_dims if like is None else like
        open_dims = unsized and dims is not None and None in dims
        return x.with_(tensor=zeros(b, x, like, sizes, unsized), length=x.length, unsized=open_dims)
    parts = x.parts or []
    present = [p for p in parts if p is not None]
    if not all(isinstance(p, Value) for p in present):
        raise NotConvertible("a list of lists is made only by a loop")
    dims = uniform_dims(present)
    blank = zeros_of(b, present[0]) if len(present) < len(parts) else None
    tensor = b.Concat(*[b.Unsqueeze(p if p is not None else blank, [0]) for p in parts], axis=0)
    tensor.shape = None if dims is None else (len(parts), *dims)
    return x.with_(tensor=tensor)


def zeros_of(b: Builder, value: Value) -> Value:
    """Zeros of the shape and type of `value`."""
    made: Value = b.Expand(b.const(np.zeros((), value.dtype.as_numpy_dtype), value.dtype), b.Shape(value))
    made.shape = value.shape
    return made


def zeros(
    b: Builder, x: ListValue, like: Dims | None = None, sizes: Value | None = None, unsized: bool = False
) -> Value:
    """The elements of the blank list `x` as one tensor of zeros; see `dense` for arguments and errors."""
    dims = x.element_dims if like is None else like
    known = dims is not None and None not in dims
    zero = b.const(np.zeros((), x.element.as_numpy_dtype), x.element)
    count = b.Reshape(length_of(b, x), [1])
    if known and isinstance(x.length, int):
        whole = b.const([x.length, *dims])  # type: ignore[misc, list-item]
    elif known:
        whole = b.Concat(count, b.const(list(dims)), axis=0)  # type: ignore[arg-type]
    elif sizes is not None and dims is not None:
        whole = b.Concat(count, sizes, axis=0)
    elif unsized and dims is not None:
        whole = b.Concat(count, b.const([d or 0 for d in dims]), axis=0)
    else:
        raise NeedsFullShapes("the shape of the elements of a list is not known before one is set")
    made: Value = b.Expand(zero, whole)
    made.shape = (x.length if isinstance(x.length, int) else None, *(dims or ()))
    return made


def dense_for(b: Builder, x: ListValue, item: Value, start: int = 0) -> ListValue:
    """`x` as a dense list whose elements have the shape of `item`, or that of its dimensions from `start` on."""
    dims = None if item.shape is None else item.shape[start:]
    sizes = None
    if x.unsized or dims is not None and None in dims:
        sizes = b.Shape(item, start=start)
    x = dense(b, x, dims, sizes)
    if not x.unsized or x.tensor is None:
        return x
    return x.with_(tensor=_grown(b, x.tensor, b.Sub(sizes, b.Shape(x.tensor, start=1))), length=x.length)


def fitted_pair(b: Builder, x: ListValue, y: ListValue) -> tuple[ListValue, ListValue]:
    """Two dense lists, each with the element shape of the other where it has none so far."""
    if not (x.unsized or y.unsized) or x.tensor is None or y.tensor is None:
        return x, y
    difference = b.Sub(b.Shape(y.tensor, start=1), b.Shape(x.tensor, start=1))
    first = x.with_(tensor=_grown(b, x.tensor, b.Max(difference, 0)), length=x.length)
    return first, y.with_(tensor=_grown(b, y.tensor, b.Max(b.Neg(difference), 0)), length=y.length)


def with_rows(b: Builder, tensor: Value, before: Value, after: Value) -> Value:
    """`tensor` with rows of zeros around: `before` and `after` are how many, int64 of shape [1]."""
    zero = b.const(np.zeros((), tensor.dtype.as_numpy_dtype), tensor.dtype)
    if tensor.dtype is dtypes.string:  # ONNX Runtime pads no strings
        rest = b.Shape(tensor, start=1)
        head, tail = (b.Expand(zero, b.Concat(count, rest, axis=0)) for count in (before, after))
        return b.Concat(head, tensor, tail, axis=0)  # type: ignore[no-any-return]
    others = b.const([0] * (tensor.rank - 1))
    return b.Pad(tensor, b.Concat(before, others, after, others, axis=0), zero)  # type: ignore[no-any-return]


def _grown(b: Builder, tensor: Value, missing: Value) -> Value:
    """`tensor` with zeros behind in every dimension but the first: `missing` of them."""
    pads = b.Concat(b.const([0] * (tensor.rank + 1)), missing, axis=0)
    zero = b.const(np.zeros((), tensor.dtype.as_numpy_dtype), tensor.dtype)
    made: Value = b.Pad(tensor, pads, zero)
    made.shape = tensor.shape
    return made
