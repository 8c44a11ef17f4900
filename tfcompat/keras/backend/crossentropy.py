"""`tf.keras.backend`: cross entropies of probabilities or logits.

Probabilities that an operation Softmax or Sigmoid made are computed with its input, which is exact where they are
close to 0 or 1.
"""

from __future__ import annotations

from typing import Any

from tfcompat.graph.constant import constant
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.export import tf_export
from tfcompat.graph.tensor import Tensor
from tfcompat.keras.config import epsilon
from tfcompat.ops import array, binary, cast, clip, cross_entropy, filling, math
from tfcompat.ops.binary import not_equal
from tfcompat.ops.masks import where_v2
from tfcompat.ops.reduction import reduce_sum
from tfcompat.ops.softmax import softmax


def _as_logits(output: Any, from_logits: bool, op_type: str) -> tuple[Any, bool]:
    """The input of the operation that made `output`, if that is an `op_type`; and whether these are logits."""
    output = convert_to_tensor(output)
    if output.op.type == op_type and not from_logits:
        return output.op.inputs[0], True
    return output, from_logits


def _inside(output: Any) -> Any:
    """`output` cut off where its logarithm would be infinite."""
    small: Any = constant(epsilon(), dtype=output.dtype.base_dtype)
    return clip.clip_by_value(output, small, 1.0 - small)


@tf_export("keras.backend.categorical_crossentropy")
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """-sum(target * log(output)) along `axis`, of probabilities that are made to sum to 1.

    Args:
        target: probabilities of the classes.
        output: predicted ones, of the same shape.
        from_logits: whether `output` is made probabilities by a softmax.
        axis: dimension of the classes.

    Raises:
        ValueError: shapes that do not fit.
    """
    target, output = convert_to_tensor(target), convert_to_tensor(output)
    target.shape.assert_is_compatible_with(output.shape)
    output, from_logits = _as_logits(output, from_logits, "Softmax")
    if from_logits:
        return cross_entropy.softmax_cross_entropy_with_logits_v2(labels=target, logits=output, axis=axis)
    output = output / reduce_sum(output, axis, keepdims=True)
    return -reduce_sum(target * math.log(_inside(output)), axis)  # type: ignore[no-any-return]


@tf_export("keras.backend.sparse_categorical_crossentropy")
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Tensor:
    """-log of the probability in `output` of the class that `target` names.

    Args:
        target: numbers of classes, of the shape of `output` without `axis`; a last dimension of size 1 more is fine.
        output: predicted probabilities of the classes.
        from_logits: whether `output` is made probabilities by a softmax.
        axis: dimension of the classes.
        ignore_class: the class for which the result is 0.

    Raises:
        ValueError: `axis` is outside the rank, or no dimension of an `output` of unknown rank.
    """
    target, output = convert_to_tensor(target), convert_to_tensor(output)
    target = cast.cast(target, "int64")
    output, from_logits = _as_logits(output, from_logits, "Softmax")
    if not from_logits:
        output = math.log(_inside(output))
    rank = output.shape.ndims
    if rank is not None:
        axis %= rank
        if axis != rank - 1:
            output = array.transpose(output, perm=[*(i for i in range(rank) if i != axis), axis])
    elif axis != -1:
        raise ValueError(
            f"Cannot compute sparse categorical crossentropy with `axis={axis}` on an output tensor with unknown rank"
        )
    sizes: Any = array.shape(output)
    target_rank = target.shape.ndims
    reshaped = rank is not None and target_rank is not None and target_rank != rank - 1
    if reshaped:
        target = array.reshape(target, [-1])
        output = array.reshape(output, [-1, sizes[-1]])
    counts = None
    if ignore_class is not None:
        counts = not_equal(target, cast.cast(ignore_class, target.dtype))
        target = where_v2(counts, target, filling.zeros_like(target))
    made = cross_entropy.sparse_softmax_cross_entropy_with_logits(labels=target, logits=output)
    if counts is not None:
        made = where_v2(counts, made, filling.zeros_like(made))
    return array.reshape(made, sizes[:-1]) if reshaped and rank >= 3 else made  # type: ignore[no-any-return]


@tf_export("keras.backend.binary_crossentropy")
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """-(target * log(output) + (1 - target) * log(1 - output)) of each element.

    Args:
        target: probabilities.
        output: predicted ones, of the same shape.
        from_logits: whether `output` is made probabilities by a sigmoid.
    """
    target, output = convert_to_tensor(target), convert_to_tensor(output)
    output, from_logits = _as_logits(output, from_logits, "Sigmoid")
    if from_logits:
        return cross_entropy.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    inside = _inside(output)
    made = target * math.log(inside + epsilon())
    made += (1 - target) * math.log(1 - inside + epsilon())
    return -made  # type: ignore[no-any-return]


@tf_export("keras.backend.binary_focal_crossentropy")
def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor:
    """`binary_crossentropy` times (1 - p) ** gamma, p being the probability that `output` gives to the target.

    Args:
        target: probabilities.
        output: predicted ones, of the same shape.
        apply_class_balancing: whether the losses of targets 1 are multiplied with `alpha` and others with 1 - alpha.
        alpha: the weight of targets 1.
        gamma: how much less samples count that are predicted well.
        from_logits: whether `output` is made probabilities by a sigmoid.
    """
    target, output = convert_to_tensor(target), convert_to_tensor(output)
    predicted: Any = math.sigmoid(output) if from_logits else output
    right = target * predicted + (1 - target) * (1 - predicted)
    losses: Any = binary.pow(1.0 - right, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1 - target) * (1 - alpha)) * losses if apply_class_balancing else losses  # type: ignore[no-any-return]


@tf_export("keras.backend.categorical_focal_crossentropy")
def categorical_focal_crossentropy(
    target: Any, output: Any, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-sum(alpha * (1 - output) ** gamma * target * log(output)) along `axis`.

    Args:
        target: probabilities of the classes.
        output: predicted ones, of the same shape; they are made to sum to 1.
        alpha: the weight of all classes, or one for each.
        gamma: how much less classes count that are predicted well.
        from_logits: whether `output` is made probabilities by a softmax.
        axis: dimension of the classes.

    Raises:
        ValueError: shapes that do not fit.
    """
    target, output = convert_to_tensor(target), convert_to_tensor(output)
    target.shape.assert_is_compatible_with(output.shape)
    output, from_logits = _as_logits(output, from_logits, "Softmax")
    predicted: Any = softmax(output, axis=axis) if from_logits else output
    predicted = _inside(predicted / reduce_sum(predicted, axis, keepdims=True))
    losses = -target * math.log(predicted)
    return reduce_sum(binary.pow(1.0 - predicted, gamma) * alpha * losses, axis)
