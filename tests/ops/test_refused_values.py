"""Values of the wrong rank or size that are found in a run, or by shapes: refused in the words of TensorFlow 2.15.1."""

import numpy as np
import pytest

import tfcompat.compat.v1 as tf

raw = tf.raw_ops
NUMBERS = np.arange(5, dtype=np.int32)


def i32(*values):
    return np.array(values, np.int32)


def scalar(value):
    return np.int32(value)


def text(value):
    return np.array(value, object)


def ngrams(splits, widths=(2,), pad_width=0):
    return raw.StringNGrams(
        data=["aa", "bb"], data_splits=np.array(splits, np.int64), separator="", ngram_widths=list(widths), left_pad="",
        right_pad="", pad_width=pad_width, preserve_short_sequences=False,
    )  # fmt: skip


def average_grad(rows, columns):
    return raw.FractionalAvgPoolGrad(
        orig_input_tensor_shape=[2, 2, 2, 2], out_backprop=np.ones((1, 2, 3, 2), np.float32), overlapping=True,
        row_pooling_sequence=rows, col_pooling_sequence=columns,
    )  # fmt: skip


def sparse_xent(labels, logits):
    return raw.SparseSoftmaxCrossEntropyWithLogits(features=logits, labels=labels)


def ctc_loss(steps, batch, classes):
    return raw.CTCLoss(
        inputs=np.zeros((steps, batch, classes), np.float32), labels_indices=np.zeros((0, 2), np.int64),
        labels_values=i32(), sequence_length=np.zeros(batch, np.int32),
    )  # fmt: skip


