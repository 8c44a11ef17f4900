"""The loss of connectionist temporal classification for dense labels, by sums over the states of an automaton.

An example with the labels l[1..n] has the states "label i" and "blank i", i = 0..n; "label 0" is the start, which emits
nothing. Label i follows label i, blank i - 1, and label i - 1 unless both are the same class; blank i follows blank i
and label i. Ending elsewhere than at n costs 706.9: labels that do not fit have a large loss, not an infinite one. In
the gradient, beginning elsewhere than at the start is possible too, at the same cost.
"""

from __future__ import annotations

import math
from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import PUBLIC
from tfcompat.graph.tensor import Tensor
from tfcompat.ops import raw_ops
from tfcompat.ops.array import expand_dims, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.folds import scan
from tfcompat.ops.masks import sequence_mask, where_v2
from tfcompat.ops.matmul import matmul
from tfcompat.ops.packing import stack
from tfcompat.ops.reduction import reduce_logsumexp, reduce_sum
from tfcompat.ops.reversal import reverse
from tfcompat.ops.sequences import range as range_
from tfcompat.ops.softmax import log_softmax

_RARE = math.log(1e-307)
"""Log probability of a wrong state at an end."""


def ctc_loss_dense(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int = 0,
    name: str | None = None,
) -> Tensor:
    """-log of the probability of dense labels; see `ctc_loss_v2` for the arguments.

    Returns:
        The losses, [batch], differentiable once by `logits`.
    """
    with name_scope(name, "ctc_loss_dense", [logits, labels, label_length, logit_length]):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        label_length = convert_to_tensor(label_length, name="label_length")
        logit_length = convert_to_tensor(logit_length, name="logit_length")
        original = logits.dtype.base_dtype
        if original in (dtypes.float16, dtypes.bfloat16):
            logits = cast(logits, dtypes.float32)
        if not logits_time_major:
            logits = transpose(logits, perm=[1, 0, 2])
        index: Any = blank_index
        if blank_index < 0:
            index = blank_index + shape(logits)[2]

        def loss_and_gradient(x: Tensor) -> Any:
            loss, gradient = _summed(x, labels, label_length, logit_length, index)
            return loss, lambda grad: expand_dims(grad, -1) * gradient

        loss = PUBLIC["custom_gradient"](loss_and_gradient)(logits)
        return cast(loss, original) if original in (dtypes.float16, dtypes.bfloat16) else loss


