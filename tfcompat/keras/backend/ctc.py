"""`tf.keras.backend`: connectionist temporal classification."""

from __future__ import annotations

from typing import Any

from tfcompat.graph import dtypes
from tfcompat.graph.export import tf_export
from tfcompat.graph.sparse_tensor import SparseTensor
from tfcompat.graph.tensor import Tensor
from tfcompat.keras.config import epsilon
from tfcompat.ops import array, cast, math
from tfcompat.ops import ctc as ops
from tfcompat.ops.gather import gather_nd
from tfcompat.ops.masks import sequence_mask, where
from tfcompat.ops.sparse import sparse_tensor_to_dense


@tf_export("keras.backend.ctc_label_dense_to_sparse")
def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> SparseTensor:
    """The labels of each row up to its length, as a SparseTensor.

    Args:
        labels: [batch, largest length].
        label_lengths: int [batch].
    """
    sizes: Any = array.shape(labels)
    indices = where(sequence_mask(label_lengths, sizes[1]))
    return SparseTensor(indices, gather_nd(labels, indices), cast.cast(sizes, dtypes.int64))


@tf_export("keras.backend.ctc_batch_cost")
def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Tensor:
    """The loss of each row, [batch, 1].

    Args:
        y_true: labels, [batch, largest length].
        y_pred: probabilities, [batch, time, classes]; the last class is the blank.
        input_length: how many steps of `y_pred` count, [batch, 1].
        label_length: how many labels count, [batch, 1].
    """
    label_length = cast.cast(array.squeeze(label_length, axis=[-1]), "int32")
    input_length = cast.cast(array.squeeze(input_length, axis=[-1]), "int32")
    labels = ctc_label_dense_to_sparse(y_true, label_length)
    labels = SparseTensor(labels.indices, cast.cast(labels.values, "int32"), labels.dense_shape)
    logits = math.log(array.transpose(y_pred, perm=[1, 0, 2]) + epsilon())
    return array.expand_dims(ops.ctc_loss(inputs=logits, labels=labels, sequence_length=input_length), 1)


@tf_export("keras.backend.ctc_decode")
def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Tensor], Tensor]:
    """The most probable labels of each row.

    Args:
        y_pred: probabilities, [batch, time, classes]; the last class is the blank.
        input_length: how many steps count, [batch].
        greedy: whether to take the best class of each step.
        beam_width: how many beginnings are kept otherwise.
        top_paths: how many results to give then.

    Returns:
        (for each path the labels, [batch, largest length], with -1 behind them; log probabilities, [batch, paths];
        with `greedy` the negative sum of the best logits).
    """
    logits = math.log(array.transpose(y_pred, perm=[1, 0, 2]) + epsilon())
    input_length = cast.cast(input_length, "int32")
    if greedy:
        decoded, scores = ops.ctc_greedy_decoder(inputs=logits, sequence_length=input_length)
    else:
        decoded, scores = ops.ctc_beam_search_decoder_v2(
            inputs=logits, sequence_length=input_length, beam_width=beam_width, top_paths=top_paths
        )
    return [sparse_tensor_to_dense(found, default_value=-1) for found in decoded], scores
