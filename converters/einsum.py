"""Einsum: transposes and one matrix product; ONNX's own Einsum takes diagonals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converters.builder import Builder, Value
from converters.conv import working_type
from converters.registry import NotConvertible, converts
from converters.sums import float_sum
from tfcompat.graph import dtypes
from tfcompat.graph.einsum_operands import check_operands
from tfcompat.graph.operation import Operation

Dim = int | None


class _Operand:
    """A value whose dimensions have labels."""

    def __init__(self, b: Builder, value: Value, labels: str, dims: Sequence[Dim]):
        self.b = b
        self.value = value
        self.labels = labels
        self.dims = list(dims)

    def size(self, label: str) -> Dim:
        return self.dims[self.labels.index(label)]

    def ordered(self, labels: str) -> _Operand:
        """The dimensions in another order."""
        if labels == self.labels:
            return self
        order = [self.labels.index(c) for c in labels]
        return _Operand(self.b, self.b.Transpose(self.value, perm=order), labels, [self.dims[i] for i in order])

    def summed(self, labels: str) -> _Operand:
        """Summed over the dimensions of `labels`."""
        axes = [self.labels.index(c) for c in labels]
        if not axes:
            return self
        b = self.b
        if self.value.dtype.is_floating:
            self.value.shape = tuple(self.dims)
            total = float_sum(b, self.value, sorted(axes), False)
        else:
            total = b.ReduceSum(self.value, b.const(np.array(axes)), keepdims=0)
        kept = [i for i in range(len(self.labels)) if i not in axes]
        return _Operand(b, total, "".join(self.labels[i] for i in kept), [self.dims[i] for i in kept])

    def merged(self, groups: Sequence[str]) -> Value:
        """One dimension for every group of labels (in order), of size 1 for an empty one."""
        if all(len(g) == 1 for g in groups):
            return self.value
        return self.b.Reshape(self.value, self.form(groups), allowzero=1)

    def form(self, groups: Sequence[str]) -> Value:
        """The sizes of merged groups as a vector."""
        b = self.b
        sizes = [self._group_size(g) for g in groups]
        if None not in sizes:
            return b.const(np.array(sizes, np.int64))
        full = b.Shape(self.value)
        parts = []
        for group, size in zip(groups, sizes, strict=True):
            if size is not None:
                parts.append(b.const([size]))
            else:
                own = b.Gather(full, b.const([self.labels.index(c) for c in group]), axis=0)
                parts.append(b.ReduceProd(own, keepdims=1))
        return b.Concat(*parts, axis=0)

    def _group_size(self, group: str) -> Dim:
        total = 1
        for label in group:
            size = self.size(label)
            if size is None:
                return None
            total *= size
        return total


@converts("Einsum")
def _einsum(b: Builder, op: Operation, *inputs: Value) -> Value:
    left, _, output = op.attrs["equation"].decode().partition("->")
    terms = left.split(",")
    check_operands(op, [x.shape for x in inputs])
    if len(inputs) > 2:
        raise NotConvertible("an Einsum of more than two inputs")
    final = inputs[0].dtype
    dtype = dtypes.int64 if final.is_integer and final.name not in ("int32", "int64") else working_type(final)
    terms, output, operands = _without_dots(b, terms, output, [b.cast(x, dtype) for x in inputs], inputs)
    operands = [_diagonal(x) for x in operands]
    distinct = "".join(dict.fromkeys(output))
    if len(operands) == 1:
        result = operands[0].summed("".join(c for c in operands[0].labels if c not in output))
    else:
        result = _product(b, operands[0], operands[1], distinct)
    return b.cast(_spread(b, result.ordered(distinct), output), final)


def _without_dots(
    b: Builder, terms: Sequence[str], output: str, values: Sequence[Value], inputs: Sequence[Value]
) -> tuple[list[str], str, list[_Operand]]:
    """Replaces the ellipsis by labels of their own; a dimension of 1 that is broadcast loses its label."""
    counts = [x.rank - len(t.replace("...", "")) if "..." in t else 0 for t, x in zip(terms, inputs, strict=True)]
    used = set("".join(terms) + output)
    free = [
        c for c in map(chr, [*range(97, 123), *range(65, 91), *range(0xC0, 0x250)]) if c not in used and c.isalpha()
    ]
    names = "".join(free[: max(counts, default=0)])
    operands = []
    largest: dict[str, Dim] = {}
    expanded = []
    for term, value, source, count in zip(terms, values, inputs, counts, strict=True):
        labels = term.replace("...", names[len(names) - count :] if count else "")
        dims: list[Dim] = [None] * len(labels) if source.shape is None else list(source.shape)
        expanded.append((labels, dims, value))
        for label, size in zip(labels, dims, strict=True):
            if label in names:
                largest[label] = size if largest.get(label, 1) == 1 else largest[label]
    for labels, dims, value in expanded:
        gone = [i for i, c in enumerate(labels) if c in names and dims[i] == 1 and largest[c] != 1]
        if any(dims[i] is None for i, c in enumerate(labels) if c in names) and len(terms) > 1:
            sizes = {d for other, ds, _ in expanded for c, d in zip(other, ds, strict=True) if c in names}
            if len(sizes) > 1:
                raise NotConvertible("an ellipsis whose sizes are not known while the model is built")
        if gone:
            value = b.Squeeze(value, b.const(gone))
        kept = [i for i in range(len(labels)) if i not in gone]
        operands.append(_Operand(b, value, "".join(labels[i] for i in kept), [dims[i] for i in kept]))
    return list(terms), output.replace("...", names), operands


def _diagonal(x: _Operand) -> _Operand:
    """Takes the diagonal over labels that occur twice."""
    distinct = "".join(dict.fromkeys(x.labels))
    if distinct == x.labels:
        return x
    letters = {c: chr(97 + i) for i, c in enumerate(distinct)}
    equation = "".join(letters[c] for c in x.labels) + "->" + "".join(letters[c] for c in distinct)
    return _Operand(x.b, x.b.Einsum(x.value, equation=equation), distinct, [x.size(c) for c in distinct])


def _product(b: Builder, x: _Operand, y: _Operand, output: str) -> _Operand:
    x = x.summed("".join(c for c in x.labels if c not in output and c not in y.labels))
    y = y.summed("".join(c for c in y.labels if c not in output and c not in x.labels))
    batch = "".join(c for c in x.labels if c in y.labels and c in output)
    inner = "".join(c for c in x.labels if c in y.labels and c not in output)
    rows = "".join(c for c in x.labels if c not in y.labels)
    columns = "".join(c for c in y.labels if c not in x.labels)
    left, right = x.ordered(batch + rows + inner), y.ordered(batch + inner + columns)
    product = b.MatMul(left.merged([*batch, rows, inner]), right.merged([*batch, inner, columns]))
    labels = batch + rows + columns
    dims = [x.size(c) if c in x.labels else y.size(c) for c in labels]
    if len(rows) != 1 or len(columns) != 1:
        form = b.Concat(left.form([*batch, *rows]), right.form([*columns]), axis=0) if labels else b.const([])
        if None not in dims:
            form = b.const(np.array(dims, np.int64))
        product = b.Reshape(product, form, allowzero=1)
    return _Operand(b, product, labels, dims)


def _spread(b: Builder, x: _Operand, output: str) -> Value:
    """Places `x` on the diagonal of labels that occur several times in `output`."""
    value, labels = x.value, x.labels
    for index, label in enumerate(output):
        if label in output[:index]:
            first = output.index(label)
            value = b.Unsqueeze(value, b.const([index]))
            size = x.size(label)
            if size is None:
                raise NotConvertible("a diagonal of a size that is not known while the model is built")
            form = [1] * (len(labels) + 1)
            form[first], form[index] = size, size
            value = b.Mul(value, b.const(np.eye(size).reshape(form), value.dtype))
            labels = labels[:index] + label + labels[index:]
    return value
