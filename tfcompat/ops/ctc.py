"""Connectionist temporal classification: losses, decoders, labels; and the distance between sequences."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.convert import convert_to_tensor
from tfcompat.graph.default import name_scope
from tfcompat.graph.export import tf_export
from tfcompat.graph.inference import InferenceContext
from tfcompat.graph.operation import Operation
from tfcompat.graph.registry import gradient_of, not_differentiable, shape_of
from tfcompat.graph.shape_functions import merge_dims
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.graph.tensor_shape import TensorShape, unknown_shape
from tfcompat.ops import raw_ops
from tfcompat.ops.arguments import one_of
from tfcompat.ops.array import expand_dims, reshape, shape, transpose
from tfcompat.ops.cast import cast
from tfcompat.ops.concat import concat
from tfcompat.ops.ctc_dense import ctc_loss_dense
from tfcompat.ops.filling import ones_like
from tfcompat.ops.map_fn import map_fn
from tfcompat.ops.masks import boolean_mask, sequence_mask, where
from tfcompat.ops.reduction import reduce_max, reduce_sum
from tfcompat.ops.sequences import range as range_
from tfcompat.ops.shape_checks import exact_rank
from tfcompat.ops.tiling import pad

not_differentiable("CTCGreedyDecoder", "CTCBeamSearchDecoder", "EditDistance")


@tf_export("nn.ctc_loss")
def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """-log of the probability of labels, summed over all their alignments with the inputs.

    Args:
        labels: int32 SparseTensor [batch, longest labels]; the last class is the blank and must not occur.
        inputs: logits [time, batch, classes], float32 or float64 (float16 and bfloat16 are computed in float32).
        sequence_length: int32 [batch], the times that count.
        preprocess_collapse_repeated: whether repeated labels are made one first.
        ctc_merge_repeated: whether repeated classes are one label unless a blank is between them.
        ignore_longer_outputs_than_inputs: whether an example whose labels do not fit gets 0 instead of an error.
        time_major: whether the inputs are [time, batch, classes], else [batch, time, classes].
        logits: alias of `inputs`.

    Returns:
        The losses, [batch].

    Raises:
        TypeError: `labels` is not a SparseTensor.
        InvalidArgumentError: in the run, when labels are out of range, missing, or do not fit.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError(
            f"Expected argument `labels` to be a SparseTensor. Received labels={labels} of type: "
            f"{type(labels).__name__}"
        )
    inputs = convert_to_tensor(one_of("logits", logits, "inputs", inputs), name="logits")
    original = inputs.dtype.base_dtype
    if original in (dtypes.float16, dtypes.bfloat16):
        inputs = cast(inputs, dtypes.float32)
    if not time_major:
        inputs = transpose(inputs, [1, 0, 2])
    loss, _ = raw_ops.CTCLoss(
        inputs=inputs,
        labels_indices=labels.indices,
        labels_values=labels.values,
        sequence_length=sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )
    return cast(loss, original) if original in (dtypes.float16, dtypes.bfloat16) else loss  # type: ignore[no-any-return]


@tf_export("nn.ctc_loss_v2")
def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Tensor:
    """-log of the probability of labels, summed over all their alignments with the logits.

    Args:
        labels: integers [batch, longest labels], or an int32 SparseTensor of that shape.
        logits: [time, batch, classes], a float type.
        label_length: integers [batch]; not used with a SparseTensor.
        logit_length: int32 [batch], the times that count.
        logits_time_major: whether the logits are [time, batch, classes], else [batch, time, classes].
        unique: what `ctc_unique_labels(labels)` gives; speeds nothing up here.
        blank_index: the class of the blank, negative ones from the end; 0 by default; needed with a SparseTensor.
        name: name of the scope.

    Returns:
        The losses, [batch].

    Raises:
        ValueError: `blank_index` is missing with a SparseTensor.
    """
    if not isinstance(labels, SparseTensor):
        index = 0 if blank_index is None else blank_index
        return ctc_loss_dense(labels, logits, label_length, logit_length, logits_time_major, unique, index, name)
    if blank_index is None:
        raise ValueError("Argument `blank_index` must be provided when labels is a SparseTensor.")
    logits = convert_to_tensor(logits, name="logits")
    classes = logits.shape.as_list()[2] if logits.shape.rank is not None else None
    count: Any = shape(logits)[2] if classes is None else classes
    if blank_index < 0:
        blank_index += count
    if not isinstance(blank_index, int) or blank_index != count - 1:
        parts = [
            logits[:, :, :blank_index],
            logits[:, :, blank_index + 1 :],
            logits[:, :, blank_index : blank_index + 1],
        ]
        logits = concat(parts, axis=2)
        values = labels.values
        labels = SparseTensor(labels.indices, where(values < blank_index, values, values - 1), labels.dense_shape)
    return ctc_loss(labels, inputs=logits, sequence_length=logit_length, time_major=logits_time_major)


