"""Rows of connectionist temporal classification, and of the distance between sequences."""

import numpy as np

from tests.cases import Case, arr, const, expr, f16, f32, f64
from tests.runner import run_cases

INDICES = arr([[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [2, 0]], "int64")
VALUES = arr([1, 1, 2, 0, 2, 1], "int32")
LENGTHS = arr([5, 4, 1], "int32")
DENSE = const(arr([[1, 1, 2], [3, 2, 0], [0, 0, 0]], "int32"))
LOW = const(arr([[0, 0, 2], [1, 2, 0], [0, 0, 0]], "int32"))
SIZES = const(arr([3, 2, 0], "int32"))
STEPS = const(arr([5, 4, 1], "int32"))
INF = float("inf")


def sparse_loss(tf, logits, values, lengths, **kwargs):
    """The loss of the labels above with other classes."""
    return tf.nn.ctc_loss(tf.SparseTensor(INDICES, values, [3, 3]), logits, lengths, **kwargs)


def sparse_loss_v2(tf, logits, values, lengths, **kwargs):
    """The same with a blank anywhere."""
    return tf.nn.ctc_loss_v2(tf.SparseTensor(INDICES, values, [3, 3]), logits, None, lengths, **kwargs)


def decoded(tf, decoder, *args, **kwargs):
    """The parts of the sparse results of a decoder."""
    results, scores = getattr(tf.nn, decoder)(*args, **kwargs)
    return [(r.indices, r.values, r.dense_shape) for r in results], scores


def distances(tf, values, other, places, **kwargs):
    """Distances of sequences some of which are missing on either side."""
    guess = tf.SparseTensor([[0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 0, 2], [1, 1, 0]], values, [2, 2, 3])
    truth = tf.SparseTensor(places, other, [2, 3, 2])
    return tf.edit_distance(guess, truth, **kwargs)


PLACES = arr([[0, 1, 0], [1, 0, 0], [1, 0, 1]], "int64")
WORDS = (np.array([b"a", b"b", b"c", b"d", b"e"], object), np.array([b"a", b"c", b"d"], object))
LOSS = {"grad2": False}

CASES = [
    Case(sparse_loss, f32(5, 3, 4), VALUES, LENGTHS, **LOSS),
    Case(sparse_loss, f64(5, 3, 4), VALUES, LENGTHS, label="f64", tol=1e-6, **LOSS),
    Case(sparse_loss, f16(5, 3, 4), VALUES, LENGTHS, label="f16"),
    Case(sparse_loss, f32(3, 5, 4), VALUES, LENGTHS, time_major=False, **LOSS),
    Case(sparse_loss, f32(5, 3, 4), VALUES, LENGTHS, preprocess_collapse_repeated=True, **LOSS),
    Case(sparse_loss, f32(5, 3, 4), VALUES, LENGTHS, ctc_merge_repeated=False, **LOSS),
    Case(sparse_loss, f32(5, 3, 4), VALUES, arr([2, 0, 1], "int32"), ignore_longer_outputs_than_inputs=True, **LOSS),
    Case(sparse_loss, f32(5, 3, 4), VALUES, arr([3, 4, 1], "int32"), grad=False),
    Case(sparse_loss, f32(5, 3, 4), VALUES, arr([2, 4, 1], "int32"),
         raises=("InvalidArgumentError", "Not enough time for target transition sequence")),
    Case(sparse_loss, f32(5, 3, 4), VALUES, arr([5, 6, 1], "int32"),
         raises=("InvalidArgumentError", "sequence_length")),
    Case(sparse_loss, f32(5, 3, 4), arr([1, 3, 2, 0, 2, 1], "int32"), LENGTHS,
         raises=("InvalidArgumentError", "Saw a non-null label")),
    Case(sparse_loss, f32(5, 3, 4), arr([1, -1, 2, 0, 2, 1], "int32"), LENGTHS,
         raises=("InvalidArgumentError", "must be nonnegative")),
    Case("nn.ctc_loss", arr([[1, 2]], "int32"), f32(5, 1, 4), arr([5], "int32"), raises=("TypeError", "SparseTensor")),
    Case(sparse_loss_v2, f32(5, 3, 4), arr([1, 1, 2, 3, 2, 1], "int32"), LENGTHS, blank_index=0, **LOSS),
    Case(sparse_loss_v2, f32(3, 5, 4), arr([1, 1, 3, 0, 3, 1], "int32"), LENGTHS, blank_index=-2,
         logits_time_major=False, unknown_batch=False, unknown_rank=False, **LOSS),
    Case(sparse_loss_v2, f32(5, 3, 4), VALUES, LENGTHS, blank_index=3, **LOSS),
    Case(sparse_loss_v2, f32(5, 3, 4), VALUES, LENGTHS, raises=("ValueError", "`blank_index` must be provided")),
    # dense labels: an empty row, labels that do not fit, blanks elsewhere
    *[Case("nn.ctc_loss_v2", DENSE, f32(5, 3, 4), SIZES, STEPS, graph=False, unknown_rank=False, tol=1e-4, **kw, **LOSS)
      for kw in ({}, {"name": "loss"})],
    *[Case("nn.ctc_loss_v2", LOW, f32(5, 3, 5), SIZES, STEPS, graph=False, unknown_rank=False, tol=1e-4,
           blank_index=index, **LOSS) for index in (3, -1)],
    Case("nn.ctc_loss_v2", DENSE, f32(3, 5, 4), SIZES, STEPS, logits_time_major=False, graph=False, unknown_rank=False,
         tol=1e-4, **LOSS),
    Case("nn.ctc_loss_v2", DENSE, f32(5, 3, 4), SIZES, const(arr([3, 0, 2], "int32")), graph=False, unknown_rank=False,
         tol=1e-4, **LOSS),
    expr("tf.nn.ctc_loss_v2(y, x, [2, 2], [4, 3], unique=tf.nn.ctc_unique_labels(y))", x=f32(5, 2, 3),
         y=arr([[1, 2], [2, 2]], "int32"), graph=False, unknown_batch=False, unknown_rank=False, tol=1e-4, **LOSS),
    # decoders
    *[Case(decoded, "ctc_greedy_decoder", f32(6, 3, 4), arr([6, 4, 0], "int32"), **kw)
      for kw in ({}, {"merge_repeated": False}, {"blank_index": 1}, {"blank_index": -2})],
    Case(decoded, "ctc_greedy_decoder", f64(4, 2, 3), arr([4, 4], "int32"), label="f64"),
    Case(decoded, "ctc_greedy_decoder", arr([[[1.0, 1.0, 0.5]], [[-INF, 2.0, 2.0]]]), arr([2], "int32")),
    Case(decoded, "ctc_greedy_decoder", f32(2, 2, 3), arr([3, 1], "int32"),
         raises=("FailedPreconditionError", "sequence_length")),
    *[Case(decoded, "ctc_beam_search_decoder", 3 * f32(8, 3, 5), arr([8, 6, 3], "int32"), **kw)
      for kw in ({}, {"beam_width": 4, "top_paths": 3}, {"beam_width": 6, "top_paths": 2, "merge_repeated": False})],
    Case(decoded, "ctc_beam_search_decoder_v2", f64(6, 2, 4), arr([6, 5], "int32"), top_paths=2, tol=1e-6),
    Case(decoded, "ctc_beam_search_decoder", f32(2, 2, 3), arr([2, 2], "int32"), beam_width=1, top_paths=2,
         raises="InvalidArgumentError"),
    # labels
    Case("nn.collapse_repeated", arr([[1, 1, 2, 2, 1], [3, 3, 3, 0, 0]], "int32"), arr([4, 3], "int32")),
    Case("nn.collapse_repeated", arr([[1, 1], [2, 3]], "int64"), arr([2, 1], "int64"), name="collapsed"),
    Case("nn.ctc_unique_labels", arr([[3, 1, 3], [2, 2, 2]], "int32"), graph=False, unknown_rank=False, static=False),
    # distances
    Case(distances, *WORDS, PLACES),
    Case(distances, *WORDS, PLACES, normalize=False, name="distance"),
    Case(distances, arr([1, 2, 3, 4, 5], "int64"), arr([1, 4, 2], "int64"), PLACES),
    Case(distances, f32(5), f32(3), PLACES, normalize=False),
    expr("tf.edit_distance([1], [2])", x=f32(1), raises="TypeError"),
]  # fmt: skip

test_rows = run_cases("ctc", CASES)
