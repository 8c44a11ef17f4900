"""ONNX forms of the op types by which optimizers change variables, made from their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from converters.builder import Builder, Value
from converters.registry import NotConvertible, converts_state
from converters.state import row_vectors, scatter_nd
from tfcompat.graph import dtypes
from tfcompat.graph.operation import Operation
from tfcompat.graph.update_rules import UPDATE_RULES, is_sparse


class _Term:
    """A Value with arithmetic operators, so that formulas read as formulas."""

    __slots__ = ("b", "value")

    def __init__(self, b: Builder, value: Value):
        self.b = b
        self.value = value

    def _other(self, other: Any) -> Value:
        if isinstance(other, _Term):
            return other.value
        return self.b.const(np.asarray(other, self.value.dtype.as_numpy_dtype))

    def __add__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Add(self.value, self._other(other)))

    def __sub__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Sub(self.value, self._other(other)))

    def __rsub__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Sub(self._other(other), self.value))

    def __mul__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Mul(self.value, self._other(other)))

    def __truediv__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Div(self.value, self._other(other)))

    def __neg__(self) -> _Term:
        return _Term(self.b, self.b.Neg(self.value))

    def __radd__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Add(self._other(other), self.value))

    def __rmul__(self, other: Any) -> _Term:
        return _Term(self.b, self.b.Mul(self._other(other), self.value))


class _Functions:
    """The functions that formulas use, on terms."""

    def __init__(self, b: Builder):
        self._b = b

    def _apply(self, op_type: str, *terms: Any) -> _Term:
        first = next(t for t in terms if isinstance(t, _Term))
        return _Term(self._b, self._b.node(op_type, [first._other(t) for t in terms]))

    def sqrt(self, x: _Term) -> _Term:
        return self._apply("Sqrt", x)

    def sign(self, x: _Term) -> _Term:
        return self._apply("Sign", x)

    def abs(self, x: _Term) -> _Term:
        return self._apply("Abs", x)

    def exp(self, x: _Term) -> _Term:
        return self._apply("Exp", x)

    def maximum(self, x: _Term, y: Any) -> _Term:
        return self._apply("Max", x, y)

    def minimum(self, x: _Term, y: Any) -> _Term:
        return self._apply("Min", x, y)

    def power(self, x: _Term, y: _Term) -> _Term:
        return self._apply("Pow", x, y)


def _apply(b: Builder, op: Operation, *inputs: Value) -> dict[int, Value]:
    """The new values of variable and slots, by input position."""
    names = [arg.name for arg in op.definition.inputs]
    if inputs[0].dtype.is_complex:
        raise NotConvertible("ONNX has no complex numbers")
    values = dict(zip(names, inputs, strict=True))
    count = sum(1 for a in op.definition.inputs if a.is_ref or a.type is dtypes.resource)
    vectors = None
    if is_sparse(op.type):
        vectors = _distinct_rows(b, op, values.pop("indices"), inputs[0])
    terms = {}
    for position, (name, value) in enumerate(values.items()):
        rows = b.GatherND(value, vectors) if vectors is not None and position < count else value
        terms[name] = _Term(b, rows)
    if "global_step" in terms:
        terms["global_step"] = _Term(b, b.cast(values["global_step"], inputs[0].dtype))
    made = UPDATE_RULES[op.type](_Functions(b), op.attrs, **terms)
    writes = {names.index(name): term.value for name, term in made.items()}
    if vectors is not None:
        writes = {i: scatter_nd(b, "Update", inputs[i], vectors, rows, True) for i, rows in writes.items()}
    return {i: writes.get(i, inputs[i]) for i in range(count)}


def _distinct_rows(b: Builder, op: Operation, indices: Value, table: Value) -> Value:
    """Index vectors of the rows; NotConvertible unless the graph shows that no row comes twice.

    Rows that repeat are changed one time after the other, which a gather and a scatter do not do.
    """
    tensor = op.inputs[[arg.name for arg in op.definition.inputs].index("indices")]
    distinct = tensor.op.type in ("Unique", "UniqueV2") and tensor.value_index == 0
    if indices.const is not None:
        distinct = len(np.unique(indices.const)) == indices.const.size
    if not distinct and (indices.shape is None or indices.shape[0] not in (0, 1)):
        raise NotConvertible("rows may come twice in `indices`")
    return row_vectors(b, indices, table)


converts_state(*UPDATE_RULES)(_apply)
