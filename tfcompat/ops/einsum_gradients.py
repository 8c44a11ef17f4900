"""Shape and gradient of the Einsum operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, shape_of
from tfcompat.graph.shape_functions import broadcast_shapes, merge_dims
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import UNKNOWN, TensorShape
from tfcompat.ops import raw_ops
from tfcompat.ops.broadcasting import reduced_axes

DOTS = "..."
Dim = int | None


def terms_of(equation: bytes) -> tuple[list[str], str]:
    """The input terms and the output of an equation with an arrow."""
    left, _, output = equation.decode().replace(" ", "").partition("->")
    return left.split(","), output


def _split(term: str, dims: Sequence[Dim]) -> tuple[dict[str, Dim], tuple[Dim, ...]]:
    """The sizes of a term's labels, and those that its ellipsis stands for.

    Raises:
        ValueError: ranks or the sizes of one label differ.
    """
    before, dots, after = term.partition(DOTS)
    named = len(before) + len(after)
    if len(dims) < named or (not dots and len(dims) != named):
        raise ValueError(f"Shape must be {'at least ' if dots else ''}rank {named} but is rank {len(dims)}")
    end = len(dims) - len(after)
    sizes: dict[str, Dim] = {}
    for label, size in [*zip(before, dims, strict=False), *zip(after, dims[end:], strict=True)]:
        sizes[label] = merge_dims(sizes[label], size) if label in sizes else size
    return sizes, tuple(dims[len(before) : end])


@shape_of("Einsum")
def _einsum_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    terms, output = terms_of(c.attr("equation"))
    if len(terms) != len(shapes):
        raise ValueError(f"Expected {len(terms)} inputs for the equation, got {len(shapes)}")
    sizes: dict[str, Dim] = {}
    dots: TensorShape = TensorShape.of(())
    for term, shape in zip(terms, shapes, strict=True):
        if shape.tuple is None:
            if DOTS in term:
                dots = UNKNOWN
            for label in term.replace(DOTS, ""):
                sizes.setdefault(label, None)
            continue
        own, inner = _split(term, shape.tuple)
        for label, size in own.items():
            sizes[label] = merge_dims(sizes[label], size) if label in sizes else size
        if DOTS in term:
            dots = broadcast_shapes(dots, TensorShape.of(inner))
    before, ellipsis, after = output.partition(DOTS)
    if ellipsis and dots.tuple is None:
        return [UNKNOWN]
    middle = (dots.tuple or ()) if ellipsis else ()
    return [TensorShape.of((*(sizes[x] for x in before), *middle, *(sizes[x] for x in after)))]


@gradient_of("Einsum")
def _einsum_gradient(op: Operation, grad: Tensor) -> list[Any]:
    terms, output = terms_of(op.attrs["equation"])
    inputs = list(op.inputs)
    if len(inputs) > 2:
        raise LookupError(f"The gradient of an Einsum of {len(inputs)} inputs is not defined.")
    if len(inputs) == 1:
        return [_for_input(inputs[0], terms[0], [grad], [output])]
    others = [_conjugate(x) for x in reversed(inputs)]
    return [
        _for_input(x, term, [grad, other], [output, other_term])
        for x, term, other, other_term in zip(inputs, terms, others, reversed(terms), strict=True)
    ]


def _conjugate(x: Tensor) -> Any:
    return raw_ops.Conj(input=x) if x.dtype.is_complex else x


def _record(tensors: Sequence[Any], terms: Sequence[str], output: str) -> Any:
    return raw_ops.Einsum(inputs=list(tensors), equation=f"{','.join(terms)}->{output}")


def _for_input(x: Tensor, term: str, factors: list[Any], factor_terms: list[str]) -> Any:
    """The gradient for `x`: the product of the factors, spread over labels that they lack and onto diagonals."""
    labels = "".join(dict.fromkeys(term.replace(DOTS, "")))
    available = {c for t in factor_terms for c in t}
    kept = "".join(c for c in labels if c in available)
    has_dots = any(DOTS in t for t in factor_terms)
    if not has_dots and kept == labels:
        return _record(factors, factor_terms, term)
    result = _record(factors, factor_terms, (DOTS if has_dots else "") + kept)
    dots = has_dots and DOTS in term
    if has_dots:
        result = _sum_dots(result, x, term, kept, DOTS in term)
    missing = [labels.index(c) for c in labels if c not in available]
    if missing:
        result = _spread(result, x, term, labels, missing, dots)
    front = DOTS if dots else ""
    return result if front + labels == term else _record([result], [front + labels], term)


def _sum_dots(result: Any, x: Tensor, term: str, kept: str, stays: bool) -> Any:
    """`result`, of shape [ellipsis..., kept...], summed to the ellipsis dimensions of `x` (to none, if it has none)."""
    own = _inner(x, term) if stays else ()
    known = result.shape.tuple
    if own is not None and known is not None:
        axes = reduced_axes(own, known[: len(known) - len(kept)])
        if axes == []:
            return result
        if axes is not None:
            summed = raw_ops.Sum(input=result, reduction_indices=axes)
            return _with_ones(summed, own, kept, axes, len(known) - len(kept)) if stays else summed
    full = raw_ops.Shape(input=result)
    split = len(kept)
    outer = raw_ops.StridedSlice(input=full, begin=[0], end=[-split or 2**31 - 1], strides=[1], begin_mask=1)
    wanted = _inner_sizes(x, term) if stays else raw_ops.StridedSlice(input=full, begin=[0], end=[0], strides=[1])
    axes_x, _ = raw_ops.BroadcastGradientArgs(s0=wanted, s1=outer)
    inner = raw_ops.StridedSlice(input=full, begin=[-split], end=[0], strides=[1], end_mask=1) if split else None
    summed = raw_ops.Sum(input=result, reduction_indices=axes_x)
    form = raw_ops.ConcatV2(values=[wanted, inner], axis=0) if inner is not None else wanted
    return raw_ops.Reshape(tensor=summed, shape=form)


def _inner(x: Tensor, term: str) -> tuple[Dim, ...] | None:
    return None if x.shape.tuple is None else _split(term, x.shape.tuple)[1]


def _inner_sizes(x: Tensor, term: str) -> Any:
    """The sizes that the ellipsis of a term stands for, as a vector."""
    before, _, after = term.partition(DOTS)
    return raw_ops.StridedSlice(input=raw_ops.Shape(input=x), begin=[len(before)], end=[-len(after)], strides=[1],
                                end_mask=0 if after else 1)  # fmt: skip


def _with_ones(summed: Any, own: Sequence[Dim], kept: str, axes: Sequence[int], rank: int) -> Any:
    """Puts back the axes of size 1 that were summed."""
    ones = [i - (rank - len(own)) for i in axes if i >= rank - len(own)]
    for axis in ones:
        summed = raw_ops.ExpandDims(input=summed, dim=axis)
    return summed


def _spread(result: Any, x: Tensor, term: str, labels: str, missing: Sequence[int], dots: bool) -> Any:
    """Repeats `result` along the labels of `x` over which only `x` was summed."""
    for index in reversed(missing):
        result = raw_ops.ExpandDims(input=result, dim=index - len(labels))
    full = raw_ops.Shape(input=x)
    before, _, after = term.partition(DOTS)
    places = {c: i for i, c in reversed(list(enumerate(before)))}
    places |= {c: i - len(after) for i, c in reversed(list(enumerate(after))) if c not in places}
    sizes = [raw_ops.StridedSlice(input=full, begin=[places[c]], end=[places[c] + 1], strides=[1],
                                  end_mask=1 if places[c] == -1 else 0) for c in labels]  # fmt: skip
    if dots:
        sizes.insert(0, _inner_sizes(x, term))
    form = raw_ops.ConcatV2(values=sizes, axis=0) if len(sizes) > 1 else sizes[0]
    return raw_ops.BroadcastTo(input=result, shape=form)