@gradient_of("CTCLoss", "CTCLossV2")
def _loss_gradient(op: Operation, grad_loss: Tensor, _: Any) -> list[Any]:
    once = raw_ops.PreventGradient(
        input=op.outputs[1],
        message="Currently there is no way to take the second derivative of ctc_loss due to the fused implementation's "
        "interaction with tf.gradients()",
    )
    return [expand_dims(grad_loss, -1) * once, None, None, None]  # type: ignore[operator]


@tf_export("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True, blank_index: int | None = None
) -> tuple[list[SparseTensor], Tensor]:
    """The labels of the best class at each time, without blanks.

    Args:
        inputs: logits [time, batch, classes], float32 or float64.
        sequence_length: int32 [batch], the times that count.
        merge_repeated: whether a class that is the best at several times in succession counts once.
        blank_index: the class of the blank, negative ones from the end; the last by default.

    Returns:
        ([decoded], score): an int64 SparseTensor [batch, longest], and [batch, 1], minus the sum of the largest logits.
    """
    index = -1 if blank_index is None else blank_index
    indices, values, dense_shape, score = raw_ops.CTCGreedyDecoder(
        inputs=inputs, sequence_length=sequence_length, merge_repeated=merge_repeated, blank_index=index
    )
    return [SparseTensor(indices, values, dense_shape)], score