ONES = np.ones
# fmt: off
IN_RUNS = [
    (lambda d: tf.string_split(["a|b"], delimiter=d), [text(["a", "b"])], "delimiter must be a scalar, got shape: [2]"),
    (lambda d: tf.string_split(["a|b"], delimiter=d), [text(["|"])], "delimiter must be a scalar, got shape: [1]"),
    (lambda d: raw.StringSplitV2(input=["a|b"], sep=d), [text(["|"])], "sep must be a scalar, got shape: [1]"),
    (lambda: ngrams([6, 8]), [], "First split value must be 0, got 6"),
    (lambda: ngrams([0, 8]), [], "Invalid split value 8, must be in [0, 2]"),
    (lambda: ngrams([0, 2, 1]), [], "Invalid split value 1, must be in [2, 2]"),
    (lambda: ngrams([0, 1]), [], "Last split value must be data size. Expected 2, got 1"),
    (lambda: ngrams([0, 2], [0]), [], "ngram_widths must contain positive values"),
    (lambda: ngrams([0, 2], [], -5), [], "Pad width should be >= 0"),
    (lambda x: sparse_xent(x, [[7.0]]), [scalar(0)], "labels must be 1-D, but got shape []"),
    (lambda x: sparse_xent(x, [[7.0]]), [i32([0])], "labels must be 1-D"),
    (lambda x, y: sparse_xent(x, y), [i32(0), np.float32([7])], "logits must be 2-D"),
    (lambda x: raw.SoftmaxCrossEntropyWithLogits(features=x, labels=x), [ONES((1, 1, 1), np.float32)],
     "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional"),
    (tf.tile, [i32(7), scalar(2)], "Expected multiples to be 1-D, but got shape []"),
    (tf.slice, [NUMBERS, scalar(2), scalar(3)],
     "Expected begin and size arguments to be 1-D tensors of size 1, but got shapes [] and [] instead."),
    (tf.slice, [NUMBERS, i32(2), scalar(3)], "Expected begin and size arguments to be 1-D tensors of size 1"),
    (tf.unsorted_segment_sum, [scalar(7), scalar(1), i32(4)], "num_segments should be a scalar"),
    (tf.unsorted_segment_sum, [i32(7), i32(1), scalar(-1)], "num_segments"),
    (tf.roll, [i32(1, 2), i32([1]), i32(0)], "shift must be a scalar or a 1-D vector. Found: [1,1]"),
    (tf.roll, [i32(1, 2), i32(1), i32([0])], "axis must be a scalar or a 1-D vector. Found: [1,1]"),
    (tf.roll, [scalar(7), scalar(1), scalar(0)], "input must be 1-D or higher"),
    (lambda a, s: raw.ConcatOffset(concat_dim=a, shape=[s, s]), [scalar(4), i32(2, 3, 5)],
     "Concat dim is out of range: 4 vs. 3"),
    (lambda a, s, t: raw.ConcatOffset(concat_dim=a, shape=[s, t]), [scalar(1), i32(2, 3, 5), i32(2, 7)],
     "input 1 should contain 3 elements, but got 2"),
    (lambda a, s, t: raw.ConcatOffset(concat_dim=a, shape=[s, t]), [scalar(1), i32(2, 3, 5), i32([2, 3, 5])],
     "input 1 should be a vector, but got shape [1,3]"),
    (tf.matrix_diag, [np.float32(1)], "diagonal must be at least 1-dim, received shape: []"),
    (tf.matrix_diag_part, [np.float32([1])], "input must be at least 2-dim"),
    (tf.matrix_set_diag, [np.float32([1]), np.float32(0)], "input must be at least 2-dim"),
    (tf.matrix_set_diag, [np.float32([[1]]), np.float32(0)], "diagonal must be at least 1-dim, received shape: []"),
    (lambda x, a: raw.SplitV(value=x, size_splits=[1, 2], axis=a, num_split=2), [np.float32([1, 2, 3]), i32()],
     "split_dim_tensor must have exactly one element."),
    (lambda n: raw.ShardedFilename(basename="foo", shard=4, num_shards=n), [i32(100)],
     "num_shards must be a scalar, got shape [1]"),
    (lambda n: raw.ShardedFilespec(basename="foo", num_shards=n), [i32(100)], "num_shards must be a scalar"),
    (lambda: tf.io.parse_tensor(tf.io.serialize_tensor(np.uint8(3)), tf.uint16), [],
     "Type mismatch between parsed tensor (uint8) and dtype (uint16)"),
    (lambda: raw.FractionalAvgPool(value=ONES((1, 1, 1, 4)), pooling_ratio=[1.0, 1.44, 1.73, 1.0]), [],
     "Pooling ratio is higher than input dimension size for dimension 1. Input dim size: 1 pooling ratio: 1.44"),
    (lambda: raw.FractionalMaxPool(value=ONES((1, 1, 1, 4)), pooling_ratio=[1.0, 1.44, 1.73, 1.0]), [],
     "Pooling ratio is higher than input dimension size for dimension 1. Input dim size: 1 pooling ratio: 1.44"),
    (lambda: average_grad([-10, 1, 2, 3], [1, 2, 3, 4]), [], "Row sequence tensor values must not be negative"),
    (lambda: average_grad([1, 2, 3, 4], [-10, 1, 2, 3]), [], "Column sequence tensor values must not be negative"),
    (lambda: tf.nn.ctc_beam_search_decoder(np.zeros((2, 1, 3), np.float32), [2], beam_width=1, top_paths=2), [],
     "requested more paths than the beam width."),
    (lambda: ctc_loss(2, 0, 3), [], "batch_size must not be 0"),
    (lambda x, y: raw.Einsum(inputs=[x, y], equation="ij,jk->ik"), [ONES((1, 2, 3)), ONES((3, 4))],
     "Expected input 0 to have rank 2 but got: 3"),
    (lambda x, y: raw.Einsum(inputs=[x, y], equation="...ij,jk->ik"), [ONES(3), ONES((3, 4))],
     "Expected input 0 to have rank at least 2 but got: 1"),
    (lambda x, y: raw.Einsum(inputs=[x, y], equation="ij,jk->ik"), [ONES((2, 3)), ONES((4, 4))],
     "Expected dimension 3 at axis 0 of the input shaped [4,4] but got dimension 4"),
    (lambda x, y: raw.Einsum(inputs=[x, y], equation="...ij,...jk->...ik"), [ONES((5, 2, 3)), ONES((7, 3, 4))],
     "Invalid broadcasting dimensions: [5,2,3] vs. [7,3,4]"),
    (lambda x, y: raw.Einsum(inputs=[x, y], equation="...ij,...jk->ik"), [ONES((2, 2, 3)), ONES((3, 4))],
     "Output contains 1 broadcasting dimension(s) but no ellipsis (...) was found in the output subscripts."),
]
IN_GRAPHS = [
    (lambda: tf.space_to_batch_nd(np.zeros((1, 3, 3, 1)), [3, 3], [[0, 0]]),
     "Dimension 0 in both shapes must be equal, but are 1 and 2. Shapes are [1,2] and [2,2]."),
    (lambda: tf.batch_to_space_nd(np.zeros((9, 3, 3, 1)), [3, 3], [[0, 0]]), "Dimension 0 in both shapes must be"),
    (lambda: tf.roll(i32(1, 2), [1, 2], [0]),
     "Dimension 0 in both shapes must be equal, but are 2 and 1. Shapes are [2] and [1]."),
    (lambda: tf.histogram_fixed_width([1.0, 2.0], [1.0, 2.0, 3.0]), "Dimension must be 2 but is 3"),
    (lambda: tf.PaddingFIFOQueue(10, tf.float32, None),
     "When providing partial shapes, a list of shapes must be provided."),
    (lambda: raw.SoftmaxCrossEntropyWithLogits(features=ONES((1, 1, 1)), labels=ONES((1, 1, 1))),
     "Shape must be broadcasted with rank 2, but is rank 3"),
    (lambda: (tf.cond(tf.placeholder_with_default(True, []), lambda: tf.constant(1.0), lambda: tf.constant(2.0)),
              tf.add_check_numerics_ops()), "is not compatible with TensorFlow control flow operations"),
]
# fmt: on


@pytest.mark.parametrize(("make", "values", "message"), IN_RUNS)
def test_what_runs_refuse(make, values, message):
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = [tf.placeholder(tf.string if v.dtype == object else tf.as_dtype(v.dtype)) for v in values]
        made = make(*feeds)
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(made, dict(zip(feeds, values, strict=True)))
    assert message in str(caught.value)


@pytest.mark.parametrize(("make", "message"), IN_GRAPHS)
def test_what_graphs_refuse(make, message):
    with tf.Graph().as_default(), pytest.raises(ValueError) as caught:
        make()
    assert message in str(caught.value)


def test_decompositions_of_nothing_are_nothing():
    with tf.Graph().as_default(), tf.Session() as session:
        for shape in ((2, 0, 0), (0, 2, 2)):
            lower_upper, order = session.run(tf.linalg.lu(np.empty(shape)))
            assert lower_upper.shape == shape
            assert order.shape == shape[:-1]


def test_paths_that_a_state_message_is_made_of_get_the_latest_one():
    paths = ["model-2"]
    state = tf.train.generate_checkpoint_state_proto("/d", "/d/model-0", paths)
    assert list(state.all_model_checkpoint_paths) == paths == ["model-2", "/d/model-0"]