def _summed(logits: Tensor, labels: Tensor, label_length: Tensor, logit_length: Tensor, blank: Any) -> tuple[Any, Any]:
    """The losses and their gradient by the logits, [time, batch, classes]."""
    dtype = logits.dtype
    logs = log_softmax(logits)
    steps, classes = shape(logits)[0], shape(logits)[2]
    hot: Any = _one_hot(labels, classes, dtype)
    columns = matmul(transpose(logs, [1, 0, 2]), hot, transpose_b=True)
    of_labels = transpose(columns, [1, 0, 2])
    of_blank = raw_ops.GatherV2(params=logs, indices=blank, axis=2)
    start = raw_ops.Fill(dims=shape(of_labels)[:2], value=_number(-math.inf, dtype))
    of_labels = concat([expand_dims(start, -1), of_labels], axis=2)
    emitted = stack([of_labels, expand_dims(of_blank, -1) + raw_ops.ZerosLike(x=of_labels)], axis=2)  # type: ignore[operator]

    follows = raw_ops.NotEqual(x=labels[:, 1:], y=labels[:, :-1])
    always = raw_ops.Fill(dims=shape(labels)[:1], value=True)
    after_label = concat([expand_dims(always, 1), follows], axis=1)
    counts: Any = transpose(sequence_mask(logit_length, steps))
    places = range_(shape(of_labels)[2])
    begin = where_v2(raw_ops.Equal(x=places, y=0), _number(0, dtype), _number(_RARE, dtype))
    begin = stack([begin, raw_ops.Fill(dims=shape(begin), value=_number(_RARE, dtype))], axis=0)
    begin = expand_dims(begin, 0) + raw_ops.ZerosLike(x=emitted[0])  # type: ignore[index,operator]
    at_end = raw_ops.Equal(x=expand_dims(cast(label_length, places.dtype), 1), y=places)
    end = expand_dims(where_v2(at_end, _number(0, dtype), _number(_RARE, dtype)), 1) + raw_ops.ZerosLike(x=begin)  # type: ignore[operator]

    def forward(before: Tensor, now: tuple[Any, Any]) -> Tensor:
        log, counted = now
        return where_v2(counted[:, None, None], _stepped(before, after_label, dtype) + log, before)

    def backward(after: Tensor, now: tuple[Any, Any]) -> Tensor:
        log, counted = now
        return where_v2(counted[:, None, None], _stepped_back(after + log, after_label, dtype), after)  # type: ignore[operator]

    reached = scan(forward, (emitted, counts), initializer=begin)
    left = scan(backward, (reverse(emitted, [0]), reverse(counts, [0])), initializer=end)
    left = concat([expand_dims(end, 0), left], axis=0)
    loss = -left[-1][:, 0, 0]
    left = reverse(left[:-1], [0])
    both = reached + left
    total = reduce_logsumexp(both, axis=[2, 3])
    occupied = raw_ops.Exp(x=both - total[:, :, None, None])
    by_label = transpose(matmul(transpose(occupied[:, :, 0, 1:], [1, 0, 2]), hot), [1, 0, 2])
    of_blanks: Any = expand_dims(reduce_sum(occupied[:, :, 1], axis=2), -1)
    expected = by_label + of_blanks * _one_hot(blank, classes, dtype)
    gradient = where_v2(counts[:, :, None], raw_ops.Exp(x=logs) - expected, raw_ops.ZerosLike(x=logs))
    return loss, gradient


def _one_hot(indices: Any, depth: Any, dtype: Any) -> Tensor:
    one, zero = _number(1, dtype), _number(0, dtype)
    return raw_ops.OneHot(indices=indices, depth=depth, on_value=one, off_value=zero, axis=-1)  # type: ignore[no-any-return]


def _number(value: float, dtype: Any) -> Tensor:
    return PUBLIC["constant"](value, dtype=dtype)  # type: ignore[no-any-return]


def _shifted(x: Tensor, by: int, dtype: Any) -> Tensor:
    """The last axis moved by one place, with log 0 moving in."""
    edge = raw_ops.Fill(dims=shape(x[..., :1]), value=_number(-math.inf, dtype))
    return concat([edge, x[..., :-1]], axis=-1) if by > 0 else concat([x[..., 1:], edge], axis=-1)


def _unless_same(x: Tensor, after_label: Tensor, dtype: Any) -> Tensor:
    """Steps from a label to the next, [..., i] from i to i + 1, where these are different classes."""
    edge = raw_ops.Fill(dims=shape(x[..., :1]), value=_number(-math.inf, dtype))
    allowed = where_v2(after_label, x[..., :-1], raw_ops.Fill(dims=shape(x[..., :-1]), value=_number(-math.inf, dtype)))
    return concat([allowed, edge], axis=-1)


def _stepped(before: Any, after_label: Tensor, dtype: Any) -> Tensor:
    label, blank = before[:, 0], before[:, 1]
    moved = _shifted(_unless_same(label, after_label, dtype), 1, dtype)
    to_label = reduce_logsumexp(stack([label, moved, _shifted(blank, 1, dtype)], axis=0), axis=0)
    to_blank = reduce_logsumexp(stack([blank, label], axis=0), axis=0)
    return stack([to_label, to_blank], axis=1)


def _stepped_back(after: Any, after_label: Tensor, dtype: Any) -> Tensor:
    label, blank = after[:, 0], after[:, 1]
    moved = _unless_same(_shifted(label, -1, dtype), after_label, dtype)
    from_label = reduce_logsumexp(stack([label, moved, blank], axis=0), axis=0)
    from_blank = reduce_logsumexp(stack([blank, _shifted(label, -1, dtype)], axis=0), axis=0)
    return stack([from_label, from_blank], axis=1)