@tf_export("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Tensor]:
    """The most probable labels, by a search that keeps the best prefixes at each time; the last class is the blank.

    Args:
        inputs: logits [time, batch, classes], float32 or float64.
        sequence_length: int32 [batch], the times that count.
        beam_width: how many prefixes are kept.
        top_paths: how many results there are, at most `beam_width`.
        merge_repeated: whether equal neighbours in a result are made one.

    Returns:
        (decoded, scores): `top_paths` int64 SparseTensors [batch, longest], and log probabilities [batch, top_paths].
    """
    indices, values, shapes, scores = raw_ops.CTCBeamSearchDecoder(
        inputs=inputs,
        sequence_length=sequence_length,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=merge_repeated,
    )
    return [SparseTensor(i, v, s) for i, v, s in zip(indices, values, shapes, strict=True)], scores


@tf_export("nn.ctc_beam_search_decoder_v2")
def ctc_beam_search_decoder_v2(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Tensor]:
    """`ctc_beam_search_decoder` without the merging of equal neighbours."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, merge_repeated=False)


def _dim(x: Tensor, axis: int) -> Any:
    known = x.shape.as_list()[axis] if x.shape.rank is not None else None
    return shape(x)[axis] if known is None else known


@tf_export("nn.collapse_repeated")
def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Makes equal neighbours one.

    Args:
        labels: [batch, length].
        seq_length: integers [batch], how many labels count.
        name: name of the scope.

    Returns:
        (collapsed, lengths): [batch, longest result], filled up with 0, and the new lengths, of the type of
        `seq_length`.
    """
    with name_scope(name, "collapse_repeated_labels", [labels, seq_length]):
        labels = convert_to_tensor(labels, name="labels")
        seq_length = convert_to_tensor(seq_length, name="seq_length")
        first = ones_like(labels[:, :1], dtype=dtypes.bool)
        kept = concat([first, raw_ops.NotEqual(x=labels[:, 1:], y=labels[:, :-1])], axis=1)
        counted = sequence_mask(seq_length, maxlen=_dim(labels, 1))
        kept = raw_ops.LogicalAnd(x=kept, y=counted)
        lengths = reduce_sum(cast(kept, dtypes.int32), axis=1)
        longest = reduce_max(lengths)
        places = sequence_mask(lengths, maxlen=longest)
        flat_labels, flat_kept, flat_places = (reshape(x, [-1]) for x in (labels, kept, places))
        numbers = range_(shape(flat_places)[0])
        flat = raw_ops.ScatterNd(
            indices=expand_dims(boolean_mask(numbers, flat_places), axis=1),
            updates=boolean_mask(flat_labels, flat_kept),
            shape=shape(flat_places),
        )
        return reshape(flat, [_dim(labels, 0), longest]), cast(lengths, seq_length.dtype)


@tf_export("nn.ctc_unique_labels")
def ctc_unique_labels(labels: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The different labels of each example, for `ctc_loss_v2`.

    Args:
        labels: [batch, length], integers.
        name: name of the scope.

    Returns:
        (labels, places): int64 [batch, length], the different labels, filled up with 0, and int32 [batch, length],
        which of them stands at each place.
    """
    with name_scope(name, "ctc_unique_labels", [labels]):
        labels = convert_to_tensor(labels, name="labels")

        def unique(row: Tensor) -> list[Tensor]:
            found = raw_ops.Unique(x=row)
            padded = pad(found.y, [[0, _dim(found.idx, 0) - _dim(found.y, 0)]])
            return [cast(padded, dtypes.int64), found.idx]

        return map_fn(unique, labels, dtype=[dtypes.int64, dtypes.int32])  # type: ignore[no-any-return]


@tf_export("edit_distance")
def edit_distance(hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance") -> Tensor:
    """How many elements must be put in, left out or replaced to make sequences equal (Levenshtein's distance).

    Args:
        hypothesis: SparseTensor of any type; its last dimension holds the sequences.
        truth: SparseTensor of the same type and rank.
        normalize: whether distances are divided by the length of the truth; infinity for an empty truth.
        name: name of the operation.

    Returns:
        float32; the larger of both shapes without the last dimension.

    Raises:
        TypeError: an argument is not a SparseTensor.
    """
    if not isinstance(hypothesis, SparseTensor) and not hasattr(hypothesis, "dense_shape"):
        raise TypeError("Hypothesis must be a SparseTensor.")
    if not isinstance(truth, SparseTensor) and not hasattr(truth, "dense_shape"):
        raise TypeError("Truth must be a SparseTensor.")
    return raw_ops.EditDistance(  # type: ignore[no-any-return]
        hypothesis_indices=hypothesis.indices,
        hypothesis_values=hypothesis.values,
        hypothesis_shape=hypothesis.dense_shape,
        truth_indices=truth.indices,
        truth_values=truth.values,
        truth_shape=truth.dense_shape,
        normalize=normalize,
        name=name,
    )


# ---------------------------------------------------------------- shapes


@shape_of("CTCLoss", "CTCLossV2")
def _loss_shape(
    c: InferenceContext, inputs: TensorShape, indices: TensorShape, values: TensorShape, lengths: TensorShape
) -> list[TensorShape]:
    steps, batch, classes = exact_rank(inputs, 3).as_list()
    rows = exact_rank(indices, 2).as_list()[0]
    merge_dims(rows, exact_rank(values, 1).as_list()[0])
    batch = merge_dims(batch, exact_rank(lengths, 1).as_list()[0])
    return [TensorShape.of((batch,)), TensorShape.of((steps, batch, classes))]


@shape_of("CTCGreedyDecoder")
def _greedy_shape(c: InferenceContext, inputs: TensorShape, lengths: TensorShape) -> list[TensorShape]:
    batch = merge_dims(exact_rank(inputs, 3).as_list()[1], exact_rank(lengths, 1).as_list()[0])
    return [*map(TensorShape.of, ((None, 2), (None,), (2,), (batch, 1)))]


@shape_of("CTCBeamSearchDecoder")
def _beam_search_shape(c: InferenceContext, inputs: TensorShape, lengths: TensorShape) -> list[TensorShape]:
    batch = merge_dims(exact_rank(inputs, 3).as_list()[1], exact_rank(lengths, 1).as_list()[0])
    paths = c.attr("top_paths")
    parts: list[tuple[int | None, ...]] = [(None, 2)] * paths + [(None,)] * paths + [(2,)] * paths + [(batch, paths)]
    return [TensorShape.of(dims) for dims in parts]


@shape_of("EditDistance")
def _edit_distance_shape(c: InferenceContext, *shapes: TensorShape) -> list[TensorShape]:
    known = c.value(2), c.value(5)
    if known[0] is None or known[1] is None:
        return [unknown_shape()]
    if known[0].size != known[1].size:
        raise ValueError(
            f"Num elements of hypothesis_shape does not match truth_shape: {known[0].size} vs {known[1].size}"
        )
    return [TensorShape.of(tuple(max(int(a), int(b)) for a, b in zip(known[0][:-1], known[1][:-1], strict=True)))]
